package v1

import (
	corev1 "k8s.io/api/core/v1"
)

type ThanosSpec struct {
	// +optional
	Image *string `json:"image,omitempty"`

	// +optional
	Version *string `json:"version,omitempty"`

	// +optional
	Tag *string `json:"tag,omitempty"`

	// +optional
	SHA *string `json:"sha,omitempty"`

	// +optional
	BaseImage *string `json:"baseImage,omitempty"`

	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`

	// +optional
	ObjectStorageConfig *corev1.SecretKeySelector `json:"objectStorageConfig,omitempty"`

	// +optional
	ObjectStorageConfigFile *string `json:"objectStorageConfigFile,omitempty"`

	// +optional
	ListenLocal bool `json:"listenLocal,omitempty"`

	// +optional
	GRPCListenLocal bool `json:"grpcListenLocal,omitempty"`

	// +optional
	HTTPListenLocal bool `json:"httpListenLocal,omitempty"`

	// +optional
	TracingConfig *corev1.SecretKeySelector `json:"tracingConfig,omitempty"`

	// +optional
	TracingConfigFile string `json:"tracingConfigFile,omitempty"`

	// +optional
	GRPCServerTLSConfig *GRPCServerTLSConfig `json:"grpcServerTlsConfig,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";debug;info;warn;error
	LogLevel string `json:"logLevel,omitempty"`

	// +optional
	// +kubebuilder:validation:Enum="";logfmt;json
	LogFormat string `json:"logFormat,omitempty"`

	// +optional
	MinTime string `json:"minTime,omitempty"`

	// +optional
	// +kubebuilder:default="2h"
	BlockDuration Duration `json:"blockSize,omitempty"`

	// +optional
	ReadyTimeout Duration `json:"readyTimeout,omitempty"`

	// +optional
	GetConfigInterval Duration `json:"getConfigInterval,omitempty"`

	// +optional
	GetConfigTimeout Duration `json:"getConfigTimeout,omitempty"`

	// +optional
	VolumeMounts []corev1.VolumeMount `json:"volumeMounts,omitempty"`

	// +optional
	AdditionalArgs []Argument `json:"additionalArgs,omitempty"`
}
