package controllers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/status"
	"github.com/promloop/promloop/internal/world"
)

// ruleReconciler writes the status of PrometheusRules.
func ruleReconciler(c client.Client, standings *Standings, perSecond rate.Limit, atOnce int) (*ConfigResourceReconciler, *notebook) {
	told, limiter := &notebook{}, rate.NewLimiter(perSecond, atOnce)
	return &ConfigResourceReconciler{
		Client: c, Events: told, Standings: standings, Writes: limiter,
		kind: world.PrometheusRule, new: func() client.Object { return &v1.PrometheusRule{} }, changes: newChanges(), turns: newTurns(limiter),
	}, told
}

var _ = Describe("The status of a rule", func() {
	It("is written, and an event told, when it turns and not again", func(ctx SpecContext) {
		s := newScene(ctx)
		bad := s.rule("bad", "up ==")
		s.create(ctx, bad)
		s.reconcile(ctx)
		r, told := ruleReconciler(k8s, s.operator.Standings, rate.Inf, 1)
		request := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(bad)}
		for range 3 {
			_, err := r.Reconcile(ctx, request)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(told.notes).To(HaveLen(1))
		Expect(told.notes[0]).To(And(HavePrefix("Warning InvalidConfiguration: InvalidRule: "), ContainSubstring("spec.groups[0].rules[0].expr")))
		Expect(k8s.Get(ctx, request.NamespacedName, bad)).To(Succeed())
		version := bad.ResourceVersion

		s.reconcile(ctx)
		_, err := r.Reconcile(ctx, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(k8s.Get(ctx, request.NamespacedName, bad)).To(Succeed())
		Expect(bad.ResourceVersion).To(Equal(version), "nothing turned, so nothing is written")

		bad.Spec.Groups[0].Rules[0].Expr.StrVal = "up == 0"
		Expect(k8s.Update(ctx, bad)).To(Succeed())
		s.reconcile(ctx)
		Eventually(func() ([]string, error) {
			_, err := r.Reconcile(ctx, request)
			return told.notes, err
		}).WithContext(ctx).WithTimeout(10 * time.Second).Should(HaveLen(2))
		Expect(told.notes[1]).To(And(HavePrefix("Normal Accepted: "), ContainSubstring("taken again")))
	}, SpecTimeout(time.Minute))
})

// onStatusWrite is a client of a cluster with objects that tells of each write of a status, and leaves it.
func onStatusWrite(t *testing.T, told func(), objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(v1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			told()
			return nil
		},
	}).Build()
}

// Only a Prometheus that may have a say holds the status of an object up.
func TestStatusWaitsForWhoSelectsIt(t *testing.T) {
	t.Parallel()
	everything := v1.PrometheusSpec{RuleSelector: &metav1.LabelSelector{}}
	cases := map[string]struct {
		reason string
		silent v1.Prometheus // was not looked at yet
		writes int
		after  time.Duration
	}{
		"Selects":    {"what it makes of the rule is unknown", v1.Prometheus{Spec: everything}, 0, notSpokenYet},
		"SelectsNot": {"it makes nothing of the rule", v1.Prometheus{}, 1, 0},
		"Dying": {"it is looked at no more, however long a finalizer keeps it", v1.Prometheus{
			ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: new(metav1.Now()), Finalizers: []string{"example.com/stuck"}}, Spec: everything,
		}, 1, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r", Generation: 1}}
			object := world.ObjectOf(world.PrometheusRule, rule)
			tc.silent.Namespace, tc.silent.Name = "n", "silent"
			spoken := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main"}, Spec: everything}
			writes := 0
			standings := NewStandings()
			standings.tell(t.Context(), main0, map[world.Object]status.Standing{object: {Generation: 1, Loaded: metav1.ConditionTrue}})
			r, _ := ruleReconciler(onStatusWrite(t, func() { writes++ }, rule, spoken, &tc.silent), standings, rate.Inf, 1)
			result, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: object.NamespacedName})
			if err != nil || writes != tc.writes || result.RequeueAfter != tc.after {
				t.Errorf("%s: %d writes, again after %s: %v; want %d and %s", tc.reason, writes, result.RequeueAfter, err, tc.writes, tc.after)
			}
		})
	}
}

