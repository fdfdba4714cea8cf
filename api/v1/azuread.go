package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// AzureAD is authentication by Microsoft Entra ID, formerly Azure Active Directory. At most one of its
// methods may be set.
type AzureAD struct {
	// Azure cloud: AzurePublic, AzureChina or AzureGovernment.
	// +optional
	// +kubebuilder:validation:Enum=AzureChina;AzureGovernment;AzurePublic
	Cloud *string `json:"cloud,omitempty"`

	// Managed identity of the machine.
	// +optional
	ManagedIdentity *ManagedIdentity `json:"managedIdentity,omitempty"`

	// Client credentials of an application. Needs Prometheus 2.48.0.
	// +optional
	OAuth *AzureOAuth `json:"oauth,omitempty"`

	// Whatever the Azure SDK finds in its environment. Needs Prometheus 2.52.0.
	// +optional
	SDK *AzureSDK `json:"sdk,omitempty"`

	// Workload identity of the pod. Needs Prometheus 3.7.0.
	// +optional
	WorkloadIdentity *AzureWorkloadIdentity `json:"workloadIdentity,omitempty"`

	// OAuth 2.0 scope to ask for, in place of the default one. Needs Prometheus 3.9.0.
	// +optional
	// +kubebuilder:validation:Pattern=`^[\w\s:/.\\-]+$`
	Scope *string `json:"scope,omitempty"`
}

// AzureOAuth holds client credentials of an Azure application.
type AzureOAuth struct {
	// Client ID of the application.
	// +required
	// +kubebuilder:validation:MinLength=1
	ClientID string `json:"clientId"`

	// Key of a Secret that holds the client secret.
	// +required
	ClientSecret corev1.SecretKeySelector `json:"clientSecret"`

	// Tenant of the application.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:Pattern=^[0-9a-zA-Z-.]+$
	TenantID string `json:"tenantId"`
}

// ManagedIdentity is a managed identity of Azure.
type ManagedIdentity struct {
	// Client ID of a user-assigned identity. Since Prometheus 3.5.0 it may be left out, which means the
	// system-assigned one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	ClientID *string `json:"clientId"`
}

// AzureSDK is authentication by the Azure SDK.
type AzureSDK struct {
	// Tenant of the application.
	// +optional
	// +kubebuilder:validation:Pattern=^[0-9a-zA-Z-.]+$
	TenantID *string `json:"tenantId,omitempty"`
}

// AzureWorkloadIdentity is a workload identity of Azure.
type AzureWorkloadIdentity struct {
	// Client ID of the application.
	// +required
	// +kubebuilder:validation:MinLength=1
	ClientID string `json:"clientId"`

	// Tenant of the application.
	// +required
	// +kubebuilder:validation:MinLength=1
	TenantID string `json:"tenantId"`
}
