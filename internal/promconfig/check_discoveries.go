package promconfig

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// discoveries inspects what the types alone can't tell. Prometheus refuses a whole file for one discovery that is wrong.
func (in *inspector) discoveries(spec *v1alpha1.ScrapeConfigSpec) {
	each(in, "staticConfigs", spec.StaticConfigs, (*inspector).static)
	each(in, "fileSDConfigs", spec.FileSDConfigs, (*inspector).files)
	each(in, "kubernetesSDConfigs", spec.KubernetesSDConfigs, (*inspector).kubernetes)
	each(in, "consulSDConfigs", spec.ConsulSDConfigs, (*inspector).consul)
	each(in, "dnsSDConfigs", spec.DNSSDConfigs, (*inspector).dns)
	each(in, "azureSDConfigs", spec.AzureSDConfigs, (*inspector).azure)
	each(in, "openstackSDConfigs", spec.OpenStackSDConfigs, (*inspector).openStack)
	each(in, "scalewaySDConfigs", spec.ScalewaySDConfigs, (*inspector).scaleway)
}

// each inspects the items of a list.
func each[T any](in *inspector, name string, list []T, inspect func(*inspector, *T)) {
	for i := range list {
		in.atIndex(name, i, func() { inspect(in, &list[i]) })
	}
}

// needs refuses what only later versions know.
func (in *inspector) needs(since, field, what string) {
	if !in.atLeast(since) {
		in.at(field, func() { in.fault(UnsupportedVersion, "%s needs Prometheus %s", what, since) })
	}
}

func (in *inspector) static(c *v1alpha1.StaticConfig) {
	in.at("labels", func() { in.targetLabels(c.Labels) })
}

// targetFile is what Prometheus takes as the name of a file of targets. Source: prometheus/prometheus, discovery/file.
var targetFile = regexp.MustCompile(`^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$`)

func (in *inspector) files(c *v1alpha1.FileSDConfig) {
	for i, name := range c.Files {
		if !targetFile.MatchString(string(name)) {
			in.atIndex("files", i, func() {
				in.fault(InvalidField, "%q is no JSON or YAML file; only the last part may have a *", name)
			})
		}
	}
}

// selectable are the roles that a discovery of a role can select by.
var selectable = map[string][]string{
	"pod": {"pod", "node"}, "service": {"service"}, "endpoints": {"pod", "service", "endpoints"},
	"endpointslice": {"pod", "service", "endpointslice"}, "node": {"node"}, "ingress": {"ingress"},
}

func (in *inspector) kubernetes(c *v1alpha1.KubernetesSDConfig) {
	switch {
	case c.APIServer == nil && customizes(c):
		in.fault(InvalidClient, "settings of the client need apiServer: without it Prometheus uses those of its pod")
	case c.APIServer != nil && c.Namespaces != nil && ptr.Deref(c.Namespaces.IncludeOwnNamespace, false):
		in.at("namespaces.ownNamespace", func() { in.fault(InvalidField, "with apiServer there is no namespace of one's own") })
	case c.APIServer != nil:
		in.at("apiServer", func() { in.url(*c.APIServer) })
	}
	var roles []string
	for i := range c.Selectors {
		role := strings.ToLower(string(c.Selectors[i].Role))
		in.atIndex("selectors", i, func() {
			in.roleSelector(&c.Selectors[i], selectable[strings.ToLower(string(c.Role))])
			if slices.Contains(roles, role) {
				in.at("role", func() { in.fault(InvalidField, "another selector has role %s too", role) })
			}
		})
		roles = append(roles, role)
	}
}

// customizes reports whether a client differs from the one that Prometheus makes by itself.
func customizes(c *v1alpha1.KubernetesSDConfig) bool {
	return c.BasicAuth != nil || c.Authorization != nil || c.OAuth2 != nil ||
		c.TLSConfig != nil && !isDefaultTLS(*c.TLSConfig) ||
		c.ProxyURL != nil || ptr.Deref(c.ProxyFromEnvironment, false) ||
		!ptr.Deref(c.FollowRedirects, true) || !ptr.Deref(c.EnableHTTP2, true)
}

// isDefaultTLS reports whether nothing is written of a TLS configuration, or only what Prometheus does by itself.
func isDefaultTLS(t v1.SafeTLSConfig) bool {
	if !ptr.Deref(t.InsecureSkipVerify, false) {
		t.InsecureSkipVerify = nil
	}
	return new(scope).safeTLS(t) == tlsConfig{}
}

