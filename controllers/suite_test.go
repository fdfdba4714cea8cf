package controllers

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

func TestControllers(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("KUBEBUILDER_ASSETS names no directory with etcd, kube-apiserver and kubectl; `make test-unit` builds them and sets it")
	}
	RegisterFailHandler(Fail)
	RunSpecs(t, "Controllers")
}

var (
	cluster *envtest.Environment
	k8s     client.WithWatch // an administrator's access to a real kube-apiserver, without a cache
)

func testScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	return scheme
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(GinkgoLogr)
	cluster = &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
	config, err := cluster.Start()
	Expect(err).NotTo(HaveOccurred(), "etcd and kube-apiserver must start")
	DeferCleanup(cluster.Stop)
	config.QPS, config.Burst = 1000, 1000
	k8s, err = client.NewWithWatch(config, client.Options{Scheme: testScheme()})
	Expect(err).NotTo(HaveOccurred())
}, NodeTimeout(2*time.Minute))

// timeLimit of a spec.
const timeLimit = time.Minute

var namespaces atomic.Int64

// scene is a namespace with a Prometheus main, and an operator of its own, which reads without a cache.
type scene struct {
	namespace string
	operator  *PrometheusReconciler
	events    *notebook
}

// newScene makes a namespace with a Prometheus that selects everything in it, and what it selects.
func newScene(ctx context.Context) *scene {
	GinkgoHelper()
	before := gleak.Goroutines()
	DeferCleanup(func() {
		Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before, gleak.IgnoringInBacktrace("golang.org/x/net/http2")))
	}) // connections are kept
	s := &scene{namespace: fmt.Sprintf("scene-%d", namespaces.Add(1))}
	s.operator, s.events = newOperator(interceptor.Funcs{})
	s.create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}},
		s.prometheus(), s.rule("first", "up == 0"), s.monitor("web"),
		&corev1.Secret{ObjectMeta: s.meta("login"), StringData: map[string]string{"user": "u", "password": "p"}},
	)
	DeferCleanup(func(ctx context.Context) {
		Expect(k8s.DeleteAllOf(ctx, &v1.Prometheus{}, client.InNamespace(s.namespace))).To(Succeed())
	})
	return s
}

// newOperator is an operator whose client calls these functions.
func newOperator(funcs interceptor.Funcs) (*PrometheusReconciler, *notebook) {
	c, told := interceptor.NewClient(k8s, funcs), &notebook{}
	r := &PrometheusReconciler{
		Client: c, Live: c, Standings: NewStandings(), Limits: rules.DefaultLimits(2), Workers: 1, Events: told,
		Options: world.Options{RuleShards: 2, ConfigParts: 2, AssetShards: 1, PrometheusBaseImage: "prometheus", ConfigReloaderImage: "promloop/c", RulesReloaderImage: "promloop/r"},
	}
	r.prepare(c)
	DeferCleanup(r.reporter.end)
	return r, told
}

func (s *scene) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.namespace, Name: name}
}

func (s *scene) prometheus() *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: s.meta("main")}
	p.Spec.ServiceMonitorSelector, p.Spec.RuleSelector = &metav1.LabelSelector{}, &metav1.LabelSelector{}
	return p
}

func (s *scene) rule(name, expr string) *v1.PrometheusRule {
	r := &v1.PrometheusRule{ObjectMeta: s.meta(name)}
	r.Spec.Groups = []v1.RuleGroup{{Name: name, Rules: []v1.Rule{{Alert: "A", Expr: intstr.FromString(expr)}}}}
	return r
}

// monitor logs in with what the Secret login holds.
func (s *scene) monitor(name string) *v1.ServiceMonitor {
	key := func(k string) corev1.SecretKeySelector {
		return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "login"}, Key: k}
	}
	m := &v1.ServiceMonitor{ObjectMeta: s.meta(name)}
	endpoint := v1.Endpoint{Port: "http"}
	endpoint.BasicAuth = &v1.BasicAuth{Username: key("user"), Password: key("password")}
	m.Spec.Endpoints = []v1.Endpoint{endpoint}
	return m
}

func (s *scene) create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(k8s.Create(ctx, o)).To(Succeed())
	}
}

func (s *scene) request() ctrl.Request {
	return ctrl.Request{NamespacedName: types.NamespacedName{Namespace: s.namespace, Name: "main"}}
}

// reconcile is one pass that must succeed.
func (s *scene) reconcile(ctx context.Context) ctrl.Result {
	GinkgoHelper()
	result, err := s.operator.Reconcile(ctx, s.request())
	Expect(err).NotTo(HaveOccurred())
	return result
}

// made is everything that operators made in the namespace, by kind and name.
func (s *scene) made(ctx context.Context) map[string]client.Object {
	GinkgoHelper()
	out := map[string]client.Object{}
	ours := []client.ListOption{client.InNamespace(s.namespace), client.MatchingLabels{world.ManagedByLabel: world.ManagedByValue}}
	var (
		secrets corev1.SecretList
		maps    corev1.ConfigMapList
		sets    appsv1.StatefulSetList
		svcs    corev1.ServiceList
	)
	for _, list := range []client.ObjectList{&secrets, &maps, &sets, &svcs} {
		Expect(k8s.List(ctx, list, ours...)).To(Succeed())
	}
	for i := range secrets.Items {
		out["Secret/"+secrets.Items[i].Name] = &secrets.Items[i]
	}
	for i := range maps.Items {
		out["ConfigMap/"+maps.Items[i].Name] = &maps.Items[i]
	}
	for i := range sets.Items {
		out["StatefulSet/"+sets.Items[i].Name] = &sets.Items[i]
	}
	for i := range svcs.Items {
		out["Service/"+svcs.Items[i].Name] = &svcs.Items[i]
	}
	return out
}

// versions are the resourceVersions of all that was made, and of the Prometheus.
func (s *scene) versions(ctx context.Context) map[string]string {
	GinkgoHelper()
	out := map[string]string{}
	for name, o := range s.made(ctx) {
		out[name] = o.GetResourceVersion()
	}
	var p v1.Prometheus
	Expect(k8s.Get(ctx, s.request().NamespacedName, &p)).To(Succeed())
	out["Prometheus"] = p.ResourceVersion
	return out
}

// contents are what was published, but for the manifests, which have a salt and a time of their own.
func (s *scene) contents(ctx context.Context) map[string]any {
	GinkgoHelper()
	out := map[string]any{}
	for name, o := range s.made(ctx) {
		switch o := o.(type) {
		case *corev1.Secret:
			out[name] = slices.Sorted(maps.Keys(o.Data))
			if _, manifest := o.Data["manifest.json"]; !manifest {
				out[name] = o.Data
			}
		case *corev1.ConfigMap:
			out[name] = slices.Sorted(maps.Keys(o.Data))
			if _, manifest := o.Data["manifest.json"]; !manifest {
				out[name] = o.Data
			}
		case *appsv1.StatefulSet:
			out[name] = o.Spec
		case *corev1.Service:
			out[name] = o.Spec.Ports
		}
	}
	return out
}

// notebook keeps what was announced.
type notebook struct{ notes []string }

// Eventf implements events.EventRecorder.
func (e *notebook) Eventf(_ runtime.Object, _ runtime.Object, kind, reason, _ string, note string, args ...any) {
	e.notes = append(e.notes, kind+" "+reason+": "+fmt.Sprintf(note, args...))
}
