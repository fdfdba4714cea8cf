package v1

import (
	corev1 "k8s.io/api/core/v1"
)

type AzureAD struct {
	// +optional
	// +kubebuilder:validation:Enum=AzureChina;AzureGovernment;AzurePublic
	Cloud *string `json:"cloud,omitempty"`

	// +optional
	ManagedIdentity *ManagedIdentity `json:"managedIdentity,omitempty"`

	// +optional
	OAuth *AzureOAuth `json:"oauth,omitempty"`

	// +optional
	SDK *AzureSDK `json:"sdk,omitempty"`

	// +optional
	WorkloadIdentity *AzureWorkloadIdentity `json:"workloadIdentity,omitempty"`

	// +optional
	// +kubebuilder:validation:Pattern=`^[\w\s:/.\\-]+$`
	Scope *string `json:"scope,omitempty"`
}

type AzureOAuth struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	ClientID string `json:"clientId"`

	// +required
	ClientSecret corev1.SecretKeySelector `json:"clientSecret"`

	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:Pattern=^[0-9a-zA-Z-.]+$
	TenantID string `json:"tenantId"`
}

type ManagedIdentity struct {
	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientId"`
}

type AzureSDK struct {
	// +optional
	// +kubebuilder:validation:Pattern=^[0-9a-zA-Z-.]+$
	TenantID *string `json:"tenantId,omitempty"`
}

type AzureWorkloadIdentity struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	ClientID string `json:"clientId"`

	// +required
	// +kubebuilder:validation:MinLength=1
	TenantID string `json:"tenantId"`
}
