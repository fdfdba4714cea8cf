package promconfig

import (
	"k8s.io/apimachinery/pkg/api/resource"

	v1 "github.com/promloop/promloop/api/v1"
)

// storage is the section of that name.
type storage struct {
	Exemplars *exemplars `yaml:"exemplars"`
	TSDB      *tsdb      `yaml:"tsdb"`
}

type exemplars struct {
	MaxExemplars *int64 `yaml:"max_exemplars"`
}

type tsdb struct {
	OutOfOrderTimeWindow           *v1.Duration          `yaml:"out_of_order_time_window"`
	StaleSeriesCompactionThreshold *resource.Quantity    `yaml:"stale_series_compaction_threshold" since:"3.10.0"`
	ChunkEncoding                  *v1.ChunkEncodingSpec `yaml:"chunk_encoding" since:"3.13.0"`
	Retention                      retention             `yaml:"retention"`
}

// retention stands in the configuration since Prometheus 3.11.0, and in flags before.
type retention struct {
	Time       v1.Duration        `yaml:"time"`
	Size       v1.ByteSize        `yaml:"size"`
	Percentage *resource.Quantity `yaml:"percentage"`
}

// storage is nil where there is nothing to say.
func (s *settings) storage() any {
	p, t := s.spec, tsdb{}
	if p.TSDB != nil {
		t.OutOfOrderTimeWindow = p.TSDB.OutOfOrderTimeWindow
		t.StaleSeriesCompactionThreshold = p.TSDB.StaleSeriesCompactionThreshold
		t.ChunkEncoding = p.TSDB.ChunkEncoding
	}
	if s.atLeast("3.11.0") {
		t.Retention = retentionOf(p)
	}
	var out storage
	if t != (tsdb{}) {
		out.TSDB = &t
	}
	if p.Exemplars != nil && p.Exemplars.MaxSize != nil {
		out.Exemplars = &exemplars{MaxExemplars: p.Exemplars.MaxSize}
	}
	if out == (storage{}) {
		return nil
	}
	return out
}

// retentionOf is a day where the user bounds neither time, size nor share of the volume.
func retentionOf(p *v1.PrometheusSpec) retention {
	out := retention{Time: p.Retention, Size: p.RetentionSize, Percentage: p.RetentionPercentage}
	if out == (retention{}) {
		out.Time = "24h"
	}
	return out
}
