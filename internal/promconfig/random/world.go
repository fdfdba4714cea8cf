package random

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/blang/semver/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Names of the Secret and the ConfigMap that exist in every namespace, and of the namespaces.
const (
	SecretName    = "credentials"
	ConfigMapName = "public"
)

// Namespaces that objects are drawn in. The Prometheus is in the first.
var Namespaces = []string{"monitoring", "a", "b"}

// World draws a Prometheus of a version, with all that it selects.
func World(t *rapid.T, version string) (*world.World, selection.Result) {
	w := &world.World{
		Prometheus: Prometheus(t, version),
		Values:     Values(),
		Options:    world.Options{FeatureGates: map[string]bool{world.ShardRetentionGate: rapid.Bool().Draw(t, "retention gate")}},
	}
	sel := selection.Result{
		ServiceMonitors: objects(t, "service monitors", func(o *v1.ServiceMonitor) *metav1.ObjectMeta { return &o.ObjectMeta }),
		PodMonitors:     objects(t, "pod monitors", func(o *v1.PodMonitor) *metav1.ObjectMeta { return &o.ObjectMeta }),
		Probes:          objects(t, "probes", func(o *v1.Probe) *metav1.ObjectMeta { return &o.ObjectMeta }),
		ScrapeConfigs:   objects(t, "scrape configs", func(o *v1alpha1.ScrapeConfig) *metav1.ObjectMeta { return &o.ObjectMeta }),
	}
	for _, c := range sel.ScrapeConfigs {
		ownNaming(&c.Spec, &w.Prometheus.Spec)
	}
	return w, sel
}

// objects draws up to two objects of one kind.
func objects[T any](t *rapid.T, label string, metaOf func(*T) *metav1.ObjectMeta) []*T {
	var out []*T
	for i := range rapid.IntRange(0, 2).Draw(t, label) {
		o := new(T)
		spec := reflect.ValueOf(o).Elem().FieldByName("Spec")
		(&filler{t: t}).value(spec, "spec")
		once(t, spec)
		*metaOf(o) = metav1.ObjectMeta{Namespace: rapid.SampledFrom(Namespaces).Draw(t, "namespace"), Name: "m" + strconv.Itoa(i), Generation: 1}
		out = append(out, o)
	}
	return out
}

// Prometheus draws a Prometheus with the fields that its configuration is made of.
func Prometheus(t *rapid.T, version string) *v1.Prometheus {
	v := semver.MustParse(strings.TrimPrefix(version, "v"))
	f := &filler{t: t, old: v.LT(semver.MustParse("3.14.0"))}
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: Namespaces[0], Name: "main"}}
	s := &p.Spec
	for _, name := range configurationFields {
		field, _ := reflect.TypeOf(*s).FieldByName(name)
		f.value(reflect.ValueOf(s).Elem().FieldByIndex(field.Index), jsonName(field))
	}
	s.Version = version
	s.ScrapeInterval, s.EvaluationInterval = "2m", choose[v1.Duration](f, "evaluationInterval", "15s", "30s")
	s.ScrapeTimeout = choose[v1.Duration](f, "scrapeTimeout", "", "10s")
	s.RuleSelector = &metav1.LabelSelector{}
	once(t, reflect.ValueOf(s).Elem())
	for i := range s.RemoteWrite {
		s.RemoteWrite[i].Name = new("w" + strconv.Itoa(i))
	}
	for i := range s.RemoteRead {
		s.RemoteRead[i].Name = "r" + strconv.Itoa(i)
	}
	s.ScrapeClasses = scrapeClasses(f)
	f.additional(&s.AdditionalScrapeConfigs, "jobs")
	f.additional(&s.AdditionalAlertRelabelConfigs, "relabelings")
	f.additional(&s.AdditionalAlertManagerConfigs, "alertmanagers")
	if v.LT(semver.MustParse("2.55.0")) {
		s.OTLP = nil
	}
	naming(s)
	f.zones(s)
	return p
}

