package plan

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

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

	Orphans   []workload.Object // to be deleted before Writes, with their pods left running, because they can't become what they should be
	Writes    []workload.Object
	Prune     []workload.Object
	Claims    []*corev1.PersistentVolumeClaim // that stand, with the larger request that is to be written before Orphans are deleted
	Stuck     []*corev1.Pod                   // pods that hold up a rollout for good
	Shrinks   []Shrink                        // what Writes takes away of what ran, where it is most of it
	Ignored   []string                        // fields without effect and why, in sentences
	Unresized []string                        // volume claims that can't have the size which the spec asks for and why, in sentences
	Wanted    delivery.Wanted
	Delivery  delivery.Delivery
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
	pl := Plan{Selection: selection.For(w), Unmanaged: world.Unmanaged(w.Prometheus), Verdicts: map[world.Object]world.Verdict{}}
	_, unreadable := pl.Selection.Invalid[world.PrometheusRule]
	if !unreadable {
		pl.Rules = p.rules.For(w, pl.Selection.Rules)
	}
	pl.Config = p.renderer.Render(w, pl.Selection)
	maps.Copy(pl.Verdicts, pl.Config.Verdicts)
	maps.Copy(pl.Verdicts, pl.Rules.Verdicts)

	objects := workload.For(w)
	maps.Copy(pl.Verdicts, objects.Verdicts)
	for _, verdict := range pl.Selection.Invalid {
		pl.Verdicts[self(w)] = verdict
	}

	config := configuration(w, pl)
	ruleFiles := ruleFiles(w, pl.Rules)
	if unreadable {
		ruleFiles = publishedRules(w)
	}
	if len(config.homeless) > 0 {
		pl.Verdicts[self(w)] = noRoomForAssets(w, config.homeless)
	}
	pl.Wanted = delivery.Wanted{Config: config.manifest, Rules: ruleFiles.manifest}
	desired := inOrder(w, config, ruleFiles, objects, lastKnownGood(w, pl.Wanted))
	for _, sts := range objects.Orphans {
		pl.Orphans = append(pl.Orphans, sts)
	}
	pl.Writes = differing(w.Owned, desired)
	pl.Prune = surplus(w, desired, slices.Concat(config.kept, ruleFiles.kept, objects.Kept))
	growth := workload.Grow(objects.StatefulSets, w.Claims, func(class string) bool { return w.Expandable[class] })
	pl.Claims, pl.Unresized = growth.Claims, growth.Stuck
	pl.Ignored = slices.Concat(objects.Ignored, pl.Config.Ignored)
	pl.Stuck = workload.Stuck(w)
	pl.Shrinks = shrinks(w, pl.Wanted)
	pl.Fill = fill(w, pl.Config, pl.Rules)
	pl.Delivery = delivery.For(w, pl.Wanted)
	return pl
}

func self(w *world.World) world.Object { return world.ObjectOf(world.Prometheus, w.Prometheus) }
