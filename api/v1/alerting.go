package v1

import (
	"github.com/promloop/promloop/api/intstr"
)

// AlertingSpec says where alerts are sent.
type AlertingSpec struct {
	// Alertmanagers, by the Services in front of them.
	// +required
	Alertmanagers []AlertmanagerEndpoints `json:"alertmanagers"`
}

// AlertmanagerEndpoints holds the Alertmanagers behind one Service.
type AlertmanagerEndpoints struct {
	// Namespace of the Service. That of the Prometheus when unset.
	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// Name of the Service.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Name or number of the port.
	// +required
	Port intstr.IntOrString `json:"port"`

	// Protocol scheme of the URL. `HTTP` when unset.
	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// Path in front of the API's own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	PathPrefix *string `json:"pathPrefix,omitempty"`

	// TLS settings of the connection.
	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// Basic authentication. At most one kind of authentication may be set.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// File in the Prometheus container that holds a bearer token.
	//
	// Deprecated: use `authorization`.
	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// Authorization header, a bearer token unless `type` says otherwise. At most one kind of authentication may
	// be set.
	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// AWS Signature Version 4. At most one kind of authentication may be set. Needs Prometheus 2.48.0.
	// +optional
	Sigv4       *Sigv4 `json:"sigv4,omitempty"`
	ProxyConfig `json:",inline"`

	// Version of the Alertmanager API. Without effect since Prometheus 3.0.0, which knows only the second.
	// +optional
	APIVersion *AlertmanagerAPIVersion `json:"apiVersion,omitempty"`

	// Time after which a push of alerts fails.
	// +optional
	Timeout *Duration `json:"timeout,omitempty"`

	// Whether HTTP/2 may be used. Prometheus uses it when unset.
	// +optional
	EnableHttp2 *bool `json:"enableHttp2,omitempty"`

	// Relabeling of the discovered Alertmanagers.
	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// Relabeling of the alerts for these Alertmanagers alone. Needs Prometheus 2.51.0.
	// +optional
	AlertRelabelConfigs []RelabelConfig `json:"alertRelabelings,omitempty"`
}

// AlertmanagerAPIVersion is a version of the Alertmanager API.
//
// +kubebuilder:validation:Enum=v1;V1;v2;V2
type AlertmanagerAPIVersion string

const (
	AlertmanagerAPIVersion1 AlertmanagerAPIVersion = "V1"
	AlertmanagerAPIVersion2 AlertmanagerAPIVersion = "V2"
)
