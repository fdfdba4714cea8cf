package webhooks_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// kindOf is a kind with an object of it that is in order, in namespace team-a, and ways to spoil it.
type kindOf struct {
	object func(name string) client.Object
	spoil  func(client.Object) // makes it wrong whoever selects it
	place  string              // that the refusal must tell
	refer  func(client.Object) // to a Secret called later
	old    func(client.Object) // sets a deprecated field, nil where the kind has none
	told   string              // of the deprecated field
}

var later = corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "later"}, Key: "key"}

var loginLater = &v1.BasicAuth{Username: later, Password: later}

func inTeam(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "team-a", Name: name} }

// kinds are all kinds but PrometheusRule, which refers to nothing and has no deprecated fields.
func kinds() map[string]kindOf {
	wrong := []v1.RelabelConfig{{Action: "keep", Regex: "("}}
	return map[string]kindOf{
		"ServiceMonitor": {
			object: func(name string) client.Object {
				return &v1.ServiceMonitor{ObjectMeta: inTeam(name), Spec: v1.ServiceMonitorSpec{Endpoints: []v1.Endpoint{{Port: "web"}}}}
			},
			spoil: func(o client.Object) { o.(*v1.ServiceMonitor).Spec.Endpoints[0].RelabelConfigs = wrong },
			place: "spec.endpoints[0].relabelings[0].regex",
			refer: func(o client.Object) { o.(*v1.ServiceMonitor).Spec.Endpoints[0].BasicAuth = loginLater },
			old:   func(o client.Object) { o.(*v1.ServiceMonitor).Spec.Endpoints[0].BearerTokenFile = "/token" },
			told:  "spec.endpoints[0].bearerTokenFile is deprecated: use authorization",
		},
		"PodMonitor": {
			object: func(name string) client.Object {
				return &v1.PodMonitor{ObjectMeta: inTeam(name), Spec: v1.PodMonitorSpec{PodMetricsEndpoints: []v1.PodMetricsEndpoint{{Port: ptr.To("web")}}}}
			},
			spoil: func(o client.Object) {
				e := &o.(*v1.PodMonitor).Spec.PodMetricsEndpoints[0]
				e.Interval, e.ScrapeTimeout = "10s", "11s"
			},
			place: "spec.podMetricsEndpoints[0].scrapeTimeout",
			refer: func(o client.Object) { o.(*v1.PodMonitor).Spec.PodMetricsEndpoints[0].BasicAuth = loginLater },
			old:   func(o client.Object) { o.(*v1.PodMonitor).Spec.PodMetricsEndpoints[0].BearerTokenSecret = &later },
			told:  "spec.podMetricsEndpoints[0].bearerTokenSecret is deprecated: use authorization",
		},
		"Probe": {
			object: func(name string) client.Object {
				p := &v1.Probe{ObjectMeta: inTeam(name)}
				p.Spec.ProberSpec.URL = "prober:9115"
				p.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"example.com"}}
				return p
			},
			spoil: func(o client.Object) { o.(*v1.Probe).Spec.MetricRelabelConfigs = wrong },
			place: "spec.metricRelabelings[0].regex",
			refer: func(o client.Object) { o.(*v1.Probe).Spec.BasicAuth = loginLater },
			old:   func(o client.Object) { o.(*v1.Probe).Spec.BearerTokenSecret = &later },
			told:  "spec.bearerTokenSecret is deprecated: use authorization",
		},
		"ScrapeConfig": {
			object: func(name string) client.Object {
				c := &v1alpha1.ScrapeConfig{ObjectMeta: inTeam(name)}
				c.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"example.com"}}}
				return c
			},
			spoil: func(o client.Object) { o.(*v1alpha1.ScrapeConfig).Spec.RelabelConfigs = wrong },
			place: "spec.relabelings[0].regex",
			refer: func(o client.Object) { o.(*v1alpha1.ScrapeConfig).Spec.BasicAuth = loginLater },
		},
		"Prometheus": {
			object: func(name string) client.Object { return &v1.Prometheus{ObjectMeta: inTeam(name)} },
			spoil:  func(o client.Object) { o.(*v1.Prometheus).Spec.Version = "latest" },
			place:  "spec.version",
			refer: func(o client.Object) {
				o.(*v1.Prometheus).Spec.RemoteWrite = []v1.RemoteWriteSpec{{URL: "http://remote/", BasicAuth: loginLater}}
			},
			old:  func(o client.Object) { o.(*v1.Prometheus).Spec.BaseImage = "prom/prometheus" },
			told: "spec.baseImage is deprecated: use image",
		},
	}
}

