package v1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type HostAlias struct {
	// +required
	IP string `json:"ip"`

	// +required
	Hostnames []string `json:"hostnames"`
}

type PodDNSConfig struct {
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Nameservers []string `json:"nameservers,omitempty"`

	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Searches []string `json:"searches,omitempty"`

	// +optional
	// +listType=map
	// +listMapKey=name
	Options []PodDNSConfigOption `json:"options,omitempty"`
}

type PodDNSConfigOption struct {
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// +optional
	Value *string `json:"value,omitempty"`
}

// +kubebuilder:validation:Enum=ClusterFirstWithHostNet;ClusterFirst;Default;None
type DNSPolicy string

const (
	DNSClusterFirstWithHostNet DNSPolicy = "ClusterFirstWithHostNet"
	DNSClusterFirst            DNSPolicy = "ClusterFirst"
	DNSDefault                 DNSPolicy = "Default"
	DNSNone                    DNSPolicy = "None"
)

// +kubebuilder:validation:Enum=OrderedReady;Parallel
type PodManagementPolicyType string

const (
	OrderedReadyPodManagement PodManagementPolicyType = "OrderedReady"
	ParallelPodManagement     PodManagementPolicyType = "Parallel"
)

// +kubebuilder:validation:XValidation:rule="!(self.type != 'RollingUpdate' && has(self.rollingUpdate))",message="rollingUpdate requires type to be RollingUpdate"
type StatefulSetUpdateStrategy struct {
	// +required
	Type StatefulSetUpdateStrategyType `json:"type"`

	// +optional
	RollingUpdate *RollingUpdateStatefulSetStrategy `json:"rollingUpdate,omitempty"`
}

// +kubebuilder:validation:Enum=OnDelete;RollingUpdate
type StatefulSetUpdateStrategyType string

const (
	RollingUpdateStatefulSetStrategyType StatefulSetUpdateStrategyType = "RollingUpdate"
	OnDeleteStatefulSetStrategyType      StatefulSetUpdateStrategyType = "OnDelete"
)

type RollingUpdateStatefulSetStrategy struct {
	// +optional
	// +kubebuilder:validation:XIntOrString
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
}

type TopologySpreadConstraint struct {
	CoreV1TopologySpreadConstraint `json:",inline"`

	// +optional
	AdditionalLabelSelectors *AdditionalLabelSelectors `json:"additionalLabelSelectors,omitempty"`
}

type CoreV1TopologySpreadConstraint corev1.TopologySpreadConstraint

// +kubebuilder:validation:Enum=OnResource;OnShard
type AdditionalLabelSelectors string

const (
	ResourceNameLabelSelector         AdditionalLabelSelectors = "OnResource"
	ShardAndResourceNameLabelSelector AdditionalLabelSelectors = "OnShard"
)
