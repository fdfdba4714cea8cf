package promconfig_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

func extraOAuth2(id, secret string) *v1.OAuth2 {
	return &v1.OAuth2{ClientID: v1.SecretOrConfigMap{Secret: extra(id)}, ClientSecret: *extra(secret), TokenURL: "http://example.com"}
}

// Prometheus needs some keys to hold something; others it takes as they are.
func TestKeysThatHoldNothing(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-0000-0000-000000000001"
	scrape := func(change func(*v1alpha1.ScrapeConfigSpec)) any {
		c := &v1alpha1.ScrapeConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
		change(&c.Spec)
		return c
	}
	monitor := func(o *v1.OAuth2) any {
		ep := v1.Endpoint{Port: "web"}
		ep.OAuth2 = o
		return tenant(ep)
	}
	azure := func(method v1alpha1.AuthenticationMethodType) any {
		return scrape(func(c *v1alpha1.ScrapeConfigSpec) {
			c.AzureSDConfigs = []v1alpha1.AzureSDConfig{{
				SubscriptionID: id, AuthenticationMethod: &method, TenantID: new(id), ClientID: new(id), ClientSecret: extra("empty"),
			}}
		})
	}
	inConfigMap := extraOAuth2("", "full")
	inConfigMap.ClientID = v1.SecretOrConfigMap{ConfigMap: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "extra"}, Key: "empty"}}
	probe := &v1.Probe{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "bad"}}
	probe.Spec.ProberSpec.URL, probe.Spec.OAuth2 = "prober:9115", extraOAuth2("empty", "full")
	probe.Spec.Targets.StaticConfig = &v1.ProbeTargetStaticConfig{Targets: []string{"example.com"}}
	values := map[world.Reference]world.Value{}
	for _, namespace := range []string{"tenant", "monitoring"} {
		for key, text := range map[string]string{"empty": "", "full": "x"} {
			for _, source := range []world.Source{world.FromSecret, world.FromConfigMap} {
				values[world.Reference{Source: source, Namespace: namespace, Name: "extra", Key: key}] = world.NewValue([]byte(text))
			}
		}
	}
	for name, tc := range map[string]struct {
		object any
		says   string
	}{
		"ClientID":            {monitor(extraOAuth2("empty", "full")), "spec.endpoints[0].oauth2.clientId: the key is empty"},
		"ClientIDInConfigMap": {monitor(inConfigMap), "spec.endpoints[0].oauth2.clientId: the key is empty"},
		"ClientSecret":        {monitor(extraOAuth2("full", "empty")), ""},
		"ClientIDOfProbe":     {probe, "spec.oauth2.clientId: the key is empty"},
		"ClientIDOfDiscovery": {scrape(func(c *v1alpha1.ScrapeConfigSpec) {
			c.HTTPSDConfigs = []v1alpha1.HTTPSDConfig{{URL: "http://example.com", OAuth2: extraOAuth2("empty", "full")}}
		}), "spec.httpSDConfigs[0].oauth2.clientId: the key is empty"},
		"Azure":         {azure(v1alpha1.AuthMethodTypeOAuth), "spec.azureSDConfigs[0].clientSecret: the key is empty"},
		"AzureIdentity": {azure(v1alpha1.AuthMethodTypeManagedIdentity), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, result := beside(t, nil, world.NewValues(values, nil), tc.object)
			if tc.says != "" {
				refused(t, result, promconfig.InvalidField, tc.says)
			} else if len(result.Verdicts) > 0 {
				t.Errorf("Prometheus takes it: %v", result.Verdicts)
			}
		})
	}
	for name, tc := range map[string]struct {
		write v1.RemoteWriteSpec
		says  string
	}{
		"WriteClientID":    {v1.RemoteWriteSpec{OAuth2: extraOAuth2("empty", "full")}, "oauth2.clientId: the key is empty"},
		"WriteHalfAPair":   {v1.RemoteWriteSpec{Sigv4: &v1.Sigv4{AccessKey: extra("full"), SecretKey: extra("empty")}}, "accessKey and secretKey go together"},
		"WriteOneOfTwo":    {v1.RemoteWriteSpec{Sigv4: &v1.Sigv4{AccessKey: extra("full")}}, "accessKey and secretKey go together"},
		"WriteNoPair":      {v1.RemoteWriteSpec{Sigv4: &v1.Sigv4{AccessKey: extra("empty"), SecretKey: extra("empty")}}, ""},
		"WriteEmptyAlone":  {v1.RemoteWriteSpec{Sigv4: &v1.Sigv4{AccessKey: extra("empty")}}, ""},
		"WriteAzureSecret": {v1.RemoteWriteSpec{AzureAD: &v1.AzureAD{OAuth: &v1.AzureOAuth{ClientID: id, TenantID: id, ClientSecret: *extra("empty")}}}, "azureAd.oauth.clientSecret: the key is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.write.URL = "http://example.com"
			_, result := beside(t, func(p *v1.PrometheusSpec) { p.RemoteWrite = []v1.RemoteWriteSpec{tc.write} }, world.NewValues(values, nil))
			verdict := verdictOn(result, world.Prometheus)
			if verdict.Accepted() != (tc.says == "") || !strings.Contains(verdict.Message, tc.says) {
				t.Errorf("want %q, got %v", tc.says, verdict)
			}
		})
	}
}
