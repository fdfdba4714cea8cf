package v1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

type AlertingSpec struct {
	// +required
	Alertmanagers []AlertmanagerEndpoints `json:"alertmanagers"`
}

type AlertmanagerEndpoints struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	Namespace *string `json:"namespace,omitempty"`

	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +required
	Port intstr.IntOrString `json:"port"`

	// +optional
	Scheme *Scheme `json:"scheme,omitempty"`

	// +optional
	// +kubebuilder:validation:MinLength=1
	PathPrefix *string `json:"pathPrefix,omitempty"`

	// +optional
	TLSConfig *TLSConfig `json:"tlsConfig,omitempty"`

	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`

	// +optional
	BearerTokenFile string `json:"bearerTokenFile,omitempty"`

	// +optional
	Authorization *SafeAuthorization `json:"authorization,omitempty"`

	// +optional
	Sigv4       *Sigv4 `json:"sigv4,omitempty"`
	ProxyConfig `json:",inline"`

	// +optional
	APIVersion *AlertmanagerAPIVersion `json:"apiVersion,omitempty"`

	// +optional
	Timeout *Duration `json:"timeout,omitempty"`

	// +optional
	EnableHttp2 *bool `json:"enableHttp2,omitempty"`

	// +optional
	RelabelConfigs []RelabelConfig `json:"relabelings,omitempty"`

	// +optional
	AlertRelabelConfigs []RelabelConfig `json:"alertRelabelings,omitempty"`
}

// +kubebuilder:validation:Enum=v1;V1;v2;V2
type AlertmanagerAPIVersion string

const (
	AlertmanagerAPIVersion1 AlertmanagerAPIVersion = "V1"
	AlertmanagerAPIVersion2 AlertmanagerAPIVersion = "V2"
)
