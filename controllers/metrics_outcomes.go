package controllers

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
)

// syncs knows whether the last reconciliation of each object succeeded.
type syncs struct {
	mu sync.Mutex
	by map[string]map[types.NamespacedName]bool // controller -> object -> succeeded
}

// prepare makes the series of a controller exist before its first object.
func (s *syncs) prepare(controller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(controller)
	durations.WithLabelValues(controller)
	for _, c := range []*prometheus.CounterVec{reconciles, reconcileErrors, statusWrites, statusErrors} {
		c.WithLabelValues(controller)
	}
}

func (s *syncs) of(controller string) map[types.NamespacedName]bool {
	if s.by[controller] == nil {
		s.by[controller] = map[types.NamespacedName]bool{}
	}
	return s.by[controller]
}

// note counts one reconciliation of an object.
func (s *syncs) note(controller string, object types.NamespacedName, began time.Time, err error) {
	durations.WithLabelValues(controller).Observe(time.Since(began).Seconds())
	reconciles.WithLabelValues(controller).Inc()
	if err != nil {
		reconcileErrors.WithLabelValues(controller).Inc()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(controller)[object] = err == nil
}

// forget drops an object that is gone.
func (s *syncs) forget(controller string, object types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by[controller], object)
}

var syncsDesc = prometheus.NewDesc("prometheus_operator_syncs", "Objects by the outcome of their last reconciliation, ok or failed.", []string{"controller", "status"}, nil)

// Describe implements prometheus.Collector.
func (s *syncs) Describe(out chan<- *prometheus.Desc) { out <- syncsDesc }

// Collect implements prometheus.Collector.
func (s *syncs) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for controller, objects := range s.by {
		ok := 0
		for _, succeeded := range objects {
			if succeeded {
				ok++
			}
		}
		out <- prometheus.MustNewConstMetric(syncsDesc, prometheus.GaugeValue, float64(ok), controller, "ok")
		out <- prometheus.MustNewConstMetric(syncsDesc, prometheus.GaugeValue, float64(len(objects)-ok), controller, "failed")
	}
}
