package contract

import "time"

// Loaded is the answer of GET /v1/loaded. Empty means unknown, and unknown is never success.
type Loaded struct {
	Domain           Domain     `json:"domain"`
	Wanted           string     `json:"wanted"`
	WantedGeneration int64      `json:"wantedGeneration"`
	FirstSeen        *time.Time `json:"firstSeen,omitempty"`

	Loaded           string     `json:"loaded"`
	LoadedGeneration int64      `json:"loadedGeneration"`
	LoadedAt         *time.Time `json:"loadedAt,omitempty"`

	Refused string `json:"refused"`
	Reason  Reason `json:"reason"`
	Error   string `json:"error"`

	PrometheusVersion string     `json:"prometheusVersion"`
	PrometheusStart   *time.Time `json:"prometheusStart,omitempty"`
}

// MaxError is the length in bytes that Prometheus' words are cut at.
const MaxError = 4 << 10
