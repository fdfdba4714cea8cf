package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Opinions is what all Prometheuses make of one object.
type Opinions struct {
	Standings map[types.NamespacedName]Standing      // of those of this operator that select it
	Left      map[types.NamespacedName]world.Verdict // why each does not, where none does
	Others    []types.NamespacedName                 // the Prometheuses of other operators, which tell themselves
}

// ForConfigResource computes the status of a ServiceMonitor, PodMonitor, Probe, ScrapeConfig or PrometheusRule with the given
// generation. old is used for transition times, and for the bindings of others.
func ForConfigResource(old v1.ConfigResourceStatus, generation int64, by Opinions, now time.Time) v1.ConfigResourceStatus {
	out := v1.ConfigResourceStatus{Conditions: slices.Clone(old.Conditions)}
	names := sorted(by.Standings)
	for _, name := range names {
		out.Bindings = append(out.Bindings, binding(old, name, by.Standings[name], now))
	}
	out.Bindings = append(out.Bindings, foreign(old, by.Others)...)
	accepted := acceptedByAll(names, by.Standings)
	if len(names) == 0 {
		accepted.Status, accepted.Reason, accepted.Message = metav1.ConditionFalse, NotSelected, cut(notSelected(by.Left), maxMessage)
	}
	loaded := loadedByAll(accepted, generation, names, by.Standings)
	for _, c := range []metav1.Condition{accepted, loaded, readyObject(accepted, loaded)} {
		c.ObservedGeneration = generation
		c.LastTransitionTime = metav1.NewTime(now).Rfc3339Copy()
		meta.SetStatusCondition(&out.Conditions, c)
	}
	return out
}

func binding(old v1.ConfigResourceStatus, name types.NamespacedName, s Standing, now time.Time) v1.WorkloadBinding {
	c := v1.ConfigResourceCondition{
		Type: v1.Accepted, Status: v1.ConditionTrue, ObservedGeneration: s.Generation,
		LastTransitionTime: metav1.NewTime(now).Rfc3339Copy(), Message: cut(s.Note, maxMessage),
	}
	if !s.Verdict.Accepted() {
		c.Status, c.Reason, c.Message = v1.ConditionFalse, s.Verdict.Reason, cut(s.Verdict.Message, maxMessage)
	}
	b := v1.WorkloadBinding{Group: v1.GroupVersion.Group, Resource: resource, Name: name.Name, Namespace: name.Namespace}
	for _, before := range old.Bindings {
		if before.Name == b.Name && before.Namespace == b.Namespace && before.Resource == b.Resource {
			for _, was := range before.Conditions {
				if was.Type == c.Type && was.Status == c.Status {
					c.LastTransitionTime = was.LastTransitionTime
				}
			}
		}
	}
	b.Conditions = []v1.ConfigResourceCondition{c}
	return b
}

// resource is the plural under which a Prometheus stands in a binding.
const resource = "prometheuses"

// foreign keeps the bindings of workloads that are not Prometheuses of this operator.
func foreign(old v1.ConfigResourceStatus, others []types.NamespacedName) []v1.WorkloadBinding {
	var out []v1.WorkloadBinding
	for _, b := range old.Bindings {
		if b.Resource != resource || slices.Contains(others, types.NamespacedName{Namespace: b.Namespace, Name: b.Name}) {
			out = append(out, b)
		}
	}
	return out
}

