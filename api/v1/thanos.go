package v1

import (
	corev1 "k8s.io/api/core/v1"
)

// ThanosSpec is the Thanos sidecar.
type ThanosSpec struct {
	// Image to run, in place of the default one. Set `version` too, since it can't be told from an image.
	// +optional
	Image *string `json:"image,omitempty"`

	// Version of Thanos. The operator decides by it which flags are understood. When unset, the newest one that
	// this operator knew at its release.
	// +optional
	Version *string `json:"version,omitempty"`

	// Tag of `baseImage`.
	//
	// Deprecated: use `image`.
	// +optional
	Tag *string `json:"tag,omitempty"`

	// Digest of `baseImage`.
	//
	// Deprecated: use `image`.
	// +optional
	SHA *string `json:"sha,omitempty"`

	// Image name without a tag.
	//
	// Deprecated: use `image`.
	// +optional
	BaseImage *string `json:"baseImage,omitempty"`

	// CPU and memory that the container asks for, and its limits.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`

	// Key of a Secret that describes the object storage that blocks are uploaded to. `objectStorageConfigFile`
	// wins.
	// +optional
	ObjectStorageConfig *corev1.SecretKeySelector `json:"objectStorageConfig,omitempty"`

	// Path of that description in the container.
	// +optional
	ObjectStorageConfigFile *string `json:"objectStorageConfigFile,omitempty"`

	// Whether the sidecar listens on the loopback address only.
	//
	// Deprecated: use `grpcListenLocal` and `httpListenLocal`.
	// +optional
	ListenLocal bool `json:"listenLocal,omitempty"`

	// Whether gRPC listens on the loopback address only.
	// +optional
	GRPCListenLocal bool `json:"grpcListenLocal,omitempty"`

	// Whether HTTP listens on the loopback address only.
	// +optional
	HTTPListenLocal bool `json:"httpListenLocal,omitempty"`

	// Key of a Secret that describes where traces are sent. `tracingConfigFile` wins.
	// +optional
	TracingConfig *corev1.SecretKeySelector `json:"tracingConfig,omitempty"`

	// Path of that description in the container.
	// +optional
	TracingConfigFile string `json:"tracingConfigFile,omitempty"`

	// TLS settings of the gRPC server; `minVersion`, `caFile`, `certFile`, `keyFile`, `cipherSuites` and
	// `curves` are taken.
	// +optional
	GRPCServerTLSConfig *GRPCServerTLSConfig `json:"grpcServerTlsConfig,omitempty"`

	// Lowest level that is logged.
	// +optional
	// +kubebuilder:validation:Enum="";debug;info;warn;error
	LogLevel string `json:"logLevel,omitempty"`

	// Format of log lines.
	// +optional
	// +kubebuilder:validation:Enum="";logfmt;json
	LogFormat string `json:"logFormat,omitempty"`

	// Start of the time range that the sidecar serves, in RFC 3339 or relative, such as `-1d`.
	// +optional
	MinTime string `json:"minTime,omitempty"`

	// Length of the blocks that Prometheus writes. Change it with care: memory and compaction depend on it.
	// +optional
	// +kubebuilder:default="2h"
	BlockDuration Duration `json:"blockSize,omitempty"`

	// Time that the sidecar waits for Prometheus to start.
	// +optional
	ReadyTimeout Duration `json:"readyTimeout,omitempty"`

	// Time between two looks at the configuration of Prometheus. Needs Thanos 0.29.0.
	// +optional
	GetConfigInterval Duration `json:"getConfigInterval,omitempty"`

	// Time after which such a look fails. Needs Thanos 0.29.0.
	// +optional
	GetConfigTimeout Duration `json:"getConfigTimeout,omitempty"`

	// Additional mounts of the container.
	// +optional
	VolumeMounts []corev1.VolumeMount `json:"volumeMounts,omitempty"`

	// Additional command line arguments. One that the operator sets itself is refused.
	// +optional
	AdditionalArgs []Argument `json:"additionalArgs,omitempty"`
}
