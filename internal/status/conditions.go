package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// maxMessage bounds a condition's message, in bytes; text from Prometheus can be long.
const maxMessage = 1024

// conditions computes every condition anew.
func conditions(w *world.World, pl plan.Plan, err error) []v1.Condition {
	available := available(w)
	reconciled := reconciled(w, pl, err)
	loaded := loaded(w, pl)
	return stamped(w.Prometheus, w.Now, available, reconciled, loaded,
		ready(available, reconciled, loaded), reconciling(reconciled, loaded), stalled(reconciled, loaded))
}

// stamped has the conditions speak of p as it is now, and keeps the transition time of those whose status did not change.
func stamped(p *v1.Prometheus, now time.Time, conditions ...v1.Condition) []v1.Condition {
	for i := range conditions {
		c := &conditions[i]
		c.ObservedGeneration = p.Generation
		c.Message = cut(c.Message, maxMessage)
		c.LastTransitionTime = metav1.NewTime(now).Rfc3339Copy()
		if old := conditionOf(p.Status, c.Type); old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
	}
	return conditions
}

// conditionOf returns the condition of a type, the zero Condition where there is none.
func conditionOf(st v1.PrometheusStatus, kind v1.ConditionType) v1.Condition {
	for _, c := range st.Conditions {
		if c.Type == kind {
			return c
		}
	}
	return v1.Condition{}
}

// reconciled has upstream's reasons where upstream has one.
func reconciled(w *world.World, pl plan.Plan, err error) v1.Condition {
	c := v1.Condition{Type: v1.Reconciled, Status: v1.ConditionTrue}
	self := own(w, pl)
	switch {
	case err != nil:
		return notReconciled(err)
	case !self.Accepted() && !w.Prometheus.Spec.Paused:
		c.Status, c.Reason, c.Message = v1.ConditionFalse, self.Reason, self.Message
	default:
		c.Reason, c.Message = leftOut(w, pl)
	}
	return c
}

// own is what is wrong with the Prometheus itself.
func own(w *world.World, pl plan.Plan) world.Verdict {
	return pl.Verdicts[world.ObjectOf(world.Prometheus, w.Prometheus)]
}

// leftOut is what the user should know of a Prometheus that is reconciled: the gravest as the reason, all of it in the message.
func leftOut(w *world.World, pl plan.Plan) (string, string) {
	var reasons, all []string
	for _, kind := range []struct {
		reason string
		said   []string
	}{
		{Paused, paused(w)},
		{own(w, pl).Reason, mistakes(own(w, pl))}, // which hold up nothing while it is paused
		{SomeObjectsRejected, rejected(pl.Verdicts)},
		{VolumeNotResized, pl.Unresized},
		{NoSelectedResources, noneSelected(pl.Selection)},
		{DeprecatedFieldsInUse, pl.Deprecated},
		{ConfigurationUnmanaged, unmanaged(pl)},
		{IgnoredFields, pl.Ignored},
	} {
		if len(kind.said) > 0 {
			reasons, all = append(reasons, kind.reason), append(all, kind.said...)
		}
	}
	if len(all) == 0 {
		return "", ""
	}
	return reasons[0], strings.Join(all, "; ")
}

func paused(w *world.World) []string {
	if !w.Prometheus.Spec.Paused {
		return nil
	}
	return []string{"spec.paused is true: nothing is written until it is false again"}
}

func mistakes(v world.Verdict) []string {
	if v.Accepted() {
		return nil
	}
	return []string{v.Message}
}

func noneSelected(s selection.Result) []string {
	if len(s.ServiceMonitors)+len(s.PodMonitors)+len(s.Probes)+len(s.ScrapeConfigs)+len(s.Rules) > 0 {
		return nil
	}
	return []string{"no ServiceMonitor, PodMonitor, Probe, ScrapeConfig or PrometheusRule is selected"}
}

func unmanaged(pl plan.Plan) []string {
	if !pl.Unmanaged {
		return nil
	}
	return []string{"no selector for scrape objects is set, so the configuration Secret is left to you; the operator's flag --disable-unmanaged-prometheus-configuration has it written all the same"}
}

func notReconciled(err error) v1.Condition {
	return v1.Condition{Type: v1.Reconciled, Status: v1.ConditionFalse, Reason: ReconciliationFailed, Message: err.Error()}
}

