package status

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// For computes the whole status of a Prometheus. err is what went wrong while the plan was written, nil if nothing did.
func For(w *world.World, pl plan.Plan, err error) v1.PrometheusStatus {
	p := w.Prometheus
	st := v1.PrometheusStatus{
		ObservedGeneration: p.Generation,
		Paused:             p.Spec.Paused,
		Shards:             int32(world.Shards(p)),
		Selector:           workload.Selector(w),
		Configuration:      published(pl.Wanted.Config, sum(pl.Config.Fill)),
		Rules:              published(pl.Wanted.Rules, sum(pl.Rules.Fill)),
		Pods:               pods(pl.Delivery),
	}
	st.ConfigurationParts, st.RuleShards = fill(pl.Config.Fill), fill(pl.Rules.Fill)
	count(&st, w)
	st.Conditions = conditions(w, pl, err)
	return st
}

// Unobserved computes the status of a Prometheus that could not be looked at, because of err. What was known stays, as of the generation
// that it was known of; it is no longer called reconciled, nor ready.
func Unobserved(p *v1.Prometheus, err error, now time.Time) v1.PrometheusStatus {
	st := *p.Status.DeepCopy()
	available, reconciled, loaded := conditionOf(st, v1.Available), notReconciled(err), conditionOf(st, v1.Loaded)
	for _, c := range stamped(p, now, reconciled, ready(available, reconciled, loaded), reconciling(reconciled, loaded), stalled(reconciled, loaded)) {
		i := slices.IndexFunc(st.Conditions, func(old v1.Condition) bool { return old.Type == c.Type })
		if i < 0 {
			st.Conditions = append(st.Conditions, c)
			continue
		}
		st.Conditions[i] = c
	}
	return st
}

func published(m contract.Manifest, bytes int) *v1.PublishedSet {
	if m.Digest == "" {
		return nil
	}
	return &v1.PublishedSet{Digest: m.Digest, Bytes: int64(bytes), Count: int32(m.Count)}
}

func fill(sizes []int) []v1.ShardFill {
	var out []v1.ShardFill
	for i, bytes := range sizes {
		out = append(out, v1.ShardFill{Index: int32(i), Bytes: int64(bytes)})
	}
	return out
}

func pods(d delivery.Delivery) []v1.PrometheusPodStatus {
	var out []v1.PrometheusPodStatus
	for _, pod := range d.Pods {
		st := v1.PrometheusPodStatus{
			Name:                pod.Name,
			LoadedConfiguration: loadedSet(pod.Config.Report),
			LoadedRules:         loadedSet(pod.Rules.Report),
		}
		for _, domain := range []delivery.Domain{pod.Config, pod.Rules} {
			if st.Reason == "" {
				st.Reason, st.Message = why(domain)
			}
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b v1.PrometheusPodStatus) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func loadedSet(report *contract.Loaded) *v1.LoadedSet {
	if report == nil || report.Loaded == "" {
		return nil
	}
	set := &v1.LoadedSet{Digest: report.Loaded}
	if !report.LoadedAt.IsZero() {
		since := metav1.NewTime(report.LoadedAt).Rfc3339Copy()
		set.Since = &since
	}
	return set
}

// why says in a word and in words why a pod does not run what is wanted; empty when it does.
func why(d delivery.Domain) (reason, message string) {
	switch d.Progress {
	case delivery.Loaded:
		return "", ""
	case delivery.Unknown:
		return NoReport, "the sidecar of this pod has not answered: it may be starting, or a network policy may block its report port"
	case delivery.Refused:
		return d.Report.Reason, d.Report.Error
	}
	if d.Report.Reason != "" {
		return d.Report.Reason, d.Report.Error
	}
	return Pending, "the pod's volume does not show the published set yet"
}

func sum(values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	return total
}
