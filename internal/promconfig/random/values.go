package random

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

func protocols(f *filler) []v1.ScrapeProtocol {
	all := []v1.ScrapeProtocol{v1.PrometheusProto, v1.PrometheusText1_0_0, v1.OpenMetricsText1_0_0, v1.PrometheusText0_0_4}
	return all[:f.one("protocols", 5)]
}

func selector(f *filler) metav1.LabelSelector {
	var s metav1.LabelSelector
	if f.seldom("match labels") {
		s.MatchLabels = map[string]string{"app": "x", "app.kubernetes.io/name": "a.b"}
	}
	if f.seldom("match expressions") {
		s.MatchExpressions = []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"a", "b"}},
			{Key: "env", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"dev"}},
			{Key: "x/y", Operator: metav1.LabelSelectorOpExists},
			{Key: "old", Operator: metav1.LabelSelectorOpDoesNotExist},
		}[:1+f.one("expressions", 4)]
	}
	return s
}

// relabeling draws a step that every supported version of Prometheus takes.
func relabeling(f *filler) v1.RelabelConfig {
	labels := []v1.LabelName{"a", "__address__"}
	return choose(f, "step",
		v1.RelabelConfig{SourceLabels: labels, TargetLabel: "c", Regex: "(.*)x", Replacement: new("$1"), Separator: new("|")},
		v1.RelabelConfig{TargetLabel: "c", Replacement: new("")},
		v1.RelabelConfig{Action: "Keep", SourceLabels: labels, Regex: "a|b", Separator: new("")},
		v1.RelabelConfig{Action: "drop", SourceLabels: labels, Regex: "123"},
		v1.RelabelConfig{Action: "HashMod", SourceLabels: labels, TargetLabel: "h", Modulus: 4},
		v1.RelabelConfig{Action: "LabelMap", Regex: "__meta_(.+)", Replacement: new("x_$1")},
		v1.RelabelConfig{Action: "LabelDrop", Regex: "tmp_.*"},
		v1.RelabelConfig{Action: "labelkeep", Regex: ".+"},
		v1.RelabelConfig{Action: "Uppercase", SourceLabels: labels, TargetLabel: "u"},
		v1.RelabelConfig{Action: "KeepEqual", SourceLabels: labels, TargetLabel: "u"},
	)
}

// credentials refers to one of the keys of Values.
func credentials(f *filler) corev1.SecretKeySelector {
	return secretKey(choose(f, "key", "user", "password", "strange"))
}

// Credentials refers to a key of SecretData.
func Credentials(key string) corev1.SecretKeySelector { return secretKey(key) }

func secretKey(key string) corev1.SecretKeySelector {
	return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: SecretName}, Key: key}
}

func configMapKey(key string) *corev1.ConfigMapKeySelector {
	return &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: ConfigMapName}, Key: key}
}

func secretOrConfigMap(f *filler) v1.SecretOrConfigMap {
	if f.often("secret") {
		return v1.SecretOrConfigMap{Secret: new(secretKey("user"))}
	}
	return v1.SecretOrConfigMap{ConfigMap: configMapKey("client")}
}

func proxy(f *filler) v1.ProxyConfig {
	header := map[string][]corev1.SecretKeySelector{"X-Token": {secretKey("user"), secretKey("password")}}
	return choose(f, "proxy",
		v1.ProxyConfig{},
		v1.ProxyConfig{},
		v1.ProxyConfig{ProxyURL: new("http://proxy.example.com")},
		v1.ProxyConfig{ProxyURL: new("http://proxy.example.com"), NoProxy: new("a,b"), ProxyConnectHeader: header},
		v1.ProxyConfig{ProxyFromEnvironment: new(true)},
	)
}

// strategy draws all that Prometheus knows; the oldest ones know two.
func strategy(f *filler) v1.TranslationStrategyOption {
	all := []v1.TranslationStrategyOption{
		v1.NoUTF8EscapingWithSuffixes, v1.UnderscoreEscapingWithSuffixes, v1.NoTranslation, v1.UnderscoreEscapingWithoutSuffixes,
	}
	if f.old {
		all = all[:2]
	}
	return choose(f, "strategy", all...)
}

func azureAD(f *filler) v1.AzureAD {
	const id = "00000000-0000-0000-0000-000000000001"
	client := choose(f, "client", id, "urn:uuid:"+id, "{"+id+"}", strings.ReplaceAll(id, "-", ""))
	a := choose(f, "azure",
		v1.AzureAD{ManagedIdentity: &v1.ManagedIdentity{ClientID: new(client)}},
		v1.AzureAD{OAuth: &v1.AzureOAuth{ClientID: client, TenantID: "example.com", ClientSecret: secretKey("password")}},
		v1.AzureAD{SDK: &v1.AzureSDK{TenantID: new(id)}},
		v1.AzureAD{WorkloadIdentity: &v1.AzureWorkloadIdentity{ClientID: client, TenantID: id}},
	)
	if f.old {
		a = v1.AzureAD{ManagedIdentity: a.ManagedIdentity}
	}
	if a == (v1.AzureAD{}) {
		a.ManagedIdentity = &v1.ManagedIdentity{ClientID: new(id)}
	}
	if f.seldom("cloud") {
		a.Cloud = new("AzurePublic")
	}
	return a
}

func exclusion(f *filler) v1.ObjectReference {
	return v1.ObjectReference{
		Group: "monitoring.coreos.com", Namespace: "a", Name: choose(f, "name", "", "m0"),
		Resource: choose(f, "resource", "servicemonitors", "podmonitors", "probes", "scrapeconfigs"),
	}
}
