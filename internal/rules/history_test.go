package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
)

// small limits make ConfigMaps fill up within a short history.
func small(c *cluster) *cluster {
	c.limits.ShardBytes, c.limits.FillBytes = 3000, 2100
	c.limits.NamespaceBytes, c.limits.ReserveBytes, c.limits.ReserveShare = 5500, 300, 900
	return c
}

// history is a cluster that lives through random changes of objects.
type history struct {
	*cluster
	t       *rapid.T
	objects map[string]*v1.PrometheusRule
	planner *rules.Planner
	changes int
}

func newHistory(t *rapid.T) *history {
	return livingIn(t, small(newCluster(rapid.SampledFrom([]int{3, 4, 2, 1}).Draw(t, "shards"))))
}

// livingIn starts a history in a cluster.
func livingIn(t *rapid.T, c *cluster) *history {
	h := &history{cluster: c, t: t, objects: map[string]*v1.PrometheusRule{}, planner: rules.NewPlanner(c.limits)}
	for range rapid.SampledFrom([]int{0, 6, 12, 18}).Draw(t, "before") { // ConfigMaps that are nearly full, or a cluster from nothing
		h.change()
	}
	h.store(h.plan())
	return h
}

// change creates, updates or deletes one object and returns its name.
func (h *history) change() string {
	h.changes++
	name := fmt.Sprintf("ns-%d/rule-%d", rapid.IntRange(0, 2).Draw(h.t, "namespace"), rapid.IntRange(0, 4).Draw(h.t, "name"))
	old := h.objects[name]
	if old != nil && rapid.IntRange(0, 5).Draw(h.t, "delete") == 0 {
		delete(h.objects, name)
		return name
	}
	o := object(name)
	o.UID = types.UID(fmt.Sprint(h.changes))
	if old != nil {
		o.UID, o.Generation = old.UID, old.Generation+1
	}
	for g := range rapid.SampledFrom([]int{1, 2, 1, 0}).Draw(h.t, "groups") {
		o.Spec.Groups = append(o.Spec.Groups, h.group(fmt.Sprintf("g%d", g)))
	}
	h.objects[name] = o
	return name
}

func (h *history) group(name string) v1.RuleGroup {
	text := strings.Repeat("x", rapid.SampledFrom([]int{10, 300, 600, 1100}).Draw(h.t, "bytes"))
	expr := rapid.SampledFrom([]string{"up == 0", "up == 0", "up == 0", "up =="}).Draw(h.t, "expr")
	return group(name, with(alert(fmt.Sprintf("Change%d", h.changes), expr), func(r *v1.Rule) { r.Annotations = map[string]string{"text": text} }))
}

func (h *history) selected() []*v1.PrometheusRule {
	out := make([]*v1.PrometheusRule, 0, len(h.objects))
	for _, name := range slices.Sorted(maps.Keys(h.objects)) {
		out = append(out, h.objects[name])
	}
	return out
}

// plan plans with the planner of the history, which a restart replaces, and proves that what it remembers changes nothing.
func (h *history) plan() rules.Plan {
	if rapid.IntRange(0, 4).Draw(h.t, "restart") == 0 {
		h.planner = rules.NewPlanner(h.limits)
	}
	pl := h.planner.For(h.world(), h.selected())
	fresh := rules.NewPlanner(h.limits).For(h.world(), h.selected())
	if diff := cmp.Diff(fresh, pl); diff != "" {
		h.t.Fatalf("the cluster's state alone must give the same plan (-fresh +remembering):\n%s", diff)
	}
	return pl
}

// places is the shard of each file, and fails when a file is in two.
func places(t *rapid.T, shards map[int]map[string]string) map[string]int {
	out := map[string]int{}
	for index, files := range shards {
		for name := range files {
			if other, twice := out[name]; twice {
				t.Fatalf("%s is in shards %d and %d", name, other, index)
			}
			out[name] = index
		}
	}
	return out
}

func (h *history) data() map[int]map[string]string {
	out := map[int]map[string]string{}
	for i, cm := range h.configMaps {
		out[i] = cm.Data
	}
	return out
}

func TestHistoriesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 12).Draw(t, "length") {
			before := places(t, h.data())
			changed := heldBack(h.plan())
			changed[rules.FileName(splitName(h.change()))] = true
			pl := h.plan()
			h.store(pl)
			after := places(t, h.data())
			h.checkLimits(pl)
			h.checkWrites(pl, before, after, changed)
			if got := manifestOf(files(pl)); !maps.Equal(got, pl.Manifest.Buckets) {
				t.Fatalf("the manifest must describe the files: %v, want %v", pl.Manifest.Buckets, got)
			}
			h.checkAccepted(pl, after)
		}
	})
}

func splitName(full string) (namespace, name string) {
	namespace, name, _ = strings.Cut(full, "/")
	return namespace, name
}

// store writes a plan as the operator does, shards in their order and the manifest last.
func (h *history) store(pl rules.Plan) {
	for _, s := range pl.Shards {
		if s.Changed {
			h.write(s)
		}
	}
	h.storeManifest(pl.Manifest)
}

func (h *history) storeManifest(m contract.Manifest) {
	data, err := m.Encode()
	if err != nil {
		h.t.Fatal(err)
	}
	h.manifest = manifestObject(data)
}

func (h *history) checkLimits(pl rules.Plan) {
	for _, s := range pl.Shards {
		bytes := 0
		for name, content := range s.Files {
			bytes += 2*len(name) + 16 + len(content) // the name stands among the managed fields, too
		}
		if bytes > h.limits.ShardBytes || pl.Fill[s.Index] != bytes {
			h.t.Fatalf("shard %d has %d bytes, limit %d, reported %d", s.Index, bytes, h.limits.ShardBytes, pl.Fill[s.Index])
		}
	}
}

// checkWrites holds that one change writes one ConfigMap, a move two, and that no other object's file moves. An object that was
// held back before may find its room only now, so it counts as changed too.
func (h *history) checkWrites(pl rules.Plan, before, after map[string]int, changed map[string]bool) {
	for name, place := range before {
		if now, there := after[name]; there && now != place && !changed[name] {
			h.t.Fatalf("%s moved from shard %d to %d although only %v changed", name, place, now, changed)
		}
	}
	writes, allowed := 0, 0
	for _, s := range pl.Shards {
		if s.Changed {
			writes++
		}
	}
	for name := range changed {
		allowed++
		if was, stood := before[name]; stood && after[name] != was {
			allowed++
		}
	}
	if writes > allowed {
		h.t.Fatalf("%d ConfigMaps written for %v, %d allowed", writes, changed, allowed)
	}
}

// heldBack are the files of objects that a plan found no room for.
func heldBack(pl rules.Plan) map[string]bool {
	out := map[string]bool{}
	for o, v := range pl.Verdicts {
		if v.Reason == rules.NoRoom || v.Reason == rules.QuotaExceeded {
			out[rules.FileName(o.Namespace, o.Name)] = true
		}
	}
	return out
}

// checkAccepted holds that an object without a verdict is there as it asks to be.
func (h *history) checkAccepted(pl rules.Plan, after map[string]int) {
	for name, o := range h.objects {
		if !verdict(pl, o).Accepted() || len(o.Spec.Groups) == 0 {
			continue
		}
		file := rules.FileName(o.Namespace, o.Name)
		place, there := after[file]
		if !there {
			h.t.Fatalf("%s is accepted and nowhere", name)
		}
		content := h.configMaps[place].Data[file]
		for _, g := range o.Spec.Groups {
			if !strings.Contains(content, g.Rules[0].Alert) {
				h.t.Fatalf("%s is accepted and its rule %s is not in its file", name, g.Rules[0].Alert)
			}
		}
	}
	for file := range after {
		if !slices.ContainsFunc(h.selected(), func(o *v1.PrometheusRule) bool { return rules.FileName(o.Namespace, o.Name) == file }) {
			h.t.Fatalf("%s stayed although its object is gone", file)
		}
	}
}

