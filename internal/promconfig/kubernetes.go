package promconfig

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

// kubernetesSD is a discovery in Kubernetes, as monitors and Alertmanager endpoints use it.
type kubernetesSD struct {
	Role           string             `yaml:"role"`
	Namespaces     *namespaces        `yaml:"namespaces"`
	APIServer      string             `yaml:"api_server"`
	AttachMetadata *v1.AttachMetadata `yaml:"attach_metadata"`
	Selectors      []roleSelector     `yaml:"selectors"`
	httpClient
}

type namespaces struct {
	Names []string `yaml:"names"`
}

type roleSelector struct {
	Role  string `yaml:"role"`
	Label string `yaml:"label"`
}

// discover looks into the namespaces of a selector, and into the object's own where it names none.
func (s *settings) discover(role string, selector v1.NamespaceSelector, own string) kubernetesSD {
	sd := s.apiServer
	sd.Role = role
	switch {
	case s.spec.IgnoreNamespaceSelectors, !selector.Any && len(selector.MatchNames) == 0:
		sd.Namespaces = &namespaces{Names: []string{own}}
	case !selector.Any:
		sd.Namespaces = &namespaces{Names: selector.MatchNames}
	}
	return sd
}

// apiServerOf is how Prometheus reaches the API server; empty is the one of the cluster that it runs in.
func apiServerOf(s *scope, config *v1.APIServerConfig) kubernetesSD {
	if config == nil {
		return kubernetesSD{}
	}
	sd := kubernetesSD{APIServer: config.Host, httpClient: httpClient{
		BasicAuth:       s.basicAuth(config.BasicAuth),
		BearerToken:     secret(config.BearerToken),
		BearerTokenFile: config.BearerTokenFile,
		proxy:           s.proxy(config.ProxyConfig),
	}}
	if config.Authorization != nil {
		a := s.authorization(*config.Authorization)
		sd.Authorization = &a
	}
	if config.TLSConfig != nil {
		t := s.tls(*config.TLSConfig)
		sd.TLSConfig = &t
	}
	return sd
}

// endpointRole is endpoints or endpointslice.
func endpointRole(asked *v1.ServiceDiscoveryRole) string {
	if asked != nil && *asked == v1.EndpointSliceRole {
		return "endpointslice"
	}
	return "endpoints"
}

// selectBy makes a label selector work: in Kubernetes where the mechanism is RoleSelector, else by relabeling.
func selectBy(mechanism *v1.SelectorMechanism) (byRole bool) {
	return mechanism != nil && *mechanism == v1.SelectorMechanismRole
}

func roleSelectors(selector metav1.LabelSelector, roles ...string) []roleSelector {
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		return nil // inspection has refused it
	}
	var out []roleSelector
	for _, role := range roles {
		out = append(out, roleSelector{Role: role, Label: parsed.String()})
	}
	return out
}

// selected keeps the targets that a label selector matches. Kind is pod, service or ingress.
func (r *relabelings) selected(kind string, selector metav1.LabelSelector) {
	for _, key := range sortedKeys(selector.MatchLabels) {
		value, present := metaLabels(kind, key)
		r.keep("("+selector.MatchLabels[key]+");true", value, present)
	}
	for _, e := range selector.MatchExpressions {
		value, present := metaLabels(kind, e.Key)
		oneOf := "(" + strings.Join(e.Values, "|") + ");true"
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			r.keep(oneOf, value, present)
		case metav1.LabelSelectorOpNotIn:
			r.drop(oneOf, value, present)
		case metav1.LabelSelectorOpExists:
			r.keep("true", present)
		case metav1.LabelSelectorOpDoesNotExist:
			r.drop("true", present)
		}
	}
}

func metaLabels(kind, key string) (value, present v1.LabelName) {
	name := labelOf(key)
	return v1.LabelName("__meta_kubernetes_" + kind + "_label_" + name), v1.LabelName("__meta_kubernetes_" + kind + "_labelpresent_" + name)
}