func sorted[V any](by map[types.NamespacedName]V) []types.NamespacedName {
	return slices.SortedFunc(maps.Keys(by), func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
}

// notSelected tells what keeps an object from being selected by the Prometheus that comes nearest: one that looks into its namespace
// and finds other labels, or else the first.
func notSelected(left map[types.NamespacedName]world.Verdict) string {
	names := sorted(left)
	if len(names) == 0 {
		return "no Prometheus selects this object"
	}
	nearest := max(0, slices.IndexFunc(names, func(n types.NamespacedName) bool { return left[n].Reason == selection.OtherLabels }))
	message := fmt.Sprintf("no Prometheus selects this object; %s: %s", names[nearest], left[names[nearest]].Message)
	if others := len(names) - 1; others > 0 {
		message += fmt.Sprintf(" (kubectl promloop why tells of the other %d)", others)
	}
	return message
}

func acceptedByAll(names []types.NamespacedName, standings map[types.NamespacedName]Standing) metav1.Condition {
	c := metav1.Condition{Type: string(v1.Accepted), Status: metav1.ConditionTrue, Reason: Accepted}
	for _, name := range names {
		v, note := standings[name].Verdict, standings[name].Note
		if note != "" && c.Message == "" {
			c.Message = cut(fmt.Sprintf("Prometheus %s: %s", name, note), maxMessage)
		}
		if !v.Accepted() {
			c.Status, c.Reason = metav1.ConditionFalse, v.Reason
			c.Message = cut(fmt.Sprintf("Prometheus %s: %s", name, v.Message), maxMessage)
			break
		}
	}
	return c
}

func loadedByAll(accepted metav1.Condition, generation int64, names []types.NamespacedName, standings map[types.NamespacedName]Standing) metav1.Condition {
	c := metav1.Condition{Type: string(v1.Loaded), Status: metav1.ConditionTrue, Reason: LoadedEverywhere}
	if accepted.Status != metav1.ConditionTrue {
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, accepted.Reason, accepted.Message
		return c
	}
	for _, name := range names {
		s := standings[name]
		switch {
		case s.Generation != generation:
			c.Status, c.Reason, c.Message = metav1.ConditionUnknown, Reconciling, fmt.Sprintf("Prometheus %s has not looked at this generation yet", name)
		case s.Loaded == metav1.ConditionFalse:
			c.Status, c.Reason, c.Message = metav1.ConditionFalse, Delivering, fmt.Sprintf("not every replica of Prometheus %s has loaded it yet", name)
		case s.Loaded == metav1.ConditionUnknown:
			c.Status, c.Reason, c.Message = metav1.ConditionUnknown, NoReport, fmt.Sprintf("not every replica of Prometheus %s says what it has loaded", name)
		default:
			continue
		}
		break
	}
	return c
}

// Passing reports whether a status tells of nothing but a change that is on its way.
func Passing(st v1.ConfigResourceStatus) bool {
	c := meta.FindStatusCondition(st.Conditions, string(v1.Loaded))
	return c != nil && (c.Reason == Reconciling || c.Reason == Delivering)
}

func readyObject(accepted, loaded metav1.Condition) metav1.Condition {
	c := metav1.Condition{Type: string(v1.Ready), Status: metav1.ConditionTrue, Reason: Ready}
	for _, part := range []metav1.Condition{accepted, loaded} {
		if part.Status != metav1.ConditionTrue {
			c.Status, c.Reason, c.Message = part.Status, part.Reason, part.Message
			break
		}
	}
	return c
}

// Turn is a change of one Prometheus' verdict on an object.
type Turn struct {
	Prometheus types.NamespacedName
	Verdict    world.Verdict
}

// Turned lists the verdicts that differ between two states, except that a new object which is taken is no news.
func Turned(old, next v1.ConfigResourceStatus) []Turn {
	before := map[types.NamespacedName]v1.ConfigResourceCondition{}
	for _, b := range old.Bindings {
		if b.Resource != resource {
			continue
		}
		for _, c := range b.Conditions {
			before[types.NamespacedName{Namespace: b.Namespace, Name: b.Name}] = c
		}
	}
	var out []Turn
	for _, b := range next.Bindings {
		name := types.NamespacedName{Namespace: b.Namespace, Name: b.Name}
		for _, c := range b.Conditions {
			was, known := before[name]
			news := known && (was.Reason != c.Reason || was.Message != c.Message) || !known && c.Status != v1.ConditionTrue
			if b.Resource == resource && news {
				out = append(out, Turn{Prometheus: name, Verdict: world.Verdict{Reason: c.Reason, Message: c.Message}})
			}
		}
	}
	return out
}
