package v1

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

// EnableFeature is a feature flag of Prometheus.
//
// +kubebuilder:validation:MinLength=1
type EnableFeature string

// RuntimeConfig holds settings of the Go runtime.
type RuntimeConfig struct {
	// Target of the garbage collector in percent, as GOGC. Lower means less memory and more CPU; -1 turns it
	// off.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	GoGC *int32 `json:"goGC,omitempty"`
}

// ReloadStrategyType says how Prometheus is told to reload.
//
// +kubebuilder:validation:Enum=HTTP;ProcessSignal
type ReloadStrategyType string

const (
	// By a POST to `/-/reload`.
	HTTPReloadStrategyType ReloadStrategyType = "HTTP"
	// By SIGHUP.
	ProcessSignalReloadStrategyType ReloadStrategyType = "ProcessSignal"
)

// ArbitraryFSAccessThroughSMsConfig says whether scrape objects may name files in the Prometheus container.
// Where they may, whoever can write a ServiceMonitor can have the token of Prometheus sent to a server of
// theirs.
type ArbitraryFSAccessThroughSMsConfig struct {
	// Whether objects that name files are refused.
	// +optional
	Deny bool `json:"deny,omitempty"`
}

// Rules holds parameters of rule evaluation.
type Rules struct {
	// Parameters of alerts. A change restarts the pods.
	// +optional
	Alert RulesAlert `json:"alert,omitempty"`
}

// RulesAlert holds parameters of alerts.
type RulesAlert struct {
	// Longest outage after which the `for` state of alerts is restored.
	// +optional
	ForOutageTolerance string `json:"forOutageTolerance,omitempty"`

	// Shortest time between the restored state and the alert, for alerts whose `for` is longer than this.
	// +optional
	ForGracePeriod string `json:"forGracePeriod,omitempty"`

	// Shortest time between two sends of the same alert.
	// +optional
	ResendDelay string `json:"resendDelay,omitempty"`
}

// QuerySpec holds limits of the query engine.
type QuerySpec struct {
	// How far back a sample still counts as the present one.
	// +optional
	LookbackDelta *string `json:"lookbackDelta,omitempty"`

	// Queries that run at once.
	// +optional
	// +kubebuilder:validation:Minimum=1
	MaxConcurrency *int32 `json:"maxConcurrency,omitempty"`

	// Samples that one query may hold in memory; with more it fails.
	// +optional
	MaxSamples *int32 `json:"maxSamples,omitempty"`

	// Time after which a query is stopped.
	// +optional
	Timeout *Duration `json:"timeout,omitempty"`
}

// TSDBSpec holds settings of the time series database that a reload can change.
type TSDBSpec struct {
	// How old a sample may be, against the newest one, and still be stored. Needs Prometheus 2.39.0.
	// +optional
	OutOfOrderTimeWindow *Duration `json:"outOfOrderTimeWindow,omitempty"`

	// Share of stale series in memory, from 0 to 1, above which they are compacted away; 0 turns it off. Needs
	// Prometheus 3.10.0.
	// +optional
	StaleSeriesCompactionThreshold *resource.Quantity `json:"staleSeriesCompactionThreshold,omitempty"`

	// Encoding of chunks. Needs Prometheus 3.13.0.
	// +optional
	ChunkEncoding *ChunkEncodingSpec `json:"chunkEncoding,omitempty"`
}

// ChunkEncodingSpec is the encoding of chunks by their kind.
type ChunkEncodingSpec struct {
	// Encoding of float chunks. `Xor` can't go with the feature `st-storage`; `Xor2` turns on the feature
	// `xor2-encoding`. Needs Prometheus 3.13.0.
	// +optional
	Floats *ChunkEncodingFloats `json:"floats,omitempty"`
}

// ChunkEncodingFloats is an encoding of float chunks.
//
// +kubebuilder:validation:Enum=Xor;Xor2
type ChunkEncodingFloats string

const (
	ChunkEncodingFloatsXor  ChunkEncodingFloats = "Xor"
	ChunkEncodingFloatsXor2 ChunkEncodingFloats = "Xor2"
)

// Exemplars is the storage of exemplars.
type Exemplars struct {
	// Exemplars kept in memory over all series. Prometheus has its own default when unset; 0 and less turn the
	// storage off.
	// +optional
	MaxSize *int64 `json:"maxSize,omitempty"`
}
