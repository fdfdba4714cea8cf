package random

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

func drawing[T any](draw func(*filler) T) func(*filler, reflect.Value) {
	return func(f *filler, v reflect.Value) { v.Set(reflect.ValueOf(draw(f))) }
}

func oneOf[T any](values ...T) func(*filler, reflect.Value) {
	return drawing(func(f *filler) T { return choose(f, "one of", values...) })
}

// byType draws values that have to keep to a form.
var byType map[reflect.Type]func(*filler, reflect.Value)

func init() {
	byType = map[reflect.Type]func(*filler, reflect.Value){
		reflect.TypeFor[metav1.TypeMeta]():                   func(*filler, reflect.Value) {},
		reflect.TypeFor[v1.Duration]():                       oneOf[v1.Duration]("10s", "1m", "1m30s"),
		reflect.TypeFor[v1.ByteSize]():                       oneOf[v1.ByteSize]("1KB", "10MiB", "2GB", "0.5B", "7.9EB"),
		reflect.TypeFor[v1.URL]():                            oneOf[v1.URL]("http://example.com", "https://example.com/x?y=z"),
		reflect.TypeFor[v1alpha1.URL]():                      oneOf[v1alpha1.URL]("http://example.com", "https://example.com/x?y=z"),
		reflect.TypeFor[v1.Scheme]():                         oneOf(v1.SchemeHTTP, v1.SchemeHTTPS),
		reflect.TypeFor[v1.LabelName]():                      oneOf[v1.LabelName]("a", "__meta_kubernetes_namespace", "b_c"),
		reflect.TypeFor[v1.ScrapeProtocol]():                 oneOf(v1.PrometheusProto, v1.OpenMetricsText1_0_0, v1.PrometheusText1_0_0),
		reflect.TypeFor[[]v1.ScrapeProtocol]():               drawing(protocols),
		reflect.TypeFor[v1.TLSVersion]():                     oneOf(v1.TLSVersion10, v1.TLSVersion11, v1.TLSVersion12, v1.TLSVersion13),
		reflect.TypeFor[v1.SelectorMechanism]():              oneOf(v1.SelectorMechanismRelabel, v1.SelectorMechanismRole),
		reflect.TypeFor[v1.ServiceDiscoveryRole]():           oneOf(v1.EndpointsRole, v1.EndpointSliceRole),
		reflect.TypeFor[v1.RemoteWriteMessageVersion]():      oneOf(v1.RemoteWriteMessageVersion1_0, v1.RemoteWriteMessageVersion2_0),
		reflect.TypeFor[v1.AlertmanagerAPIVersion]():         oneOf[v1.AlertmanagerAPIVersion]("v1", "V1", "v2", "V2"),
		reflect.TypeFor[v1.NameValidationSchemeOptions]():    oneOf(v1.UTF8NameValidationScheme, v1.LegacyNameValidationScheme),
		reflect.TypeFor[v1.NameEscapingSchemeOptions]():      oneOf(v1.UnderscoresNameEscapingScheme, v1.DotsNameEscapingScheme, v1.ValuesNameEscapingScheme, v1.AllowUTF8NameEscapingScheme),
		reflect.TypeFor[v1.ChunkEncodingFloats]():            oneOf(v1.ChunkEncodingFloatsXor, v1.ChunkEncodingFloatsXor2),
		reflect.TypeFor[v1.TranslationStrategyOption]():      drawing(strategy),
		reflect.TypeFor[intstr.IntOrString]():                oneOf(intstr.FromInt32(8080), intstr.FromString("8080")), // ports and quantities
		reflect.TypeFor[resource.Quantity]():                 oneOf(resource.MustParse("0.5"), resource.MustParse("250m")),
		reflect.TypeFor[metav1.LabelSelector]():              drawing(selector),
		reflect.TypeFor[v1.RelabelConfig]():                  drawing(relabeling),
		reflect.TypeFor[corev1.SecretKeySelector]():          drawing(credentials),
		reflect.TypeFor[v1.SecretOrConfigMap]():              drawing(secretOrConfigMap),
		reflect.TypeFor[v1.ProxyConfig]():                    drawing(proxy),
		reflect.TypeFor[v1.AzureAD]():                        drawing(azureAD),
		reflect.TypeFor[v1alpha1.KubernetesRole]():           oneOf(v1alpha1.KubernetesRolePod, v1alpha1.KubernetesRoleEndpoint, v1alpha1.KubernetesRoleEndpointSlice, v1alpha1.KubernetesRoleService, v1alpha1.KubernetesRoleIngress, v1alpha1.KubernetesRoleNode),
		reflect.TypeFor[v1alpha1.DNSRecordType]():            oneOf(v1alpha1.DNSRecordTypeA, v1alpha1.DNSRecordTypeSRV, v1alpha1.DNSRecordTypeAAAA, v1alpha1.DNSRecordTypeMX),
		reflect.TypeFor[v1alpha1.OpenStackRole]():            oneOf(v1alpha1.OpenStackRoleInstance, v1alpha1.OpenStackRoleHypervisor),
		reflect.TypeFor[v1alpha1.OpenStackAvailability]():    oneOf(v1alpha1.OpenStackAvailabilityPublic, v1alpha1.OpenStackAvailabilityAdmin, v1alpha1.OpenStackAvailabilityInternal),
		reflect.TypeFor[v1alpha1.HetznerRole]():              oneOf(v1alpha1.HetznerRoleHcloud, v1alpha1.HetznerRoleRobot),
		reflect.TypeFor[v1alpha1.DockerSwarmRole]():          oneOf(v1alpha1.DockerSwarmRoleServices, v1alpha1.DockerSwarmRoleTasks, v1alpha1.DockerSwarmRoleNodes),
		reflect.TypeFor[v1alpha1.ScalewayRole]():             oneOf(v1alpha1.ScalewayRoleInstance, v1alpha1.ScalewayRoleBaremetal),
		reflect.TypeFor[v1alpha1.OVHService]():               oneOf(v1alpha1.OVHServiceVPS, v1alpha1.OVHServiceDedicatedServer),
		reflect.TypeFor[v1alpha1.SDFile]():                   oneOf[v1alpha1.SDFile]("/etc/prometheus/sd/x.json", "y*.yml"),
		reflect.TypeFor[v1alpha1.Target]():                   oneOf[v1alpha1.Target]("localhost:9090", "example.com:80"),
		reflect.TypeFor[v1alpha1.K8SSelectorConfig]():        drawing(func(*filler) v1alpha1.K8SSelectorConfig { return v1alpha1.K8SSelectorConfig{} }),
		reflect.TypeFor[v1alpha1.AuthenticationMethodType](): oneOf(v1alpha1.AuthMethodTypeManagedIdentity, v1alpha1.AuthMethodTypeOAuth),
		reflect.TypeFor[v1.ObjectReference]():                drawing(exclusion),
		reflect.TypeFor[v1.ShardingStrategyMode]():           oneOf(v1.AddressShardingStrategyMode, v1.TopologyShardingStrategyMode),
	}
}

