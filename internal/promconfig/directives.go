package promconfig

import (
	"reflect"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// differences are the fields of the API whose directive is not simply their JSON name in snake case, known to every supported
// version. A field with several directives is written as the first one that the version knows. A test holds the bounds against those of
// text of the user's own.
var differences = map[reflect.Type]map[string][]directive{
	reflect.TypeFor[v1.NativeHistogramConfig](): {
		"ScrapeNativeHistograms":         {{since: "3.8.0"}},
		"NativeHistogramMinBucketFactor": {{since: "2.50.0"}},
		"ScrapeClassicHistograms": {
			{name: "always_scrape_classic_histograms", since: "3.0.0"},
			{name: "scrape_classic_histograms"},
		},
		"ConvertClassicHistogramsToNHCB": {{since: "3.0.0"}},
	},
	reflect.TypeFor[v1.RuntimeConfig](): {
		"GoGC": {{name: "gogc"}},
	},
	reflect.TypeFor[v1.RemoteWriteSpec](): {
		"MessageVersion": {{name: "protobuf_message", since: "2.54.0"}},
		"AzureAD":        {{name: "azuread"}},
		"RoundRobinDNS":  {{since: "3.1.0"}},
	},
	reflect.TypeFor[v1.QueueConfig](): {
		"MaxRetries":       {{name: "max_retries", until: "2.11.0"}},
		"RetryOnRateLimit": {{name: "retry_on_http_429"}},
		"SampleAgeLimit":   {{since: "2.50.0"}},
	},
	reflect.TypeFor[v1.MetadataConfig](): {
		"Send": {{always: true}},
	},
	reflect.TypeFor[v1.AzureAD](): {
		"OAuth":            {{since: "2.48.0", strict: true}},
		"SDK":              {{since: "2.52.0", strict: true}},
		"WorkloadIdentity": {{since: "3.7.0", strict: true}},
		"Scope":            {{since: "3.9.0"}},
	},
	reflect.TypeFor[v1.Sigv4](): {
		"ExternalID":         {{since: "3.10.0"}},
		"UseFIPSSTSEndpoint": {{name: "use_fips_sts_endpoint", since: "3.1.0"}},
	},
	reflect.TypeFor[v1.OTLPConfig](): {
		"TranslationStrategy":                  {{since: "3.0.0"}},
		"KeepIdentifyingResourceAttributes":    {{since: "3.1.0"}},
		"ConvertHistogramsToNHCB":              {{since: "3.4.0"}},
		"PromoteAllResourceAttributes":         {{since: "3.5.0"}},
		"IgnoreResourceAttributes":             {{since: "3.5.0"}},
		"PromoteScopeMetadata":                 {{since: "3.6.0"}},
		"LabelNameUnderscoreSanitization":      {{since: "3.8.0"}},
		"LabelNamePreserveMultipleUnderscores": {{since: "3.8.0"}},
	},
	reflect.TypeFor[v1alpha1.ConsulSDConfig](): {
		"TokenRef":     {{name: "token"}},
		"Filter":       {{since: "3.0.0", strict: true}},
		"HealthFilter": {{since: "3.11.2", strict: true}},
	},
	reflect.TypeFor[v1alpha1.DockerSDConfig](): {
		"MatchFirstNetwork": {{since: "2.54.1", strict: true}},
	},
	reflect.TypeFor[v1alpha1.HetznerSDConfig](): {
		"LabelSelector": {{since: "3.5.0", strict: true}},
	},
	reflect.TypeFor[v1alpha1.KumaSDConfig](): {
		"ClientID": {{since: "2.50.0", strict: true}},
	},
	reflect.TypeFor[v1alpha1.LinodeSDConfig](): {
		"Region": {{since: "2.52.0", strict: true}},
	},
}
