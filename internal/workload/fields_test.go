package workload

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// effect is what setting one field does to the objects: a line that appears, a line that goes, or a sentence that says why the
// field has none.
type effect struct {
	with    func(*world.World) // what the field needs beside it
	set     func(*v1.PrometheusSpec)
	appears string
	goes    string
	ignored string
}

// TestEveryField holds each field of spec.* to its effect: one that bears on the pod has a case here, any other belongs to
// another package and is named below. A new field of the API fails the test until it is in one of the two.
func TestEveryField(t *testing.T) {
	cases := effects()
	all := leaves(reflect.TypeFor[v1.PrometheusSpec](), "")
	for _, path := range all {
		if !within(path, slices.Collect(maps.Keys(cases))) && !within(path, elsewhere) {
			t.Errorf("spec.%s has neither a case in effects nor a place in elsewhere", path)
		}
	}
	for _, place := range elsewhere {
		if !slices.ContainsFunc(all, func(path string) bool { return within(path, []string{place}) }) {
			t.Errorf("elsewhere has spec.%s, which is no field", place)
		}
	}
	for path, want := range cases {
		t.Run(path, func(t *testing.T) { checkEffect(t, want) })
	}
}

// within reports whether path is one of places or lies below one.
func within(path string, places []string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		return path == place || strings.HasPrefix(path, place+".")
	})
}

func checkEffect(t *testing.T, want effect) {
	base, changed := newWorld(), newWorld()
	if want.with != nil {
		want.with(base)
		want.with(changed)
	}
	want.set(&changed.Prometheus.Spec)
	before, after := For(base), For(changed)
	if want.ignored != "" {
		if !slices.Contains(after.Ignored, want.ignored) {
			t.Errorf("ignored fields are %q, want among them %q", after.Ignored, want.ignored)
		}
		return
	}
	was, is := document(t, before), document(t, after)
	if want.appears != "" && (strings.Contains(was, want.appears) || !strings.Contains(is, want.appears)) {
		t.Errorf("%q must stand in the objects with the field set, and only then:\n%s", want.appears, is)
	}
	if want.goes != "" && (!strings.Contains(was, want.goes) || strings.Contains(is, want.goes)) {
		t.Errorf("%q must stand in the objects without the field set, and only then:\n%s", want.goes, is)
	}
	if want.appears == "" && want.goes == "" {
		t.Error("the case expects nothing")
	}
}

// leaves lists the JSON paths of all fields of t, going into structs of the API and not into those of Kubernetes.
func leaves(t reflect.Type, prefix string) []string {
	var paths []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		path := strings.TrimPrefix(prefix+"."+name, ".")
		if name == "" {
			path = prefix // inlined
		}
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && strings.HasSuffix(inner.PkgPath(), "promloop/api/v1") {
			paths = append(paths, leaves(inner, path)...)
			continue
		}
		if name != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// elsewhere are the fields that bear on what Prometheus loads, on what is selected or on when to write, and never on the pod.
var elsewhere = []string{
	"serviceMonitorSelector", "serviceMonitorNamespaceSelector", "podMonitorSelector", "podMonitorNamespaceSelector",
	"probeSelector", "probeNamespaceSelector", "scrapeConfigSelector", "scrapeConfigNamespaceSelector", "ruleSelector",
	"ruleNamespaceSelector", "ignoreNamespaceSelectors", "paused",
	"replicaExternalLabelName", "prometheusExternalLabelName", "externalLabels",
	"scrapeInterval", "scrapeTimeout", "scrapeProtocols", "evaluationInterval", "ruleQueryOffset", "scrapeClasses",
	"bodySizeLimit", "sampleLimit", "targetLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit", "keepDroppedTargets",
	"enforcedNamespaceLabel", "enforcedSampleLimit", "enforcedTargetLimit", "enforcedLabelLimit", "enforcedLabelNameLengthLimit",
	"enforcedLabelValueLengthLimit", "enforcedKeepDroppedTargets", "enforcedBodySizeLimit", "excludedFromEnforcement",
	"prometheusRulesExcludedFromEnforce", "overrideHonorLabels", "overrideHonorTimestamps", "arbitraryFSAccessThroughSMs",
	"nameValidationScheme", "nameEscapingScheme", "convertClassicHistogramsToNHCB", "scrapeNativeHistograms",
	"scrapeClassicHistograms", "extraScrapeMetrics", "podTargetLabels", "serviceDiscoveryRole", "apiserverConfig",
	"additionalScrapeConfigs", "additionalAlertRelabelConfigs", "additionalAlertManagerConfigs", "alerting", "remoteRead",
	"tracingConfig", "exemplars", "tsdb.staleSeriesCompactionThreshold", "shardingStrategy.topology.externalLabelName",
	"remoteWrite", "otlp", "podMetadata.name", "storage.volumeClaimTemplate.status",
	// The sidecar's gRPC server takes its certificates as files only; the references of the shared type have no flag.
	"thanos.grpcServerTlsConfig.ca", "thanos.grpcServerTlsConfig.cert", "thanos.grpcServerTlsConfig.keySecret",
	"thanos.grpcServerTlsConfig.serverName", "thanos.grpcServerTlsConfig.insecureSkipVerify", "thanos.grpcServerTlsConfig.maxVersion",
}

// effects has a case for each field that bears on the objects, by its JSON path.
func effects() map[string]effect {
	cases := map[string]effect{}
	for _, group := range []map[string]effect{
		statefulSetEffects(), shardEffects(), podEffects(), containerEffects(), storageEffects(), argumentEffects(), versionEffects(),
		webEffects(), thanosEffects(),
	} {
		maps.Copy(cases, group)
	}
	return cases
}
