package promconfig

import (
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// alerting is the section of that name.
type alerting struct {
	AlertRelabelConfigs []any `yaml:"alert_relabel_configs"`
	Alertmanagers       []any `yaml:"alertmanagers"`
}

// alertingSection leaves an Alertmanager that is wrong out alone, and the user's own text as a whole.
func (run *run) alertingSection() section {
	p := &run.world.Prometheus.Spec
	var out alerting
	return section{
		key:     "alerting",
		inParts: true,
		inspect: func(in *inspector) {
			out.AlertRelabelConfigs = withoutReplica(p)
			if p.Alerting != nil {
				run.alertmanagers(in, p.Alerting.Alertmanagers, &out)
			}
			steps := run.additionalItems(in, "spec.additionalAlertRelabelConfigs", p.AdditionalAlertRelabelConfigs, func(step *yaml.Node) {
				in.knownNode(step, relabelKind)
				in.relabelNode(&yaml.Node{Kind: yaml.SequenceNode, Line: step.Line, Content: []*yaml.Node{step}})
			})
			out.AlertRelabelConfigs = append(out.AlertRelabelConfigs, steps...)
			managers := run.additionalItems(in, "spec.additionalAlertManagerConfigs", p.AdditionalAlertManagerConfigs, func(am *yaml.Node) {
				in.knownNode(am, alertmanagerKind)
				if api := under(am, "api_version"); api != nil && api.Value == "v1" && in.atLeast("3.0.0") {
					in.atLine(api, InvalidAdditional, "Prometheus 3 has no api_version but v2")
				}
				in.relabelNode(under(am, "relabel_configs"))
				in.relabelNode(under(am, "alert_relabel_configs"))
			})
			out.Alertmanagers = append(out.Alertmanagers, managers...)
		},
		value: func() any {
			if p.Alerting == nil && p.AdditionalAlertRelabelConfigs == nil && p.AdditionalAlertManagerConfigs == nil {
				return nil
			}
			return out
		},
	}
}

// additionalItems are those of the user's own text, or none when something is wrong with one.
func (run *run) additionalItems(in *inspector, path string, sel *corev1.SecretKeySelector, inspect func(*yaml.Node)) []any {
	var out []any
	before := len(in.faults)
	in.at(path, func() {
		for _, item := range run.additionalList(in, sel) {
			inspect(item)
			out = append(out, item)
		}
	})
	if len(in.faults) > before {
		return nil
	}
	return out
}

func (run *run) alertmanagers(in *inspector, list []v1.AlertmanagerEndpoints, out *alerting) {
	for i := range list {
		am := &list[i]
		if !in.passes("spec.alerting.alertmanagers", i, func() {
			in.walk(am)
			in.at("port", func() { in.port(&am.Port) })
		}) {
			continue
		}
		built := run.settings.alertmanager(run.scope, *am)
		if in.passes("spec.alerting.alertmanagers", i, func() { in.steps(built.RelabelConfigs) }) {
			out.Alertmanagers = append(out.Alertmanagers, built)
		}
	}
}

// alertmanager is one entry of it.
type alertmanager struct {
	Scheme              *v1.Scheme                 `yaml:"scheme"`
	PathPrefix          *string                    `yaml:"path_prefix"`
	Timeout             *v1.Duration               `yaml:"timeout"`
	APIVersion          *v1.AlertmanagerAPIVersion `yaml:"api_version"`
	Sigv4               *v1.Sigv4                  `yaml:"sigv4" since:"2.48.0"`
	KubernetesSDConfigs []kubernetesSD             `yaml:"kubernetes_sd_configs"`
	RelabelConfigs      relabelings                `yaml:"relabel_configs"`
	AlertRelabelConfigs []v1.RelabelConfig         `yaml:"alert_relabel_configs" since:"2.51.0"`
	httpClient
}

// alertmanager finds the pods behind a Service.
func (s *settings) alertmanager(scope *scope, am v1.AlertmanagerEndpoints) alertmanager {
	role := endpointRole(s.spec.ServiceDiscoveryRole)
	out := alertmanager{
		Scheme:              am.Scheme,
		PathPrefix:          am.PathPrefix,
		Timeout:             am.Timeout,
		APIVersion:          s.alertmanagerAPI(am.APIVersion),
		Sigv4:               am.Sigv4,
		KubernetesSDConfigs: []kubernetesSD{s.discover(role, v1.NamespaceSelector{}, ptr.Deref(am.Namespace, scope.namespace))},
		RelabelConfigs:      alertmanagerSteps(am, role),
		AlertRelabelConfigs: am.AlertRelabelConfigs,
		httpClient: httpClient{
			EnableHTTP2:     am.EnableHttp2,
			BasicAuth:       scope.basicAuth(am.BasicAuth),
			BearerTokenFile: am.BearerTokenFile,
			proxy:           scope.proxy(am.ProxyConfig),
		},
	}
	if am.Authorization != nil {
		out.Authorization = new(scope.safeAuthorization(*am.Authorization))
	}
	if am.TLSConfig != nil {
		out.TLSConfig = new(scope.tls(*am.TLSConfig))
	}
	return out
}

// alertmanagerAPI leaves version 1 out for Prometheus 3, which no longer has it.
func (s *settings) alertmanagerAPI(asked *v1.AlertmanagerAPIVersion) *v1.AlertmanagerAPIVersion {
	if s.version.Major >= 3 && strings.EqualFold(string(ptr.Deref(asked, "")), string(v1.AlertmanagerAPIVersion1)) {
		return nil
	}
	return asked
}

func alertmanagerSteps(am v1.AlertmanagerEndpoints, role string) relabelings {
	var steps relabelings
	steps.keep(am.Name, "__meta_kubernetes_service_name")
	switch {
	case am.Port.StrVal != "" && role == "endpointslice":
		steps.keep(am.Port.StrVal, metaEndpointSlices.portName)
	case am.Port.StrVal != "":
		steps.keep(am.Port.StrVal, metaEndpoints.portName)
	default:
		steps.containerPort(am.Port)
	}
	steps.add(am.RelabelConfigs)
	return steps
}

// withoutReplica makes the alerts of all replicas the same, so that Alertmanager takes them for one.
func withoutReplica(p *v1.PrometheusSpec) []any {
	name := ptr.Deref(p.ReplicaExternalLabelName, "prometheus_replica")
	if name == "" {
		return nil
	}
	return []any{relabeling{Action: "labeldrop", Regex: regexp.QuoteMeta(name)}}
}