// zones has at least as many shards as zones, and two shards where targets are spread by address.
func (f *filler) zones(s *v1.PrometheusSpec) {
	if s.Shards != nil {
		*s.Shards++
	}
	if s.ShardingStrategy == nil || s.ShardingStrategy.Topology == nil {
		return
	}
	zones := []string{"a", "b"}[:1+f.one("zones", 2)]
	s.ShardingStrategy.Topology.Values = zones
	if s.Shards == nil || int(*s.Shards) < len(zones) {
		s.Shards = new(int32(len(zones)))
	}
}

// additional refers to text of the user's own.
func (f *filler) additional(sel **corev1.SecretKeySelector, key string) {
	if f.seldom(key) {
		*sel = new(secretKey(key))
	}
}

// scrapeClasses are always the two that objects name. They name files only: the oracle looks references up where they are not.
func scrapeClasses(f *filler) []v1.ScrapeClass {
	classes := []v1.ScrapeClass{{Name: "strict"}, {Name: "other"}}
	for i := range classes {
		c := &classes[i]
		f.value(reflect.ValueOf(&c.Relabelings).Elem(), "relabelings")
		f.value(reflect.ValueOf(&c.MetricRelabelings).Elem(), "relabelings")
		f.value(reflect.ValueOf(&c.AttachMetadata).Elem(), "attachMetadata")
		f.value(reflect.ValueOf(&c.FallbackScrapeProtocol).Elem(), "fallbackScrapeProtocol")
		if f.seldom("tls") {
			c.TLSConfig = &v1.TLSConfig{TLSFilesConfig: v1.TLSFilesConfig{CAFile: "/ca", CertFile: "/cert", KeyFile: "/key"}}
		}
		if f.seldom("authorization") {
			c.Authorization = &v1.Authorization{CredentialsFile: "/token"}
		}
	}
	if f.seldom("default class") {
		classes[0].Default = new(true)
	}
	return classes
}

var configurationFields = []string{
	"Shards", "ShardingStrategy", "ReplicaExternalLabelName", "PrometheusExternalLabelName", "ScrapeProtocols", "ExternalLabels",
	"RemoteWrite", "RemoteRead", "Alerting", "OTLP", "TracingConfig", "APIServerConfig", "OverrideHonorLabels",
	"OverrideHonorTimestamps", "IgnoreNamespaceSelectors", "EnforcedNamespaceLabel", "EnforcedSampleLimit", "EnforcedTargetLimit",
	"EnforcedLabelLimit", "EnforcedLabelNameLengthLimit", "EnforcedLabelValueLengthLimit", "EnforcedKeepDroppedTargets",
	"EnforcedBodySizeLimit", "NameValidationScheme", "NameEscapingScheme", "ConvertClassicHistogramsToNHCB", "ScrapeNativeHistograms",
	"ScrapeClassicHistograms", "ExtraScrapeMetrics", "ExcludedFromEnforcement", "PodTargetLabels", "BodySizeLimit", "SampleLimit",
	"TargetLimit", "LabelLimit", "LabelNameLengthLimit", "LabelValueLengthLimit", "KeepDroppedTargets", "ServiceDiscoveryRole", "TSDB",
	"ScrapeFailureLogFile", "Runtime", "Retention", "RetentionSize", "QueryLogFile", "Exemplars", "RuleQueryOffset",
}

// once keeps one way to authenticate wherever several were drawn.
func once(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			once(t, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			once(t, v.Index(i))
		}
	case reflect.Struct:
		keepOne(t, v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				once(t, v.Field(i))
			}
		}
	}
}

var ways = []string{"BasicAuth", "Authorization", "OAuth2", "BearerToken", "BearerTokenFile", "BearerTokenSecret", "Sigv4", "AzureAD", "TokenRef"}

func keepOne(t *rapid.T, v reflect.Value) {
	var set []reflect.Value
	for _, field := range reflect.VisibleFields(v.Type()) {
		if slices.Contains(ways, field.Name) && !v.FieldByIndex(field.Index).IsZero() {
			set = append(set, v.FieldByIndex(field.Index))
		}
	}
	if len(set) < 2 {
		return
	}
	kept := rapid.IntRange(0, len(set)-1).Draw(t, "authentication")
	for i, way := range set {
		if i != kept {
			way.SetZero()
		}
	}
}
