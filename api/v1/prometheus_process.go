package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

// +kubebuilder:validation:MinLength=1
type EnableFeature string

type RuntimeConfig struct {
	// +optional
	// +kubebuilder:validation:Minimum=-1
	GoGC *int32 `json:"goGC,omitempty"`
}

// +kubebuilder:validation:Enum=HTTP;ProcessSignal
type ReloadStrategyType string

const (
	HTTPReloadStrategyType          ReloadStrategyType = "HTTP"
	ProcessSignalReloadStrategyType ReloadStrategyType = "ProcessSignal"
)

type ArbitraryFSAccessThroughSMsConfig struct {
	// +optional
	Deny bool `json:"deny,omitempty"`
}

type Rules struct {
	// +optional
	Alert RulesAlert `json:"alert,omitempty"`
}

type RulesAlert struct {
	// +optional
	ForOutageTolerance string `json:"forOutageTolerance,omitempty"`

	// +optional
	ForGracePeriod string `json:"forGracePeriod,omitempty"`

	// +optional
	ResendDelay string `json:"resendDelay,omitempty"`
}

type QuerySpec struct {
	// +optional
	LookbackDelta *string `json:"lookbackDelta,omitempty"`

	// +optional
	// +kubebuilder:validation:Minimum=1
	MaxConcurrency *int32 `json:"maxConcurrency,omitempty"`

	// +optional
	MaxSamples *int32 `json:"maxSamples,omitempty"`

	// +optional
	Timeout *Duration `json:"timeout,omitempty"`
}

type TSDBSpec struct {
	// +optional
	OutOfOrderTimeWindow *Duration `json:"outOfOrderTimeWindow,omitempty"`

	// +optional
	StaleSeriesCompactionThreshold *resource.Quantity `json:"staleSeriesCompactionThreshold,omitempty"`

	// +optional
	ChunkEncoding *ChunkEncodingSpec `json:"chunkEncoding,omitempty"`
}

type ChunkEncodingSpec struct {
	// +optional
	Floats *ChunkEncodingFloats `json:"floats,omitempty"`
}

// +kubebuilder:validation:Enum=Xor;Xor2
type ChunkEncodingFloats string

const (
	ChunkEncodingFloatsXor  ChunkEncodingFloats = "Xor"
	ChunkEncodingFloatsXor2 ChunkEncodingFloats = "Xor2"
)

type Exemplars struct {
	// +optional
	MaxSize *int64 `json:"maxSize,omitempty"`
}
