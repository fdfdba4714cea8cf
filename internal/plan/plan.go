package plan

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// Plan is what should be, for one Prometheus.
//
// Writes are those objects that differ from what is there, complete, in the order in which they must be written. Each carries the
// resourceVersion that it was decided on, or none when it does not exist. Prune is what is there and no longer wanted.
type Plan struct {
	Selection selection.Result
	Verdicts  map[world.Object]world.Verdict // selected, and left out wholly or in part
	Config    promconfig.Result
	Rules     rules.Plan
	Fill      Fill
	Unmanaged bool // the configuration Secret is the user's own

	Orphans    []workload.Object // to be deleted before Writes, with their pods left running, because they can't become what they should be
	Writes     []workload.Object
	Prune      []workload.Object
	Claims     []*corev1.PersistentVolumeClaim // that stand, with the larger request that is to be written before Orphans are deleted
	Stuck      []*corev1.Pod                   // pods that hold up a rollout for good
	Shrinks    []Shrink                        // what Writes takes away of what ran, where it is most of it
	Ignored    []string                        // fields without effect and why, in sentences
	Deprecated []string                        // fields that are to be replaced, and by what, in sentences
	Unmet      []world.Verdict                 // what the spec names that is not there or does not fit; nobody tells when it does
	Unresized  []string                        // volume claims that can't have the size which the spec asks for and why, in sentences
	Wanted     delivery.Wanted
	Delivery   delivery.Delivery
	LookAgain  time.Duration // when to plan again though nothing changes, 0 for never
}

// Planner plans for one Prometheus. It remembers what it rendered, which changes the cost of a call and never its result.
type Planner struct {
	renderer *promconfig.Renderer
	rules    *rules.Planner
}

// NewPlanner returns a Planner that remembers nothing yet.
func NewPlanner(limits rules.Limits) *Planner {
	return &Planner{renderer: promconfig.NewRenderer(), rules: rules.NewPlanner(limits)}
}

// For plans for w. It is a pure function of w.
func (p *Planner) For(w *world.World) Plan {
	pl := Plan{Selection: selection.For(w), Unmanaged: w.Unmanaged(), Verdicts: map[world.Object]world.Verdict{}}
	pl.Rules = p.rulesFor(w, pl.Selection)
	pl.Config = p.renderer.Render(w, pl.Selection)
	maps.Copy(pl.Verdicts, pl.Config.Verdicts)
	maps.Copy(pl.Verdicts, pl.Rules.Verdicts)

	objects := workload.For(w)
	config := configuration(w, pl)
	ruleFiles := ruleFiles(w, pl.Rules)
	if own := ownVerdict(w, pl, objects, config.homeless); !own.Accepted() {
		pl.Verdicts[self(w)] = own
	}
	pl.Wanted = delivery.Wanted{Config: config.manifest, Rules: ruleFiles.manifest}
	desired := inOrder(w, config, ruleFiles, objects, lastKnownGood(w, pl.Wanted))
	for _, sts := range objects.Orphans {
		pl.Orphans = append(pl.Orphans, sts)
	}
	pl.Writes = differing(w.Owned, desired)
	pl.Prune = surplus(w, desired, slices.Concat(config.kept, ruleFiles.kept, objects.Kept))
	growth := workload.Grow(objects.StatefulSets, w.Claims, expandable(w))
	pl.Claims, pl.Unresized = growth.Claims, growth.Stuck
	if w.ClaimsUnread != "" {
		pl.Unresized = []string{"its volume claims can't be looked at: " + w.ClaimsUnread}
	}
	pl.Ignored = slices.Concat(objects.Ignored, pl.Config.Ignored)
	pl.Unmet, pl.Deprecated = objects.Unmet, objects.Deprecated
	pl.Stuck = workload.Stuck(w)
	pl.Shrinks = shrinks(w, pl.Wanted)
	pl.Fill = fill(w, pl.Config, pl.Rules)
	pl.Delivery = delivery.For(w, pl.Wanted)
	pl.LookAgain = lookAgain(w, pl, objects)
	return pl
}

// lookAtVolumes is how often volumes are looked at that can't have their size yet, and what is named and not there: neither is watched.
const lookAtVolumes = time.Minute

// lookAgain is when time alone changes the plan: delivery goes on, a retained shard may go, or a volume may grow or be made by now.
func lookAgain(w *world.World, pl Plan, objects workload.Objects) time.Duration {
	after := pl.Delivery.CheckAfter
	if len(pl.Unresized)+len(pl.Unmet) > 0 {
		after = delivery.Sooner(after, lookAtVolumes)
	}
	if !objects.NextDeadline.IsZero() {
		after = delivery.Sooner(after, max(time.Second, objects.NextDeadline.Sub(w.Now)))
	}
	return after
}

// expandable reports whether claims of a storage class can grow. Where that is not known the API server tells when it is tried.
func expandable(w *world.World) func(class string) bool {
	return func(name string) bool {
		class, known := w.StorageClasses[name]
		return name != "" && (!known || class != nil && ptr.Deref(class.AllowVolumeExpansion, false))
	}
}

// rulesFor keeps every rule as it is where a selector says nothing about what is wanted, or spec.version nothing about whom it is for.
func (p *Planner) rulesFor(w *world.World, sel selection.Result) rules.Plan {
	if _, unreadable := sel.Invalid[world.PrometheusRule]; unreadable || promconfig.Version(w.Prometheus) == "" {
		return p.rules.Keep(w)
	}
	return p.rules.For(w, sel.Rules)
}

// ownVerdict is all that is wrong with the Prometheus itself, the gravest first.
func ownVerdict(w *world.World, pl Plan, objects workload.Objects, homeless []string) world.Verdict {
	verdicts := []world.Verdict{objects.Verdicts[self(w)]}
	for _, kind := range world.Selectable {
		verdicts = append(verdicts, pl.Selection.Invalid[kind])
	}
	verdicts = append(verdicts, noRoomForAssets(w, homeless))
	if promconfig.Version(w.Prometheus) != "" { // else it is the version, of which no pod can be made either
		verdicts = append(verdicts, pl.Config.Verdicts[self(w)])
	}
	return joined(append(verdicts, objects.Unmet...))
}

// joined sums verdicts up: the reason of the first that objects, and the words of all.
func joined(verdicts []world.Verdict) world.Verdict {
	verdicts = slices.DeleteFunc(verdicts, world.Verdict.Accepted)
	if len(verdicts) == 0 {
		return world.Verdict{}
	}
	messages := make([]string, len(verdicts))
	for i, v := range verdicts {
		messages[i] = v.Message
	}
	return world.Verdict{Reason: verdicts[0].Reason, Message: strings.Join(messages, "; ")}
}

func self(w *world.World) world.Object { return world.ObjectOf(world.Prometheus, w.Prometheus) }