func rejected(verdicts map[world.Object]world.Verdict) []string {
	names := make([]string, 0, len(verdicts))
	for o := range maps.Keys(verdicts) {
		if o.Kind != world.Prometheus {
			names = append(names, string(o.Kind)+" "+o.String())
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	shown := names[:min(len(names), 5)]
	text := fmt.Sprintf("%d selected objects are left out wholly or in part, as their status says: %s", len(names), strings.Join(shown, ", "))
	if len(names) > len(shown) {
		text += ", …"
	}
	return []string{text}
}

func loaded(w *world.World, pl plan.Plan) v1.Condition {
	c := v1.Condition{Type: v1.Loaded, Status: v1.ConditionTrue}
	slow := ""
	if w.Unpatchable != "" {
		slow = "changes arrive at the kubelets' own pace of 60 to 90 s, because the operator may not patch pods: " + w.Unpatchable
	}
	if pl.Delivery.Loaded(wantedReplicas(w)) {
		if slow != "" {
			c.Reason, c.Message = PodsNotPatchable, slow
		}
		return c
	}
	c.Status, c.Reason = v1.ConditionFalse, Pending
	var lagging []string
	for _, pod := range pl.Delivery.Pods {
		for _, domain := range []delivery.Domain{pod.Config, pod.Rules} {
			reason, message := why(domain)
			switch domain.Progress {
			case delivery.Loaded:
				continue
			case delivery.Refused:
				c.Status, c.Reason = v1.ConditionFalse, Refused
			case delivery.Unknown:
				if c.Reason != Refused {
					c.Status, c.Reason = v1.ConditionUnknown, NoReport
				}
			}
			lagging = append(lagging, fmt.Sprintf("%s: %s: %s", pod.Name, reason, message))
		}
	}
	if len(lagging) == 0 {
		lagging = []string{fmt.Sprintf("%d of %d pods exist", len(pl.Delivery.Pods), wantedReplicas(w))}
	}
	if slow != "" {
		lagging = append(lagging, slow)
		if c.Reason == Pending {
			c.Status, c.Reason = v1.ConditionUnknown, PodsNotPatchable
		}
	}
	if pause := paused(w); pause != nil && c.Reason != Refused {
		c.Reason, lagging = Paused, slices.Concat(pause, lagging)
	}
	c.Message = strings.Join(lagging, "; ")
	return c
}

func ready(available, reconciled, loaded v1.Condition) v1.Condition {
	c := v1.Condition{Type: v1.Ready, Status: v1.ConditionTrue}
	for _, part := range []v1.Condition{reconciled, loaded, available} {
		if part.Status == v1.ConditionTrue {
			continue
		}
		c.Status, c.Reason, c.Message = part.Status, part.Reason, part.Message
		if c.Status == v1.ConditionDegraded {
			c.Status = v1.ConditionFalse
		}
		break
	}
	return c
}

// reconciling is True while something is on its way. kstatus reads it as "in progress".
func reconciling(reconciled, loaded v1.Condition) v1.Condition {
	c := v1.Condition{Type: v1.Reconciling, Status: v1.ConditionFalse}
	if reconciled.Status == v1.ConditionTrue && loaded.Status != v1.ConditionTrue && loaded.Reason != Refused && loaded.Reason != Paused {
		c.Status, c.Reason, c.Message = v1.ConditionTrue, loaded.Reason, loaded.Message
	}
	return c
}

// stalled is True when nothing will change until somebody acts on what went wrong. A pause is no such thing: kstatus reads this as
// "failed".
func stalled(reconciled, loaded v1.Condition) v1.Condition {
	c := v1.Condition{Type: v1.Stalled, Status: v1.ConditionFalse}
	for _, part := range []v1.Condition{reconciled, loaded} {
		patient := part.Reason == Pending || part.Reason == ReconciliationFailed || part.Reason == Paused
		if part.Status == v1.ConditionFalse && !patient {
			c.Status, c.Reason, c.Message = v1.ConditionTrue, part.Reason, part.Message
			break
		}
	}
	return c
}

// wantedReplicas is the number of pods of all shards together, with those of shards that are retained for their data: their pods must
// not stand in for others.
func wantedReplicas(w *world.World) int {
	wanted := world.Shards(w.Prometheus) * world.Replicas(w.Prometheus)
	for _, set := range w.Owned.StatefulSets {
		if world.ShardOf(w.Prometheus.Name, set.Name) >= world.Shards(w.Prometheus) {
			wanted += int(ptr.Deref(set.Spec.Replicas, 1))
		}
	}
	return wanted
}

// cut bounds a text, in bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
