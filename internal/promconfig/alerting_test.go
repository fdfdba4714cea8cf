package promconfig_test

import (
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Prometheus 3 has no version 1 of Alertmanager's API any more, however it is written.
func TestVersionsOfAlertmanagersAPI(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prometheus string
		asked      v1.AlertmanagerAPIVersion
		want       any
	}{
		{"v2.55.0", "v1", "v1"}, {"v2.55.0", "V1", "v1"}, {"v2.55.0", "V2", "v2"},
		{"v3.0.0", "v1", nil}, {"v3.0.0", "V1", nil}, {"v3.0.0", "v2", "v2"}, {"v3.0.0", "V2", "v2"},
	} {
		t.Run(tc.prometheus+string(tc.asked), func(t *testing.T) {
			t.Parallel()
			config, _ := beside(t, func(p *v1.PrometheusSpec) {
				p.Version = tc.prometheus
				p.Alerting = &v1.AlertingSpec{Alertmanagers: []v1.AlertmanagerEndpoints{{Name: "main", APIVersion: &tc.asked}}}
			}, world.Values{})
			managers := config["alerting"].(map[string]any)["alertmanagers"].([]any)
			if got := managers[0].(map[string]any)["api_version"]; got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestVersionsOfAlertmanagersAPIInAdditionalText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prometheus, asked string
		taken             bool
	}{
		{"v2.55.0", "v1", true}, {"v2.55.0", `""`, false}, {"v2.55.0", "V2", false}, {"v2.55.0", "", true},
		{"v3.0.0", "v1", false}, {"v3.0.0", `""`, false}, {"v3.0.0", "v2", true}, {"v3.0.0", "", true},
	} {
		t.Run(tc.prometheus+tc.asked, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, func(p *v1.PrometheusSpec) {
				p.Version, p.AdditionalAlertManagerConfigs = tc.prometheus, extra("managers")
			}, secretValue("managers", "- api_version: "+tc.asked+"\n"))
			if verdict := verdictOn(result, world.Prometheus); verdict.Accepted() != tc.taken {
				t.Errorf("taken %t: %v", verdict.Accepted(), verdict)
			}
		})
	}
}
