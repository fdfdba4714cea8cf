package v1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// HostAlias is one line of the hosts file.
type HostAlias struct {
	// IP address.
	// +required
	IP string `json:"ip"`

	// Names of the address.
	// +required
	Hostnames []string `json:"hostnames"`
}

// PodDNSConfig is the DNS resolver of a pod, on top of what its DNS policy gives.
type PodDNSConfig struct {
	// IP addresses of name servers.
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Nameservers []string `json:"nameservers,omitempty"`

	// Search domains.
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MinLength=1
	Searches []string `json:"searches,omitempty"`

	// Options of the resolver.
	// +optional
	// +listType=map
	// +listMapKey=name
	Options []PodDNSConfigOption `json:"options,omitempty"`
}

// PodDNSConfigOption is one option of the resolver.
type PodDNSConfigOption struct {
	// Name of the option.
	// +required
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`

	// Value of the option, where it has one.
	// +optional
	Value *string `json:"value,omitempty"`
}

// DNSPolicy says where a pod's DNS settings come from.
//
// +kubebuilder:validation:Enum=ClusterFirstWithHostNet;ClusterFirst;Default;None
type DNSPolicy string

const (
	// The cluster, also with the node's network.
	DNSClusterFirstWithHostNet DNSPolicy = "ClusterFirstWithHostNet"
	// The cluster, unless the pod uses the node's network.
	DNSClusterFirst DNSPolicy = "ClusterFirst"
	// The node.
	DNSDefault DNSPolicy = "Default"
	// The pod's `dnsConfig` alone.
	DNSNone DNSPolicy = "None"
)

// PodManagementPolicyType says whether pods are made and removed one by one or all at once.
//
// +kubebuilder:validation:Enum=OrderedReady;Parallel
type PodManagementPolicyType string

const (
	// One by one, each waiting for the one before.
	OrderedReadyPodManagement PodManagementPolicyType = "OrderedReady"
	// All at once.
	ParallelPodManagement PodManagementPolicyType = "Parallel"
)

// StatefulSetUpdateStrategy says how pods are replaced when their template changes.
//
// +kubebuilder:validation:XValidation:rule="!(self.type != 'RollingUpdate' && has(self.rollingUpdate))",message="rollingUpdate goes with the type RollingUpdate only"
type StatefulSetUpdateStrategy struct {
	// Who replaces them.
	// +required
	Type StatefulSetUpdateStrategyType `json:"type"`

	// Pace of a rolling update. Goes with the type `RollingUpdate`.
	// +optional
	RollingUpdate *RollingUpdateStatefulSetStrategy `json:"rollingUpdate,omitempty"`
}

// StatefulSetUpdateStrategyType is a choice of who replaces pods whose template changed.
//
// +kubebuilder:validation:Enum=OnDelete;RollingUpdate
type StatefulSetUpdateStrategyType string

const (
	// The StatefulSet controller, one by one.
	RollingUpdateStatefulSetStrategyType StatefulSetUpdateStrategyType = "RollingUpdate"
	// The user, by deleting them.
	OnDeleteStatefulSetStrategyType StatefulSetUpdateStrategyType = "OnDelete"
)

// RollingUpdateStatefulSetStrategy is the pace of a rolling update.
type RollingUpdateStatefulSetStrategy struct {
	// Pods that may be missing at once, as a number or a percentage rounded up. 1 when unset. Needs the feature
	// gate MaxUnavailableStatefulSet of Kubernetes.
	// +optional
	// +kubebuilder:validation:XIntOrString
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
}

// TopologySpreadConstraint is a topology spread constraint whose selector the operator can complete.
type TopologySpreadConstraint struct {
	CoreV1TopologySpreadConstraint `json:",inline"`

	// Labels of the operator's to add to the selector.
	// +optional
	AdditionalLabelSelectors *AdditionalLabelSelectors `json:"additionalLabelSelectors,omitempty"`
}

// CoreV1TopologySpreadConstraint is Kubernetes' own topology spread constraint.
type CoreV1TopologySpreadConstraint corev1.TopologySpreadConstraint

// AdditionalLabelSelectors holds labels that the operator adds to a selector.
//
// +kubebuilder:validation:Enum=OnResource;OnShard
type AdditionalLabelSelectors string

const (
	// Those that all pods of the Prometheus have.
	ResourceNameLabelSelector AdditionalLabelSelectors = "OnResource"
	// Those that all pods of one shard have.
	ShardAndResourceNameLabelSelector AdditionalLabelSelectors = "OnShard"
)
