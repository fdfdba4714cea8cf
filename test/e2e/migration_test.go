package e2e

import (
	"context"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gtypes "github.com/onsi/gomega/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/rig"
)

const (
	moving       = "moving"
	controllerID = "operator.prometheus.io/controller-id"
	// history is how long upstream's Prometheus collects before it moves.
	history = 20 * time.Second
	// evaluation is the interval of its rules.
	evaluation = 2 * time.Second
)

// movesThereAndBack follows docs/migrating.md.
func movesThereAndBack() {
	It("takes a Prometheus over from upstream, and gives it back", func(ctx SpecContext) {
		theirs, err := running.StartUpstream("upstream-moving", "--namespaces="+moving)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(theirs.Stop()).To(Succeed()) })
		deployBeside(ctx)
		m := startMoving(ctx)
		DeferCleanup(m.remove, NodeTimeout(3*time.Minute))
		pause(ctx, history)

		before, watch := m.look(ctx), watchAlert(ctx)
		m.annotate(ctx, controllerID+"=promloop")
		_, err = running.Cluster.Kubectl(ctx, "wait", "--for=condition=Reconciled", "prometheus/"+main, "-n", moving, "--timeout=3m")
		Expect(err).NotTo(HaveOccurred())
		m.isRolledOutBy(ctx, "quay.io/promloop/")
		m.keepsRules(ctx)
		m.isRefusedByTheirs(ctx)
		m.replace(ctx)
		m.isRunBy(ctx, "quay.io/promloop/")
		_, err = running.Cluster.Kubectl(ctx, "wait", "--for=condition=Loaded", "prometheus/"+main, "-n", moving, "--timeout=3m")
		Expect(err).NotTo(HaveOccurred())
		m.restoresAlerts(ctx)
		there := m.look(ctx)
		there.goesOnFrom(before)
		processes, resetsThere := watch.stop()
		Expect(processes).To(Equal(2), "the pod is replaced once")

		watch = watchAlert(ctx)
		m.annotate(ctx, controllerID+"-")
		m.isRolledOutBy(ctx, rig.UpstreamImage)
		m.keepsRules(ctx)
		m.replace(ctx)
		m.isRunBy(ctx, rig.UpstreamImage)
		m.restoresAlerts(ctx)
		back := m.look(ctx)
		back.goesOnFrom(there)
		processes, resetsBack := watch.stop()
		Expect(processes).To(Equal(2), "the pod is replaced once")
		row("migration: %d objects adopted in place, %d series kept there and back, alert state reset %d and %d times",
			len(before.uids), len(before.series), resetsThere, resetsBack)
		Expect(resetsThere).To(BeNumerically("<=", 1))
		Expect(resetsBack).To(BeNumerically("<=", 1))
	}, SpecTimeout(10*time.Minute))
}

// deployBeside installs promloop as the page says while another operator is there.
func deployBeside(ctx context.Context) {
	GinkgoHelper()
	Expect(running.Make(ctx, "deploy")).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { undeploy(ctx) }, NodeTimeout(2*time.Minute))
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: operatorName}}
	change(ctx, d, func(d *appsv1.Deployment) {
		c := &d.Spec.Template.Spec.Containers[0]
		c.Env = append(c.Env, corev1.EnvVar{Name: "PROMLOOP_EXTRA_ARGS", Value: "--kubelet-service= --controller-id=promloop"})
	})
	operatorIsAvailable(ctx)
}

// move is the Prometheus that changes hands.
type move struct{ objects []client.Object }

// startMoving has upstream run a Prometheus with its data on a volume.
func startMoving(ctx context.Context) *move {
	GinkgoHelper()
	dir := filepath.Join(cluster.Dir(), moving)
	Expect(os.Mkdir(dir, 0o755)).To(Succeed())
	Expect(os.Chmod(dir, 0o777)).To(Succeed()) // Prometheus runs as somebody else
	alert := rule("moving", "vector(1)")
	alert.Namespace = moving
	alert.Spec.Groups[0].Rules[0].For = new(v1.Duration("1h"))
	alert.Spec.Groups[0].Rules = append(alert.Spec.Groups[0].Rules, v1.Rule{Record: "moving:two", Expr: intstr.FromString("vector(2)")})
	m := &move{objects: []client.Object{namespaceObject(moving), volume(dir), alert, scrapesItself(), movingPrometheus()}}
	for _, o := range m.objects {
		Expect(running.Client.Create(ctx, o)).To(Succeed())
	}
	inAll(ctx, []*stack.Prometheus{readyServer(ctx, podKey(moving, 0))}, hasExpression(ctx, "moving", "vector(1)"))
	return m
}