func (in *inspector) roleSelector(s *v1alpha1.K8SSelectorConfig, roles []string) {
	if !slices.Contains(roles, strings.ToLower(string(s.Role))) {
		in.at("role", func() {
			in.fault(InvalidField, "%s can't be selected by here, only %s", s.Role, strings.Join(roles, ", "))
		})
	}
	if _, err := labels.Parse(ptr.Deref(s.Label, "")); err != nil {
		in.at("label", func() { in.fault(InvalidSelector, "%v", err) })
	}
	if _, err := fields.ParseSelector(ptr.Deref(s.Field, "")); err != nil {
		in.at("field", func() { in.fault(InvalidSelector, "%v", err) })
	}
}

func (in *inspector) consul(c *v1alpha1.ConsulSDConfig) {
	if isKey(c.TokenRef) && (c.Authorization != nil || c.OAuth2 != nil) {
		in.fault(InvalidClient, "tokenRef is a way to authenticate; set it, authorization or oauth2")
	}
}

func (in *inspector) dns(c *v1alpha1.DNSSDConfig) {
	kind := ptr.Deref(c.Type, v1alpha1.DNSRecordTypeSRV)
	if kind == v1alpha1.DNSRecordTypeNS {
		in.needs("2.49.0", "type", "NS")
	}
	if kind != v1alpha1.DNSRecordTypeSRV && ptr.Deref(c.Port, 0) == 0 {
		in.at("port", func() { in.fault(InvalidField, "records of type %s have no port of their own; set one", kind) })
	}
}

// azure takes an application's secret unless told otherwise.
func (in *inspector) azure(c *v1alpha1.AzureSDConfig) {
	switch ptr.Deref(c.AuthenticationMethod, v1alpha1.AuthMethodTypeOAuth) {
	case v1alpha1.AuthMethodTypeSDK:
		in.needs("2.52.0", "authenticationMethod", "SDK")
	case v1alpha1.AuthMethodTypeWorkloadIdentity:
		in.needs("3.11.0", "authenticationMethod", "WorkloadIdentity")
	case v1alpha1.AuthMethodTypeOAuth:
		if ptr.Deref(c.TenantID, "") == "" || ptr.Deref(c.ClientID, "") == "" || !isKey(c.ClientSecret) {
			in.fault(InvalidClient, "authenticationMethod OAuth needs tenantID, clientID and clientSecret")
		}
		in.notEmpty("clientSecret", v1.SecretOrConfigMap{Secret: c.ClientSecret})
	}
}

func (in *inspector) openStack(c *v1alpha1.OpenStackSDConfig) {
	if c.Role == v1alpha1.OpenStackRoleLoadBalancer {
		in.needs("3.2.0", "role", "LoadBalancer")
	}
}

// Forms of Scaleway's identifiers, which Prometheus checks as it reads them. Source: scaleway-sdk-go, validation.
var (
	scalewayKey  = regexp.MustCompile(`^SCW[A-Z0-9]{17}$`)
	scalewayUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	scalewayZone = regexp.MustCompile(`^[a-z]{2}-[a-z]{3,7}-[0-9]{1,2}$`)
)

func (in *inspector) scaleway(c *v1alpha1.ScalewaySDConfig) {
	if !scalewayKey.MatchString(c.AccessKey) {
		in.at("accessKey", func() { in.fault(InvalidField, "%q is not SCW and 17 capitals and digits", c.AccessKey) })
	}
	if !scalewayUUID.MatchString(c.ProjectID) {
		in.at("projectID", func() { in.fault(InvalidField, "%q is no UUID", c.ProjectID) })
	}
	if c.Zone != nil && !scalewayZone.MatchString(*c.Zone) {
		in.at("zone", func() { in.fault(InvalidField, "%q is no zone such as fr-par-1", *c.Zone) })
	}
	in.scalewaySecret(c)
}

func (in *inspector) scalewaySecret(c *v1alpha1.ScalewaySDConfig) {
	secret, ok := in.content(v1.SecretOrConfigMap{Secret: &c.SecretKey})
	if ok && !scalewayUUID.Match(secret) {
		in.at("secretKey", func() { in.fault(InvalidField, "the key is no UUID") })
	}
}