// byName draws strings that have to keep to a form without having a type of their own.
var byName = map[string]func(*filler) string{}

func init() {
	for _, d := range []struct {
		names  []string
		values []string
	}{
		{[]string{"port"}, []string{"web", "http-metrics", ""}},
		{[]string{"path", "metricsPath", "pathPrefix"}, []string{"/metrics", "/a b"}},
		{[]string{"apiServer", "host", "identityEndpoint"}, []string{"http://example.com"}},
		{[]string{"bearerTokenFile", "credentialsFile", "caFile"}, []string{"/etc/x/y"}},
		{[]string{"url"}, []string{"example.com:9115", "10.0.0.1"}},
		{[]string{"static"}, []string{"http://example.com", "10.0.0.1"}},
		{[]string{"jobLabel", "targetLabels", "podTargetLabels"}, []string{"a", "app.kubernetes.io/name"}},
		{[]string{"type"}, []string{"Bearer", "Token"}},
		{[]string{"clientId", "tenantId", "clientID", "tenantID", "subscriptionID"}, []string{"00000000-0000-0000-0000-000000000001"}},
		{[]string{"cloud", "environment"}, []string{"AzurePublic"}},
		{[]string{"endpoint"}, []string{"ovh-eu", "ovh-ca"}},
		{[]string{"clientType"}, []string{"http", "GRPC"}},
		{[]string{"compression"}, []string{"Gzip"}},
		{[]string{"enforcedNamespaceLabel", "replicaExternalLabelName", "prometheusExternalLabelName"}, []string{"tenant", "b_c"}},
		{[]string{"externalLabelName"}, []string{"where", ""}},
		{[]string{"scrapeClass"}, []string{"strict", "other"}},
		{[]string{"queryLogFile", "scrapeFailureLogFile"}, []string{"x.log", "/var/x/y.log"}},
		{[]string{"promoteResourceAttributes", "ignoreResourceAttributes"}, []string{"service.name"}},
		{[]string{"matchNames", "names"}, []string{"a", "b"}},
		{[]string{"region", "zone"}, []string{"x", "eu-west-1"}},
	} {
		for _, name := range d.names {
			byName[name] = func(f *filler) string { return choose(f, name, d.values...) }
		}
	}
}
