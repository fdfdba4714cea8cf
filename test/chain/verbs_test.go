package chain

import (
	"context"
	"fmt"
	"net"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sintstr "k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

// team is a namespace with one Prometheus that selects everything in it.
type team struct {
	namespace string
	pods      int
}

// newTeam makes a namespace and a Prometheus called main in it, and waits until every replica has loaded its first sets.
func newTeam(ctx context.Context, namespace string, change ...func(*v1.Prometheus)) team {
	GinkgoHelper()
	Expect(running.Namespace(ctx, namespace, nil)).To(Succeed())
	p := newPrometheus(namespace, 1)
	for _, f := range change {
		f(p)
	}
	Expect(running.Client.Create(ctx, p)).To(Succeed())
	t := team{namespace: namespace, pods: int(*p.Spec.Replicas)}
	DeferCleanup(func(ctx context.Context) { Expect(running.Client.Delete(ctx, p)).To(Succeed()) })
	t.eventuallyLoaded(ctx)
	return t
}

func (t team) prometheusObject(ctx context.Context) *v1.Prometheus {
	GinkgoHelper()
	var p v1.Prometheus
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "main"}, &p)).To(Succeed(), "the Prometheus is there")
	return &p
}

// eventuallyLoaded waits until the status says that every replica runs what is published for the newest generation.
func (t team) eventuallyLoaded(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		p := t.prometheusObject(ctx)
		g.Expect(p.Status.ObservedGeneration).To(Equal(p.Generation))
		g.Expect(p.Status.Conditions).To(ContainElement(And(HaveField("Type", v1.Loaded), HaveField("Status", v1.ConditionTrue))),
			"the sidecars of every replica report the published digests")
	}).WithContext(ctx).Should(Succeed(), "the status says that every replica runs what is published")
}

// replica is the Prometheus of one pod, through its own API.
func (t team) replica(ctx context.Context, n int) *stack.Prometheus {
	GinkgoHelper()
	p, err := t.find(ctx, n)
	Expect(err).NotTo(HaveOccurred(), "the pod is there")
	return p
}

// find is replica for a pod that may not be there.
func (t team) find(ctx context.Context, n int) (*stack.Prometheus, error) {
	var pod corev1.Pod
	if err := running.Client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: fmt.Sprintf("prometheus-main-%d", n)}, &pod); err != nil {
		return nil, err
	}
	return stack.PrometheusAt(net.JoinHostPort(pod.Status.PodIP, "9090"))
}

// change edits an object as kubectl edit does.
func change[T client.Object](ctx context.Context, o T, edit func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := running.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		edit(o)
		err := running.Client.Update(ctx, o)
		if err != nil && !apierrors.IsConflict(err) {
			return StopTrying("the API server does not take it").Wrap(err)
		}
		return err
	}).WithContext(ctx).Should(Succeed(), "the object can be changed")
}

func create(ctx context.Context, o client.Object) {
	GinkgoHelper()
	Expect(running.Client.Create(ctx, o)).To(Succeed(), "the object can be created")
}

func remove(ctx context.Context, o client.Object) {
	GinkgoHelper()
	Expect(running.Client.Delete(ctx, o)).To(Succeed(), "the object can be deleted")
}

// rule is an object with one group of one alert, all under the alert's name.
func (t team) rule(alert, expr string) *v1.PrometheusRule {
	r := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: strings.ToLower(alert)}}
	r.Spec.Groups = []v1.RuleGroup{{Name: alert, Rules: []v1.Rule{{Alert: alert, Expr: intstr.FromString(expr)}}}}
	return r
}

// bypass has the webhooks pass over an object, as if they were down when it came.
func bypass[T client.Object](o T) T {
	labels := o.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[stack.SkipAdmission] = "skip"
	o.SetLabels(labels)
	return o
}

// operatorMetrics is a Service of the operator's metrics, with Endpoints that name its address, since those are what Prometheus'
// default role discovers, and a ServiceMonitor for it.
func (t team) operatorMetrics(name string) (*corev1.Service, *corev1.Endpoints, *v1.ServiceMonitor) {
	labels := map[string]string{"app": name}
	host, port, err := net.SplitHostPort(stack.OperatorMetrics)
	Expect(err).NotTo(HaveOccurred())
	number := k8sintstr.Parse(port).IntVal
	meta := metav1.ObjectMeta{Namespace: t.namespace, Name: name, Labels: labels}
	service := &corev1.Service{ObjectMeta: meta}
	service.Spec.ClusterIP = corev1.ClusterIPNone
	service.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: number}}
	endpoints := &corev1.Endpoints{ObjectMeta: meta}
	endpoints.Subsets = []corev1.EndpointSubset{{
		Addresses: []corev1.EndpointAddress{{IP: host}},
		Ports:     []corev1.EndpointPort{{Name: "http", Port: number}},
	}}
	monitor := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name}}
	monitor.Spec.Selector = metav1.LabelSelector{MatchLabels: labels}
	monitor.Spec.Endpoints = []v1.Endpoint{{Port: "http"}}
	return service, endpoints, monitor
}

// eventsOn lists the notes of all events on an object.
func eventsOn(ctx context.Context, o client.Object) func() ([]string, error) {
	return func() ([]string, error) {
		var list eventsv1.EventList
		if err := running.Client.List(ctx, &list, client.InNamespace(o.GetNamespace())); err != nil {
			return nil, err
		}
		var notes []string
		for _, e := range list.Items {
			if e.Regarding.Name == o.GetName() && e.Regarding.UID == o.GetUID() {
				notes = append(notes, e.Reason+": "+e.Note)
			}
		}
		return notes, nil
	}
}
