package promconfig_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// The schema lets ports and quantities through that are none.
func TestPortsAndQuantitiesThatAreNone(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}
	large := intstr.IntOrString{Type: intstr.Verbatim, StrVal: "5000000000"}
	service := func(port intstr.IntOrString) any { return tenant(v1.Endpoint{TargetPort: &port}) }
	pod := func(port intstr.IntOrString) any {
		m := &v1.PodMonitor{ObjectMeta: meta}
		m.Spec.PodMetricsEndpoints = []v1.PodMetricsEndpoint{{TargetPort: &port}}
		return m
	}
	factor := func(text string) v1.NativeHistogramConfig {
		return v1.NativeHistogramConfig{NativeHistogramMinBucketFactor: new(intstr.FromString(text))}
	}
	scrape := func(text string) any {
		c := &v1alpha1.ScrapeConfig{ObjectMeta: meta}
		c.Spec.NativeHistogramConfig = factor(text)
		return c
	}
	probe := &v1.Probe{ObjectMeta: meta}
	probe.Spec.NativeHistogramConfig = factor("1e1.5")
	for name, tc := range map[string]struct {
		reason string
		object any
		path   string // of what is wrong; empty where nothing is
	}{
		"LargePort":    {"no port is as large", service(large), "spec.endpoints[0].targetPort: 5000000000 is no port"},
		"LargePodPort": {"no port is as large", pod(large), "spec.podMetricsEndpoints[0].targetPort: 5000000000 is no port"},
		"Above":        {"one more than the last port", service(intstr.FromInt32(65536)), "spec.endpoints[0].targetPort"},
		"Negative":     {"ports are no differences", pod(intstr.FromInt32(-1)), "spec.podMetricsEndpoints[0].targetPort"},
		"LastPort":     {"it is a port", service(intstr.FromInt32(65535)), ""},
		"NamedPort":    {"ports have names", service(intstr.FromString("web")), ""},
		"Exponent":     {"Kubernetes does not read it", scrape("1e1.5"), `spec.nativeHistogramMinBucketFactor: "1e1.5" is no quantity`},
		"HugeExponent": {"Kubernetes computes on it for ever", scrape("1e-2147483647"), "spec.nativeHistogramMinBucketFactor"},
		"OfAProbe":     {"a probe has one, too", probe, "spec.nativeHistogramMinBucketFactor"},
		"Milli":        {"it is 1.1", scrape("1100m"), ""},
		"Scientific":   {"it is 1.1", scrape("11e-1"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, nil, world.Values{}, tc.object)
			if tc.path != "" {
				refused(t, result, promconfig.InvalidField, tc.path)
				return
			}
			if len(result.Verdicts) > 0 {
				t.Errorf("%s, yet it is refused: %v", tc.reason, result.Verdicts)
			}
		})
	}
}

func TestAFactorIsWrittenAsANumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1100m": 1.1, "1.5": 1.5, "2": 2} {
		m := tenant(v1.Endpoint{})
		m.Spec.NativeHistogramMinBucketFactor = new(intstr.FromString(text))
		config, _ := beside(t, nil, world.Values{}, m)
		found := false
		for _, job := range config["scrape_configs"].([]any) {
			switch got := job.(map[string]any)["native_histogram_min_bucket_factor"].(type) {
			case float64:
				found = found || got == want
			case int:
				found = found || float64(got) == want
			}
		}
		if !found {
			t.Errorf("%s is not written as %v: %v", text, want, config["scrape_configs"])
		}
	}
}
