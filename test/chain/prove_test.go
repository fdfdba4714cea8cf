package chain

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// faultLabel is on the specs of faults, which take longer than the rest and have a target of their own.
const faultLabel = "fault"

// provingFaults says that this run has an operator whose guards can be taken out.
func provingFaults() bool { return os.Getenv("PROMLOOP_FAULTS") != "" }

// fault is a row of docs/faults.md: what happens, what guards against it, and how to see that it does. The scenario runs with the
// guard, where it must hold, and without, where it must fail.
type fault struct {
	id, what, guard string
	flags           []string // the guard is a setting: these take it out
	replicas        int32
	limit           time.Duration // of one run; two minutes if zero
	run             func(context.Context, *site)
}

// site is where a scenario takes place: a Prometheus that serves a rule and a job which must never be missing.
type site struct {
	team
	op *stack.Operator
	n  int // of the run, for names that differ
}

// row is a line of the table of results.
type row struct {
	fault
	lost    int
	took    time.Duration
	failure string // without the guard
}

var proved struct {
	sync.Mutex
	rows  []row
	runs  int
	sites map[int32]team
}

// prove makes a spec of a fault.
func prove(f fault) {
	It(f.id+": "+f.what, Label(faultLabel), Serial, func(ctx SpecContext) {
		r := row{fault: f}
		started := time.Now()
		s := siteFor(ctx, f.replicas)
		defer s.clear(ctx)
		watch := watchSite(ctx, s)
		s.op = running.Operator
		f.run(ctx, s)
		r.lost, r.took = watch.stop(), time.Since(started)
		s.clear(ctx)
		s.eventuallyBare(ctx)
		Expect(r.lost).To(BeZero(), "samples without the rule or the job that were there before")

		r.failure = s.withoutGuard(ctx, f)
		Expect(r.failure).NotTo(BeEmpty(), "it holds without its guard (%s), so it proves nothing", f.guard)
		proved.Lock()
		defer proved.Unlock()
		proved.rows = append(proved.rows, r)
	}, SpecTimeout(8*time.Minute))
}

// withoutGuard runs the scenario with an operator that lacks the guard, and returns how it failed. The one that works for everybody is
// back afterwards, whatever happens.
func (s *site) withoutGuard(ctx context.Context, f fault) string {
	GinkgoHelper()
	Expect(running.Operator.Stop()).To(Succeed())
	defer func() {
		Expect(running.Operator.Start(ctx)).To(Succeed())
		s.eventuallyBare(ctx)
	}()
	op, err := running.StartOperator(ctx, stack.OperatorOptions{
		Name: "without-" + f.id, Flags: append([]string{"--leader-elect=false"}, f.flags...),
		Env: []string{stack.WithoutEnv + "=" + f.id}, Unguarded: true,
	})
	Expect(err).NotTo(HaveOccurred())
	s.op = op
	failure := ""
	for n := 0; n < unguardedRuns && failure == ""; n++ {
		s.n++
		failure = s.fails(ctx, f)
		s.clear(ctx)
	}
	Expect(op.Dismiss()).To(Succeed())
	return failure
}

// unguardedRuns is how often a scenario is tried without its guard: some faults strike now and then.
const unguardedRuns = 5

