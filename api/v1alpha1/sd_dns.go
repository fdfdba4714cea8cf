package v1alpha1

import (
	v1 "github.com/promloop/promloop/api/v1"
)

// DNSSDConfig discovers targets from DNS records, asked of the name servers in `/etc/resolv.conf`.
type DNSSDConfig struct {
	// Names to look up.
	// +required
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:items:MinLength=1
	Names []string `json:"names"`

	// Time between two looks at the source. When unset, Prometheus has its own default.
	// +optional
	RefreshInterval *v1.Duration `json:"refreshInterval,omitempty"`

	// Type of record. When unset, Prometheus has its own default. MX needs Prometheus 2.38.0, NS 2.49.0.
	// +optional
	Type *DNSRecordType `json:"type,omitempty"`

	// Port of the targets. SRV records bring their own.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Port *int32 `json:"port,omitempty"`
}

// DNSRecordType is a type of DNS record.
//
// +kubebuilder:validation:Enum=A;AAAA;MX;NS;SRV
type DNSRecordType string

const (
	DNSRecordTypeA    DNSRecordType = "A"
	DNSRecordTypeSRV  DNSRecordType = "SRV"
	DNSRecordTypeAAAA DNSRecordType = "AAAA"
	DNSRecordTypeMX   DNSRecordType = "MX"
	DNSRecordTypeNS   DNSRecordType = "NS"
)