func (m *move) remove(ctx SpecContext) {
	for _, o := range slices.Backward(m.objects) {
		Expect(client.IgnoreNotFound(running.Client.Delete(ctx, o))).To(Succeed())
	}
	isNamespaceGone(ctx, moving)
}

func volume(dir string) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: moving}}
	v.Spec.Capacity = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	v.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	v.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimRetain
	v.Spec.HostPath = &corev1.HostPathVolumeSource{Path: dir}
	return v
}

func scrapesItself() *v1alpha1.ScrapeConfig {
	s := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: moving, Name: "itself"}}
	s.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"localhost:9090"}}}
	s.Spec.ScrapeInterval = new(v1.Duration("2s"))
	return s
}

func movingPrometheus() *v1.Prometheus {
	p := upstreamPrometheus(moving)
	p.Annotations = nil
	p.Spec.Replicas = new(int32(1))
	p.Spec.UpdateStrategy = &v1.StatefulSetUpdateStrategy{Type: v1.OnDeleteStatefulSetStrategyType} // the spec says when pods move
	p.Spec.EvaluationInterval = v1.Duration(evaluation.String())
	p.Spec.Storage = &v1.StorageSpec{}
	p.Spec.ScrapeConfigSelector = &metav1.LabelSelector{}
	claim := &p.Spec.Storage.VolumeClaimTemplate
	claim.Spec.StorageClassName = new("")
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	return p
}

func (m *move) annotate(ctx context.Context, annotation string) {
	GinkgoHelper()
	_, err := running.Cluster.Kubectl(ctx, "annotate", "prometheus", main, annotation, "-n", moving)
	Expect(err).NotTo(HaveOccurred())
}

// keepsRules has the kubelet bring what one operator published to the pod that is still the other's.
func (m *move) keepsRules(ctx context.Context) {
	GinkgoHelper()
	p := &corev1.Pod{}
	p.Namespace, p.Name = moving, podKey(moving, 0).Name
	change(ctx, p, func(p *corev1.Pod) { metav1.SetMetaDataAnnotation(&p.ObjectMeta, "e2e/sync", time.Now().String()) })
	Consistently(func(g Gomega) { hasExpression(ctx, "moving", "vector(1)")(g, readyServer(ctx, podKey(moving, 0))) }).
		WithContext(ctx).WithTimeout(10 * time.Second).WithPolling(250 * time.Millisecond).Should(Succeed())
}

// isRefusedByTheirs waits until Prometheus was given what only promloop's reloaders can finish.
func (m *move) isRefusedByTheirs(ctx context.Context) {
	GinkgoHelper()
	p := readyServer(ctx, podKey(moving, 0))
	Eventually(func() (float64, error) { return p.Metric(ctx, "prometheus_config_last_reload_successful") }).WithContext(ctx).Should(BeZero())
}

// isRolledOutBy waits until the StatefulSet has the sidecars of one of the operators, which pods get as they are replaced.
func (m *move) isRolledOutBy(ctx context.Context, reloader string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var s appsv1.StatefulSet
		g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: moving, Name: "prometheus-" + main}, &s)).To(Succeed())
		g.Expect(s.Spec.Template.Spec.Containers).To(hasReloader(reloader))
	}).WithContext(ctx).Should(Succeed())
}

func (m *move) replace(ctx context.Context) {
	GinkgoHelper()
	p := &corev1.Pod{}
	p.Namespace, p.Name = moving, podKey(moving, 0).Name
	Expect(running.Client.Delete(ctx, p)).To(Succeed())
}

func hasReloader(image string) gtypes.GomegaMatcher {
	return ContainElement(And(HaveField("Name", "config-reloader"), HaveField("Image", HavePrefix(image))))
}

// isRunBy waits until the pod is Ready with the sidecar of one of the operators.
func (m *move) isRunBy(ctx context.Context, reloader string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var p corev1.Pod
		g.Expect(running.Client.Get(ctx, podKey(moving, 0), &p)).To(Succeed())
		g.Expect(p.DeletionTimestamp).To(BeNil())
		g.Expect(p.Spec.Containers).To(hasReloader(reloader))
		g.Expect(p.Status.Conditions).To(ContainElement(And(
			HaveField("Type", corev1.PodReady), HaveField("Status", corev1.ConditionTrue))))
	}).WithContext(ctx).Should(Succeed())
}

