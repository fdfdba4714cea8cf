package promconfig

import (
	"regexp"

	"github.com/google/uuid"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// azureScope is what Prometheus takes as one. Source: prometheus/prometheus, storage/remote/azuread.
var azureScope = regexp.MustCompile(`^[\w\s:/.\-]+$`)

func (in *inspector) azureAD(a *v1.AzureAD) {
	ways := 0
	for _, set := range []bool{a.ManagedIdentity != nil, a.OAuth != nil, a.SDK != nil, a.WorkloadIdentity != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		in.fault(InvalidClient, "set exactly one of managedIdentity, oauth, sdk and workloadIdentity")
	}
	if scope := ptr.Deref(a.Scope, ""); scope != "" && !azureScope.MatchString(scope) {
		in.at("scope", func() { in.fault(InvalidField, "%q has a character that no scope has", scope) })
	}
}

func (in *inspector) managedIdentity(m *v1.ManagedIdentity) {
	id := ptr.Deref(m.ClientID, "")
	if id == "" && !in.atLeast("3.5.0") {
		in.at("clientId", func() { in.fault(InvalidField, "before Prometheus 3.5.0 it is needed") })
	}
	in.uuid("clientId", id)
}

func (in *inspector) azureOAuth(a *v1.AzureOAuth) {
	in.uuid("clientId", a.ClientID)
	in.notEmpty("clientSecret", v1.SecretOrConfigMap{Secret: &a.ClientSecret})
}

func (in *inspector) workloadIdentity(w *v1.AzureWorkloadIdentity) {
	in.uuid("clientId", w.ClientID)
	in.uuid("tenantId", w.TenantID)
}

// uuid takes every form that Prometheus does. That it is there is asked elsewhere.
func (in *inspector) uuid(name, text string) {
	if text != "" && uuid.Validate(text) != nil {
		in.at(name, func() { in.fault(InvalidField, "it is no UUID") })
	}
}