// applied is what kubectl is given: an object with its kind.
func applied(kind string, o client.Object) client.Object {
	version := "v1"
	if kind == "ScrapeConfig" {
		version = "v1alpha1"
	}
	o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Group: "monitoring.coreos.com", Version: version, Kind: kind})
	return o
}

var _ = Describe("every kind", func() {
	for kind, k := range kinds() {
		It("is judged at the door: "+kind, func(ctx SpecContext) {
			By("refusing what it alone makes wrong, in a dry run too")
			bad := applied(kind, k.object("bad"))
			k.spoil(bad)
			for _, args := range [][]string{nil, {"--dry-run=server"}} {
				out, err := apply(ctx, bad, args...)
				Expect(err).To(HaveOccurred(), out)
				Expect(out).To(And(ContainSubstring("denied the request"), ContainSubstring(k.place)))
			}
			Expect(apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(bad), k.object("bad")))).To(BeTrue())

			By("warning of what hangs on others, and of what is deprecated")
			doubtful := applied(kind, k.object("doubtful"))
			k.refer(doubtful)
			out, err := apply(ctx, doubtful)
			Expect(err).NotTo(HaveOccurred(), out)
			Expect(out).To(ContainSubstring("Warning: Secret team-a/later does not exist"))
			Expect(k8s.Delete(ctx, doubtful)).To(Succeed())
			if k.old != nil {
				doubtful = applied(kind, k.object("doubtful"))
				k.old(doubtful)
				out, err = apply(ctx, doubtful, "--dry-run=server")
				Expect(err).NotTo(HaveOccurred(), out)
				Expect(out).To(ContainSubstring("Warning: " + k.told))
			}
		})
	}

	It("is told of selectors that match nothing", func(ctx SpecContext) {
		p := applied("Prometheus", kinds()["Prometheus"].object("lonely")).(*v1.Prometheus)
		none := &metav1.LabelSelector{MatchLabels: map[string]string{"nobody": "has"}}
		p.Spec.RuleSelector, p.Spec.ServiceMonitorSelector, p.Spec.PodMonitorSelector = none, none, none
		p.Spec.ProbeSelector, p.Spec.ScrapeConfigSelector = none, none
		out, err := apply(ctx, p, "--dry-run=server")
		Expect(err).NotTo(HaveOccurred(), out)
		for _, selector := range []string{"rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig"} {
			Expect(out).To(ContainSubstring("Warning: spec." + selector + "Selector selects no "))
		}
	})

	It("can be touched and deleted although it is wrong", func(ctx SpecContext) {
		all := kinds()
		all["PrometheusRule"] = kindOf{object: func(string) client.Object { return rule("stands", "up ==") }, spoil: func(client.Object) {}}
		withoutReview(ctx, func() {
			for kind, k := range all {
				o := k.object("stands")
				k.spoil(o)
				o.SetFinalizers([]string{"example.com/last"})
				Expect(k8s.Create(ctx, o)).To(Succeed(), kind)
			}
		})
		for kind, k := range all {
			o := k.object("stands")
			patch := func(what string) error {
				return k8s.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(what)))
			}
			Expect(patch(`{"metadata":{"annotations":{"touched":"true"}}}`)).To(Succeed(), kind)
			Expect(patch(`{"metadata":{"labels":{"touched":"true"}}}`)).To(Succeed(), kind)
			Expect(k8s.Status().Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(`{"status":{}}`)))).To(Succeed(), kind)
			Expect(k8s.Delete(ctx, o)).To(Succeed(), kind)
			Expect(patch(`{"metadata":{"annotations":{"touched":"again"}}}`)).To(Succeed(), kind)
			Expect(patch(`{"metadata":{"finalizers":null}}`)).To(Succeed(), kind)
			Expect(apierrors.IsNotFound(k8s.Get(ctx, client.ObjectKeyFromObject(o), o))).To(BeTrue(), kind)
		}
	})

	It("is deleted without a review", func(ctx SpecContext) {
		var c admissionregistrationv1.ValidatingWebhookConfiguration
		Expect(k8s.Get(ctx, client.ObjectKey{Name: configuration}, &c)).To(Succeed())
		for _, w := range c.Webhooks {
			Expect(w.Rules).To(HaveEach(HaveField("Operations",
				ConsistOf(admissionregistrationv1.Create, admissionregistrationv1.Update))), w.Name)
		}
	})
})
