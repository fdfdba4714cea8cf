package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// Extra is what metrics tell beside the state.
type Extra struct {
	Watch   snapshot.Stats
	Version string
	// Method is how Prometheus is told to reload: http or signal.
	Method string
}

// writeMetrics writes the text format. Names that begin with reloader_ and that others use, too, mean the same as there, so
// that existing alerts work.
func (b *Board) writeMetrics(w io.Writer, extra Extra) {
	s, _ := b.look()
	c := s.Counts
	problem, _ := s.Standing()
	loaded := s.LoadedNow()
	inSync := loaded.ID != "" && loaded.ID == s.Seen.ID
	m := metrics{w}
	// What was refused may be taken back without another reload, and Prometheus may start on the wanted set.
	m.one("reloader_last_reload_successful", "gauge", "Whether the last reload attempt was successful.", number(c.LastOK || inSync || c.Posts == 0 && loaded.ID != ""))
	m.one("reloader_last_reload_success_timestamp_seconds", "gauge", "When the last reload was successful.", b.seconds(c.LastOKAt))
	m.one("reloader_reloads_total", "counter", "Reload requests sent to Prometheus.", float64(c.Posts))
	m.one("reloader_reloads_failed_total", "counter", "Reload requests that failed.", float64(c.PostFailures))
	m.one("reloader_config_apply_operations_total", "counter", "Sets that were written to the output directory, or tried to.", float64(c.Applies))
	m.one("reloader_config_apply_operations_failed_total", "counter", "Sets that could not be written or were refused before any reload.", float64(c.ApplyFailures))
	m.one("reloader_config_environment_variable_expansion_errors", "gauge", "Whether the last set that was written was refused for a variable.", float64(c.EnvErrors))
	m.one("reloader_watches", "gauge", "Directories watched by inotify.", float64(extra.Watch.Watches))
	m.one("reloader_watch_events_total", "counter", "Events of inotify.", float64(extra.Watch.Events))
	m.one("reloader_watch_errors_total", "counter", "Errors of inotify; polling goes on.", float64(extra.Watch.Errors))

	m.one("reloader_wanted_generation", "gauge", "Generation of the newest manifest.", float64(s.Seen.Generation))
	m.one("reloader_loaded_generation", "gauge", "Generation that Prometheus is known to run, 0 when unknown.", float64(loaded.Generation))
	m.one("reloader_in_sync", "gauge", "Whether Prometheus is known to run the wanted set.", number(inSync))
	m.one("reloader_prometheus_ready", "gauge", "Whether Prometheus is ready.", number(s.Prom.Phase == transaction.Ready))
	m.head("reloader_not_loaded", "gauge", "Why the wanted set is not loaded, 1 for the reason that stands.")
	if problem.Reason != "" {
		fmt.Fprintf(w, "reloader_not_loaded{reason=%q} 1\n", problem.Reason)
	}
	m.refusals(c)
	m.latency(c.Latency)
	m.head("reloader_build_info", "gauge", "Version of this reloader.")
	fmt.Fprintf(w, "reloader_build_info{domain=%q,version=%q} 1\n", s.Domain, extra.Version)
	m.head("reloader_info", "gauge", "How Prometheus is told to reload.")
	fmt.Fprintf(w, "reloader_info{method=%q} 1\n", extra.Method)
}

func (b *Board) seconds(d time.Duration) float64 {
	if d == 0 {
		return 0
	}
	return float64(b.at(d).UnixMilli()) / 1000
}

type metrics struct{ w io.Writer }

func (m metrics) head(name, kind, help string) {
	fmt.Fprintf(m.w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (m metrics) one(name, kind, help string, value float64) {
	m.head(name, kind, help)
	fmt.Fprintf(m.w, "%s %s\n", name, text(value))
}

func (m metrics) refusals(c transaction.Counts) {
	const name = "reloader_refusals_total"
	m.head(name, "counter", "Sets refused, by reason.")
	reasons := []contract.Reason{}
	for r := range c.Refusals {
		reasons = append(reasons, r)
	}
	slices.Sort(reasons)
	for _, r := range reasons {
		fmt.Fprintf(m.w, "%s{reason=%q} %d\n", name, r, c.Refusals[r])
	}
}

func (m metrics) latency(h transaction.Histogram) {
	const name = "reloader_first_seen_to_loaded_seconds"
	m.head(name, "histogram", "Time from when a set was first seen to when Prometheus was known to run it.")
	total := int64(0)
	for i, bound := range transaction.Bounds {
		total += h.Buckets[i]
		fmt.Fprintf(m.w, "%s_bucket{le=%q} %d\n", name, text(bound.Seconds()), total)
	}
	total += h.Buckets[len(transaction.Bounds)]
	fmt.Fprintf(m.w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %s\n%s_count %d\n", name, total, name, text(h.Sum.Seconds()), name, total)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
