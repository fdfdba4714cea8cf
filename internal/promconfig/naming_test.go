package promconfig_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

const (
	legacyNames, anyNames = v1.LegacyNameValidationScheme, v1.UTF8NameValidationScheme
	allowUTF8             = v1.AllowUTF8NameEscapingScheme
)

// The names in a job are judged by its own scheme, which can be another than that of the Prometheus.
func TestNamesAreJudgedByTheJobsScheme(t *testing.T) {
	t.Parallel()
	const escaping = "spec.nameEscapingScheme: "
	legacy := func(c *v1alpha1.ScrapeConfigSpec) { c.NameValidationScheme = new(legacyNames) }
	unescaped := func(c *v1alpha1.ScrapeConfigSpec) { c.NameEscapingScheme = new(allowUTF8) }
	step := []v1.RelabelConfig{{TargetLabel: "k8s.pod", Replacement: new("x")}}
	relabeled := func(c *v1alpha1.ScrapeConfigSpec) { c.MetricRelabelConfigs = step }
	legacyPrometheus := func(p *v1.PrometheusSpec) { p.NameValidationScheme = new(legacyNames) }
	cases := map[string]struct {
		reason     string
		version    string
		prometheus func(*v1.PrometheusSpec)
		job        []func(*v1alpha1.ScrapeConfigSpec)
		want, says string
	}{
		"BothOwn":          {"the two exclude each other", "", nil, with(legacy, unescaped), promconfig.InvalidField, escaping},
		"BothOwnBefore":    {"3.3 has no escaping, which is left out", "v3.3.0", nil, with(legacy, unescaped), "", ""},
		"UnderLegacy":      {"the validation is that of the Prometheus", "", legacyPrometheus, with(unescaped), promconfig.InvalidField, escaping},
		"Inherited":        {"until 3.7 the escaping is that of the Prometheus", "v3.6.0", nil, with(legacy), promconfig.InvalidField, escaping + "before Prometheus 3.7.0"},
		"InheritedFrom3.4": {"the first version with escaping", "v3.4.0", nil, with(legacy), promconfig.InvalidField, "set Underscores"},
		"InheritedBefore":  {"3.3 has no escaping", "v3.3.0", nil, with(legacy), "", ""},
		"InheritedNoMore":  {"from 3.7 on it goes with the job's validation", "v3.7.0", nil, with(legacy), "", ""},
		"InheritedDots":    {"what is inherited goes with it", "v3.5.0", func(p *v1.PrometheusSpec) { p.NameEscapingScheme = new(v1.DotsNameEscapingScheme) }, with(legacy), "", ""},
		"InheritedLegacy":  {"a Prometheus without UTF-8 escapes by itself", "v3.5.0", legacyPrometheus, with(legacy), "", ""},
		"Steps":            {"a label that the job's scheme does not take", "", nil, with(legacy, relabeled), promconfig.InvalidRelabeling, "spec.metricRelabelings[0]"},
		"StepsBefore":      {"until 3.7 labels may have any name", "v3.3.0", nil, with(legacy, relabeled), "", ""},
		"StepsInVersion2":  {"version 2 has no UTF-8, whatever is asked for", "v2.55.0", nil, with(relabeled), promconfig.InvalidRelabeling, "spec.metricRelabelings[0]"},
		"StepsUnderLegacy": {"the scheme is that of the Prometheus", "", legacyPrometheus, with(relabeled), promconfig.InvalidRelabeling, "spec.metricRelabelings[0]"},
		"StepsUnderBefore": {"until 3.7 that does not hold for labels either", "v3.6.0", legacyPrometheus, with(relabeled), "", ""},
		"UTF8UnderLegacy":  {"the job may take more than the Prometheus", "", legacyPrometheus, with(func(c *v1alpha1.ScrapeConfigSpec) { c.NameValidationScheme = new(anyNames) }, relabeled), "", ""},
		"LabelsOfTargets":  {"Prometheus judges these by no scheme", "", nil, with(legacy, func(c *v1alpha1.ScrapeConfigSpec) { c.StaticConfigs[0].Labels = map[string]string{"a.b": "c"} }), "", ""},
		"StepsOfItsClass": {"the steps of its class end up in the job", "", func(p *v1.PrometheusSpec) {
			p.ScrapeClasses = []v1.ScrapeClass{{Name: "c", Default: new(true), Relabelings: step}}
		}, with(legacy), promconfig.InvalidRelabeling, "k8s.pod"},
		"EnforcedNamespace": {"the label is a step of the job", "", func(p *v1.PrometheusSpec) { p.EnforcedNamespaceLabel = "k8s.namespace" }, with(legacy), promconfig.InvalidRelabeling, "k8s.namespace"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
			c.Spec.StaticConfigs = []v1alpha1.StaticConfig{{Targets: []v1alpha1.Target{"example.com"}}}
			for _, change := range tc.job {
				change(&c.Spec)
			}
			_, result := beside(t, func(p *v1.PrometheusSpec) {
				p.Version = tc.version
				if tc.prometheus != nil {
					tc.prometheus(p)
				}
			}, world.Values{}, c)
			if tc.want != "" {
				refused(t, result, tc.want, tc.says)
			} else if len(result.Verdicts) > 0 || result.Jobs != 2 {
				t.Errorf("it should be taken, for %s: %d jobs, %v", tc.reason, result.Jobs, result.Verdicts)
			}
		})
	}
}

func with(changes ...func(*v1alpha1.ScrapeConfigSpec)) []func(*v1alpha1.ScrapeConfigSpec) {
	return changes
}

// The same holds for text of the user's own.
func TestNamesInAdditionalText(t *testing.T) {
	t.Parallel()
	const legacy, steps = "metric_name_validation_scheme: legacy", "metric_relabel_configs: [{target_label: k8s.pod}]"
	for name, tc := range map[string]struct{ version, prometheus, text, says string }{
		"BothOwn":         {"", "", legacy + "\n  metric_name_escaping_scheme: allow-utf-8", "line 1: metric_name_escaping_scheme"},
		"Underscores":     {"v3.5.0", "", legacy + "\n  metric_name_escaping_scheme: underscores", ""},
		"UnderLegacy":     {"", "Legacy", "metric_name_escaping_scheme: allow-utf-8", "line 1: metric_name_escaping_scheme"},
		"Inherited":       {"v3.6.0", "", legacy, "line 1: metric_name_escaping_scheme: before Prometheus 3.7.0"},
		"InheritedNoMore": {"v3.7.0", "", legacy, ""},
		"Steps":           {"", "", legacy + "\n  " + steps, "line 3: step 0"},
		"UTF8UnderLegacy": {"", "Legacy", "metric_name_validation_scheme: utf8\n  " + steps, ""},
		"NextUnderLegacy": {"", "Legacy", "metric_name_validation_scheme: utf8\n- job_name: b\n  " + steps, "line 4: step 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, result := beside(t, func(p *v1.PrometheusSpec) {
				p.Version, p.AdditionalScrapeConfigs = tc.version, extra("jobs")
				if tc.prometheus != "" {
					p.NameValidationScheme = new(v1.NameValidationSchemeOptions(tc.prometheus))
				}
			}, secretValue("jobs", "- job_name: a\n  "+tc.text+"\n"))
			additionalVerdict(t, config, result, tc.says)
		})
	}
}
