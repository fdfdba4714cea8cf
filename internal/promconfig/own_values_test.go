package promconfig_test

import (
	"strings"
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// What Prometheus refuses in the Prometheus' own sections, by version.
func TestValuesOfThePrometheusItself(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-0000-0000-000000000001"
	azure := func(a v1.AzureAD) func(*v1.PrometheusSpec) {
		return func(p *v1.PrometheusSpec) {
			p.RemoteWrite = []v1.RemoteWriteSpec{{URL: "http://example.com", AzureAD: &a}}
		}
	}
	oauth := func(client, tenant string) func(*v1.PrometheusSpec) {
		return azure(v1.AzureAD{OAuth: &v1.AzureOAuth{ClientID: client, TenantID: tenant, ClientSecret: *extra("full")}})
	}
	workload := func(client, tenant string) func(*v1.PrometheusSpec) {
		return azure(v1.AzureAD{WorkloadIdentity: &v1.AzureWorkloadIdentity{ClientID: client, TenantID: tenant}})
	}
	managed := func(client *string) func(*v1.PrometheusSpec) {
		return azure(v1.AzureAD{ManagedIdentity: &v1.ManagedIdentity{ClientID: client}})
	}
	strategy := func(scheme v1.NameValidationSchemeOptions, s v1.TranslationStrategyOption) func(*v1.PrometheusSpec) {
		return func(p *v1.PrometheusSpec) {
			p.NameValidationScheme, p.OTLP = &scheme, &v1.OTLPConfig{TranslationStrategy: &s}
		}
	}
	for name, tc := range map[string]struct {
		version string
		spec    func(*v1.PrometheusSpec)
		says    string
	}{
		"OAuth":                  {"", oauth(id, "example.com"), ""},
		"OAuthClient":            {"", oauth("me", "example.com"), "azureAd.oauth.clientId: it is no UUID"},
		"OAuthNoClient":          {"", oauth("", "example.com"), "azureAd.oauth.clientId: it is needed"},
		"OAuthNoTenant":          {"", oauth(id, ""), "azureAd.oauth.tenantId: it is needed"},
		"Workload":               {"", workload(id, id), ""},
		"WorkloadClient":         {"", workload("me", id), "azureAd.workloadIdentity.clientId: it is no UUID"},
		"WorkloadTenant":         {"", workload(id, "example.com"), "azureAd.workloadIdentity.tenantId: it is no UUID"},
		"WorkloadNoTenant":       {"", workload(id, ""), "azureAd.workloadIdentity.tenantId: it is needed"},
		"Managed":                {"v2.45.0", managed(new(id)), ""},
		"ManagedOtherForm":       {"", managed(new("urn:uuid:" + id)), ""},
		"ManagedClient":          {"v2.45.0", managed(new("me")), "azureAd.managedIdentity.clientId: it is no UUID"},
		"ManagedNoClient":        {"v3.5.0", managed(nil), ""},
		"ManagedNoClientBefore":  {"v3.4.0", managed(new("")), "azureAd.managedIdentity.clientId: before Prometheus 3.5.0 it is needed"},
		"Scope":                  {"", azure(v1.AzureAD{SDK: &v1.AzureSDK{}, Scope: new("https://a.example/.default")}), ""},
		"ScopeOfOtherCharacters": {"", azure(v1.AzureAD{SDK: &v1.AzureSDK{}, Scope: new(`a\b`)}), "azureAd.scope"},
		"NoTranslation":          {"", strategy(anyNames, v1.NoTranslation), ""},
		"NoTranslationLegacy":    {"", strategy(legacyNames, v1.NoTranslation), "spec.otlp.translationStrategy: NoTranslation needs nameValidationScheme UTF8"},
		"NoEscapingLegacy":       {"", strategy(legacyNames, v1.NoUTF8EscapingWithSuffixes), "spec.otlp.translationStrategy: NoUTF8EscapingWithSuffixes needs"},
		"EscapingLegacy":         {"", strategy(legacyNames, v1.UnderscoreEscapingWithoutSuffixes), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, func(p *v1.PrometheusSpec) { p.Version = tc.version; tc.spec(p) }, secretValue("full", "x"))
			verdict := verdictOn(result, world.Prometheus)
			if verdict.Accepted() != (tc.says == "") || !strings.Contains(verdict.Message, tc.says) {
				t.Errorf("want %q, got %v", tc.says, verdict)
			}
		})
	}
}