// fails runs the scenario and says how it failed, "" if it held.
func (s *site) fails(ctx context.Context, f fault) string {
	limit := f.limit
	if limit == 0 {
		limit = 2 * time.Minute
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	watch := watchSite(ctx, s)
	failure := InterceptGomegaFailure(func() { f.run(bounded, s) })
	lost := watch.stop()
	switch {
	case failure != nil:
		GinkgoWriter.Println(failure)
		return summary(failure.Error())
	case lost > 0:
		return fmt.Sprintf("%d samples lack the rule or the job", lost)
	}
	return ""
}

// waited is how a failure begins whose condition was waited for.
var waited = regexp.MustCompile(`^(.+) after [\d.]+s\.\n`)

// summary is the reason that stands at the assertion which failed, and in which way it failed: a row tells no values.
func summary(failure string) string {
	how := "not so"
	if m := waited.FindStringSubmatch(failure); m != nil {
		failure, how = failure[len(m[0]):], "not in time"
		if m[1] == "Failed" { // of Consistently
			how = "not any more"
		}
	}
	reason, _, _ := strings.Cut(failure, "\n")
	return reason + ": " + how
}

// siteFor returns the site with this number of replicas, one if zero, made by the first fault that wants it.
func siteFor(ctx context.Context, replicas int32) *site {
	GinkgoHelper()
	replicas = max(replicas, 1)
	proved.Lock()
	if proved.sites == nil {
		proved.sites = map[int32]team{}
	}
	proved.runs += 10
	t, ok := proved.sites[replicas]
	proved.Unlock()
	if !ok {
		t = makeSite(ctx, fmt.Sprintf("site%d", replicas), replicas)
		proved.sites[replicas] = t
	}
	t.eventuallyBare(ctx)
	return &site{team: t, n: proved.runs}
}

// makeSite selects rules of every namespace that has its label.
func makeSite(ctx context.Context, namespace string, replicas int32) team {
	GinkgoHelper()
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"site": namespace}}
	Expect(running.Namespace(ctx, namespace, selector.MatchLabels)).To(Succeed())
	t := team{namespace: namespace, pods: int(replicas)}
	p := newPrometheus(namespace, replicas)
	p.Spec.RuleNamespaceSelector = selector
	create(ctx, p)
	t.eventuallyLoaded(ctx)
	create(ctx, t.rule("Stays", "vector(1)"))
	_, _, monitor := t.operatorMetrics("stays")
	create(ctx, monitor)
	Eventually(func(g Gomega) {
		for n := range t.pods {
			g.Expect(expressions(ctx, t.replica(ctx, n))()).To(HaveKey("Stays"))
			g.Expect(config(ctx, t.replica(ctx, n))()).To(ContainSubstring("/stays/0"))
		}
	}).WithContext(ctx).Should(Succeed())
	return t
}

// newPrometheus selects everything in its namespace.
func newPrometheus(namespace string, replicas int32) *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "main"}}
	p.Spec.ServiceAccountName = "prometheus"
	p.Spec.Replicas = ptr.To(replicas)
	p.Spec.ScrapeInterval = "1s"
	p.Spec.EvaluationInterval = "1s"
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	p.Spec.PodMonitorSelector = &metav1.LabelSelector{}
	p.Spec.ProbeSelector = &metav1.LabelSelector{}
	p.Spec.ScrapeConfigSelector = &metav1.LabelSelector{}
	p.Spec.RuleSelector = &metav1.LabelSelector{}
	return p
}

// fresh is a rule of this run alone.
func (s *site) fresh(alert string) *v1.PrometheusRule {
	return s.rule(fmt.Sprintf("%s%d", alert, s.n), "up == 0")
}

// clear removes what a scenario left, but for what stays.
func (s *site) clear(ctx context.Context) {
	GinkgoHelper()
	var rules v1.PrometheusRuleList
	Expect(running.Client.List(ctx, &rules, client.InNamespace(s.namespace))).To(Succeed())
	for i := range rules.Items {
		if rules.Items[i].Name != "stays" {
			remove(ctx, &rules.Items[i])
		}
	}
	var monitors v1.ServiceMonitorList
	Expect(running.Client.List(ctx, &monitors, client.InNamespace(s.namespace))).To(Succeed())
	for i := range monitors.Items {
		if monitors.Items[i].Name != "stays" {
			remove(ctx, &monitors.Items[i])
		}
	}
}

// eventuallyBare waits until what scenarios left is out of the Prometheus, too.
func (t team) eventuallyBare(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		for n := range t.pods {
			g.Expect(t.alerts(ctx, n)).To(HaveLen(1))
		}
	}).WithContext(ctx).Should(Succeed())
	t.eventuallyLoaded(ctx)
}

// watchSite asks every 50 ms for the rule and the job that stay, and counts the answers without them. A pod that is replaced is
// followed by its name.
func watchSite(ctx context.Context, s *site) ruleWatch {
	return watchSamples(ctx, func(ctx context.Context) (present bool, err error) {
		p, err := s.find(ctx, 0)
		if err != nil {
			return false, err
		}
		loaded, err := p.Expressions(ctx)
		if err != nil {
			return false, err
		}
		text, err := p.Config(ctx)
		return loaded["Stays"] != "" && strings.Contains(text.YAML, "/stays/0"), err
	})
}

var _ = ReportAfterSuite("faults", func(Report) {
	if len(proved.rows) > 0 {
		fmt.Fprint(os.Stderr, "\n"+faultTable(proved.rows))
	}
})

// faultTable is kept in docs/faults.md.
func faultTable(rows []row) string {
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(rank(a.id), rank(b.id)) })
	var b strings.Builder
	b.WriteString("| id | fault | samples lost | took | guard taken out | without it |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %d | %.1f s | %s | fails: %s |\n", r.id, r.what, r.lost, r.took.Seconds(), r.guard, r.failure)
	}
	return b.String()
}

func rank(id string) string {
	return fmt.Sprintf("%s%03s", id[:1], id[1:])
}
