package contract

import (
	"encoding/json"
	"time"
)

// ReleaseAnnotation is the one annotation that the operator writes on pods.
const ReleaseAnnotation = "promloop.dev/release"

// ReleaseKey is the file name of a release in a volume, and its key among the last known good sets.
const ReleaseKey = "release.json"

// WebCertFile is the variable that makes a sidecar serve its report with TLS: a pod's own word for how it is asked.
const WebCertFile = "RELOADER_WEB_CERT_FILE"

// Reasons that the operator acts on, of those that a pod may give for not running the wanted set.
const (
	// RefusedElsewhere means that the pod was told of a refusal: its own Prometheus was never asked.
	RefusedElsewhere = "RefusedElsewhere"
	// PrometheusNotReady means that Prometheus starts, replays its log, or is down.
	PrometheusNotReady = "PrometheusNotReady"
	// OtherVersion means that the set is for another version of Prometheus than the pod runs.
	OtherVersion = "OtherVersion"
)

// Release is the value of ReleaseAnnotation: what this pod may load now, and what it may not since another one refused it.
type Release struct {
	Config  string   `json:"config,omitempty"`
	Rules   string   `json:"rules,omitempty"`
	Refused []string `json:"refused,omitempty"`
	Attempt int      `json:"attempt"`
}

// Encode returns the value of the annotation.
func (r Release) Encode() (string, error) {
	data, err := json.Marshal(r)
	return string(data), err
}

// DecodeRelease reads the value of the annotation. A foreign value releases nothing.
func DecodeRelease(value string) Release {
	var r Release
	if json.Unmarshal([]byte(value), &r) != nil {
		return Release{}
	}
	return r
}

// Loaded is the answer of a sidecar at /v1/loaded. An empty digest means unknown, and unknown is never success.
type Loaded struct {
	Domain            Domain    `json:"domain"`
	Wanted            string    `json:"wanted"`
	WantedGeneration  int64     `json:"wantedGeneration"`
	FirstSeen         time.Time `json:"firstSeen,omitzero"`
	Loaded            string    `json:"loaded"`
	LoadedGeneration  int64     `json:"loadedGeneration"`
	LoadedAt          time.Time `json:"loadedAt,omitzero"`
	Refused           string    `json:"refused,omitempty"`
	Reason            string    `json:"reason,omitempty"`
	Error             string    `json:"error,omitempty"`
	PrometheusVersion string    `json:"prometheusVersion,omitempty"`
	PrometheusStart   time.Time `json:"prometheusStart,omitzero"`
}