// What another operator's Prometheus selects is not called unselected, and its status is not written by two.
func TestStatusIsLeftToWhoRunsThePrometheus(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason   string
		selector *metav1.LabelSelector
		writes   int
	}{
		"Selects":    {"that operator tells what became of it", &metav1.LabelSelector{}, 0},
		"SelectsNot": {"no Prometheus at all selects it", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r", Generation: 1}}
			theirs := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main"}, Spec: v1.PrometheusSpec{RuleSelector: tc.selector}}
			writes := 0
			r, _ := ruleReconciler(onStatusWrite(t, func() { writes++ }, rule, theirs), NewStandings(), rate.Inf, 1)
			r.Scope.ControllerID = "idle"
			_, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "n", Name: "r"}})
			if err != nil || writes != tc.writes {
				t.Errorf("%s: %d writes, want %d: %v", tc.reason, writes, tc.writes, err)
			}
		})
	}
}

func TestStatusOfANamespaceThatDoesNotCountIsLeft(t *testing.T) {
	t.Parallel()
	rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r", Generation: 1}}
	writes := 0
	r, _ := ruleReconciler(onStatusWrite(t, func() { writes++ }, rule), NewStandings(), rate.Inf, 1)
	r.Scope.DenyNamespaces = []string{"n"}
	if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(rule)}); err != nil || writes > 0 {
		t.Errorf("%d writes: %v", writes, err)
	}
	if asked := r.unselected(t.Context(), &v1.Prometheus{}); len(asked) > 0 {
		t.Errorf("%v is looked at for nothing", asked)
	}
}

// TestStatusWritesAreBounded has 10,000 rules go live at once.
func TestStatusWritesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects, perSecond, atOnce = 10_000, 100, 200
		written := map[int64]int{} // by second
		p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "main"}}
		all := []client.Object{p}
		now := map[world.Object]status.Standing{}
		for n := range objects {
			rule := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: fmt.Sprintf("r%d", n), Generation: 1}}
			all = append(all, rule)
			now[world.Object{Kind: world.PrometheusRule, NamespacedName: client.ObjectKeyFromObject(rule)}] = status.Standing{Generation: 1, Loaded: metav1.ConditionTrue}
		}
		c := onStatusWrite(t, func() { written[time.Now().Unix()]++ }, all...)
		standings := NewStandings()
		standings.by[client.ObjectKeyFromObject(p)] = now
		r, _ := ruleReconciler(c, standings, perSecond, atOnce)

		passes := drain(t, r, objects)
		total := 0
		for second, writes := range written {
			total += writes
			if writes > perSecond+atOnce {
				t.Errorf("%d status writes in second %d", writes, second)
			}
		}
		if total != objects || passes > 2*objects {
			t.Errorf("%d objects took %d writes and %d passes: each waits for its turn once", objects, total, passes)
		}
	})
}

// drain is a work queue: it reconciles every object, and again when that asks for it. It returns the number of passes.
func drain(t *testing.T, r *ConfigResourceReconciler, objects int) int {
	type item struct {
		name types.NamespacedName
		due  time.Time
	}
	var queue []item
	for n := range objects {
		queue = append(queue, item{types.NamespacedName{Namespace: "n", Name: fmt.Sprintf("r%d", n)}, time.Now()})
	}
	passes := 0
	for ; len(queue) > 0; queue = queue[1:] { // turns are given in order, so the queue stays sorted by when they are due
		<-time.After(time.Until(queue[0].due))
		passes++
		result, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: queue[0].name})
		if err != nil {
			t.Fatal(err)
		}
		if result.RequeueAfter > 0 {
			queue = append(queue, item{queue[0].name, time.Now().Add(result.RequeueAfter)})
		}
	}
	return passes
}

// TestCollectionOfAPath tells lists and watches from everything else.
func TestCollectionOfAPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/v1/namespaces":                                                "namespaces",
		"/api/v1/namespaces/x":                                              "",
		"/api/v1/namespaces/x/secrets":                                      "secrets",
		"/api/v1/namespaces/x/secrets/y":                                    "",
		"/apis/monitoring.coreos.com/v1/prometheuses":                       "prometheuses",
		"/apis/monitoring.coreos.com/v1/namespaces/x/prometheuses":          "prometheuses",
		"/apis/monitoring.coreos.com/v1/namespaces/x/prometheuses/y/status": "",
		"/apis":    "",
		"/healthz": "",
	} {
		if got := collection(path); got != want {
			t.Errorf("%s lists %q, want %q", path, got, want)
		}
	}
}