// A kubelet reads each ConfigMap from a watch of its own, so that it may see any mixture of old and new ones. A reloader with the
// contract takes a view only when it is complete by its manifest; one without sees the writes in their order.
func TestNoInterleavingShowsFewerRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 8).Draw(t, "length") {
			old := view(h.data())
			states := []map[int]map[string]string{h.data()}
			for range rapid.IntRange(1, 3).Draw(t, "at once") {
				h.change()
			}
			oldManifest := decode(h)
			pl := h.plan()
			for _, s := range pl.Shards {
				if s.Changed {
					h.write(s)
					states = append(states, h.data())
				}
			}
			h.storeManifest(pl.Manifest)
			mixed := map[int]map[string]string{}
			for i := range h.shards {
				mixed[i] = rapid.SampledFrom(states).Draw(t, "seen")[i]
			}
			sets := map[string]map[string]string{oldManifest.Digest: old, pl.Manifest.Digest: files(pl)}
			for _, m := range []contract.Manifest{oldManifest, pl.Manifest} {
				seen := view(mixed)
				if maps.Equal(manifestOf(seen), m.Buckets) && m.Digest != "" && !maps.Equal(seen, sets[m.Digest]) {
					t.Fatalf("a view that is neither the old nor the new set is complete by a manifest: %v", slices.Sorted(maps.Keys(seen)))
				}
			}
			if !maps.Equal(manifestOf(view(h.data())), pl.Manifest.Buckets) {
				t.Fatal("once all is written, the view must be complete")
			}
		}
	})
}

// The order of writes keeps a moving file in sight even where there is no manifest.
func TestMovingFileIsNeverOutOfSight(t *testing.T) {
	t.Parallel()
	moves := 0
	rapid.Check(t, func(t *rapid.T) {
		c := small(newCluster(4))
		c.limits.ShardBytes, c.limits.FillBytes = 1900, 1900 // an object or two each, and nothing but room decides
		c.limits.NamespaceBytes, c.limits.ReserveBytes = 0, 0
		h := livingIn(t, c)
		for range rapid.IntRange(1, 10).Draw(t, "length") {
			before, places := view(h.data()), places(t, h.data())
			h.change()
			pl := h.plan()
			after := files(pl)
			for _, s := range pl.Shards {
				if !s.Changed {
					continue
				}
				h.write(s)
				for name := range s.Files {
					if place, stood := places[name]; stood && place != s.Index {
						moves++
					}
				}
				for name := range before {
					if _, stays := after[name]; stays && view(h.data())[name] == "" {
						t.Fatalf("%s is nowhere after shard %d was written", name, s.Index)
					}
				}
			}
			h.storeManifest(pl.Manifest)
		}
	})
	t.Log(moves, "moves")
	if moves < 5 {
		t.Errorf("the histories had only %d moves, which proves nothing", moves)
	}
}

// An interrupted write is finished by the next plan, whatever was written last.
func TestInterruptedWritesConverge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 8).Draw(t, "length") {
			h.change()
			pl := h.plan()
			for range rapid.IntRange(0, len(pl.Shards)).Draw(t, "writes until the crash") {
				h.write(pl.Shards[0])
				pl.Shards = pl.Shards[1:]
			}
			h.store(h.plan())
			again := h.plan()
			for _, s := range again.Shards {
				if s.Changed {
					t.Fatalf("shard %d is written again although all was written", s.Index)
				}
			}
			places(t, h.data())
		}
	})
}

// view is the directory that a projected volume shows: where two ConfigMaps have a file, the later one's counts.
func view(shards map[int]map[string]string) map[string]string {
	out := map[string]string{}
	for _, i := range slices.Sorted(maps.Keys(shards)) {
		maps.Copy(out, shards[i])
	}
	return out
}

func decode(h *history) contract.Manifest {
	if h.manifest == nil {
		return contract.Manifest{}
	}
	m, err := contract.DecodeManifest([]byte(h.manifest.Data[contract.ManifestKey]))
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}