// restoresAlerts gives Prometheus the time of a few evaluations, after which the state of alerts is restored or is not.
func (m *move) restoresAlerts(ctx context.Context) { pause(ctx, 5*evaluation) }

// sight is what there is of the Prometheus at one moment.
type sight struct {
	uids   map[string]types.UID
	series map[string]bool
	oldest time.Time
}

func (m *move) look(ctx context.Context) sight {
	GinkgoHelper()
	s := sight{uids: map[string]types.UID{}, series: map[string]bool{}}
	for name, o := range map[string]client.Object{
		"prometheus-main": &appsv1.StatefulSet{}, "prometheus-main ": &corev1.Secret{},
		"prometheus-operated": &corev1.Service{}, "prometheus-main-rulefiles-0": &corev1.ConfigMap{},
		"prometheus-main-db-prometheus-main-0": &corev1.PersistentVolumeClaim{},
	} {
		Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: moving, Name: strings.TrimSpace(name)}, o)).To(Succeed())
		s.uids[name] = o.GetUID()
	}
	p := readyServer(ctx, podKey(moving, 0))
	Eventually(func(g Gomega) {
		all, _, _, err := p.Series(ctx, []string{`{__name__=~".+"}`}, time.Now().Add(-time.Hour), time.Now())
		g.Expect(err).NotTo(HaveOccurred())
		for _, labels := range all {
			s.series[labels.String()] = true
		}
		g.Expect(s.series).NotTo(BeEmpty())
	}).WithContext(ctx).Should(Succeed())
	oldest, err := p.Metric(ctx, "prometheus_tsdb_lowest_timestamp_seconds")
	Expect(err).NotTo(HaveOccurred())
	s.oldest = time.Unix(int64(oldest), 0)
	return s
}

// goesOnFrom fails where something was replaced instead of adopted, or lost.
func (s sight) goesOnFrom(before sight) {
	GinkgoHelper()
	Expect(s.uids).To(Equal(before.uids), "adopted in place")
	Expect(s.oldest).NotTo(BeTemporally(">", before.oldest), "the oldest sample is still there")
	for series := range before.series {
		Expect(s.series).To(HaveKey(series))
	}
}

// alertWatch follows since when the pending alert is active, in each process that Prometheus runs as.
type alertWatch struct {
	cancel context.CancelFunc
	since  chan map[time.Time]time.Time // by start of the process, as it was seen last
}

// watchAlert asks whichever pod is there four times a second.
func watchAlert(ctx context.Context) alertWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := alertWatch{cancel: cancel, since: make(chan map[time.Time]time.Time, 1)}
	go func() {
		seen := map[time.Time]time.Time{}
		for ctx.Err() == nil {
			if started, since, ok := activeSince(ctx); ok {
				seen[started] = since
			}
			pause(ctx, 250*time.Millisecond)
		}
		w.since <- seen
	}()
	return w
}

func activeSince(ctx context.Context) (started, since time.Time, ok bool) {
	var p corev1.Pod
	if running.Client.Get(ctx, podKey(moving, 0), &p) != nil {
		return started, since, false
	}
	server, err := stack.PrometheusAt(net.JoinHostPort(p.Status.PodIP, "9090"))
	if err != nil {
		return started, since, false
	}
	asking, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	started, err = server.Started(asking)
	found, alertsErr := server.Alerts(asking)
	if err != nil || alertsErr != nil || len(found.Alerts) == 0 {
		return started, since, false
	}
	return started, found.Alerts[0].ActiveAt, true
}

// stop returns how many processes there were, and how many of them began the alert anew instead of restoring its state. A process
// first evaluates and then restores, so only what it ends with counts.
func (w alertWatch) stop() (processes, resets int) {
	GinkgoHelper()
	w.cancel()
	var seen map[time.Time]time.Time
	Eventually(w.since).Should(Receive(&seen))
	starts := slices.SortedFunc(maps.Keys(seen), time.Time.Compare)
	Expect(starts).NotTo(BeEmpty(), "the alert was seen")
	for _, started := range starts[1:] {
		if seen[started].After(started) {
			resets++
		}
	}
	return len(starts), resets
}
