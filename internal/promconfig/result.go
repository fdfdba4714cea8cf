package promconfig

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Result is one configuration.
type Result struct {
	// Stored is gzip of several members: all Parts joined. It is empty when nothing can be rendered at all; then what is published
	// has to stay.
	Stored []byte
	// Parts are what goes into each Secret, in the order in which they are joined. One that is not too large for a Secret is a
	// single part.
	Parts []Part
	// Fill is the size of each part that the pods mount, in bytes, by the number of its Secret; 0 where there is none. Text is what all
	// unpack to. Where Stored is empty they are those of what is published.
	Fill []int
	Text int
	// Jobs is the number of job_name entries.
	Jobs int
	// Assets are the TLS files that the configuration names, by name under /etc/prometheus/certs.
	Assets map[string]world.Value
	// Verdicts holds every object that is left out, wholly or in part, and why; the Prometheus itself too.
	Verdicts map[world.Object]world.Verdict
	// Faults are what the Verdicts sum up, one by one.
	Faults map[world.Object][]Fault
	// Settings is the value of SettingsAnnotation to publish beside Stored.
	Settings string
	// Ignored says in sentences which fields of the Prometheus have no effect.
	Ignored []string
}

// Plain returns the configuration as Prometheus reads it, but for the variables that the config-reloader replaces.
func (r Result) Plain() ([]byte, error) { return gunzip(r.Stored) }

func gunzip(stored []byte) ([]byte, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Version is the version of Prometheus that the configuration is meant for, with its leading v, and empty where spec.version
// can't be read.
func Version(p *v1.Prometheus) string {
	v, err := world.PrometheusVersion(p)
	if err != nil {
		return ""
	}
	return "v" + v.String()
}
