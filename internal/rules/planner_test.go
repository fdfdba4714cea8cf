package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
)

func TestEmptySelectionHasShardZero(t *testing.T) {
	c := newCluster(16)
	pl := rules.NewPlanner(c.limits).For(c.world(), nil)
	if len(pl.Shards) != 1 || pl.Shards[0].Index != 0 || !pl.Shards[0].Changed || len(pl.Shards[0].Files) != 0 {
		t.Errorf("shard 0 exists even without rules, as upstream's does: %+v", pl.Shards)
	}
	if pl.Manifest.Count != 0 || pl.Manifest.Digest == "" {
		t.Errorf("an empty set is a set: %+v", pl.Manifest)
	}
}

func TestSecondPlanChangesNothing(t *testing.T) {
	c := newCluster(4)
	objects := []string{"a", "b", "c"}
	build := func() rules.Plan {
		return c.apply(t, object(objects[0], group("g", record("x", "up"))), object(objects[1], group("g", alert("Down", "up == 0"))),
			object(objects[2], group("bad", record("x", "up ==")), group("g", record("y", "up"))))
	}
	first := build()
	second := build()
	for _, s := range second.Shards {
		if s.Changed {
			t.Errorf("shard %d is written again although nothing changed", s.Index)
		}
	}
	if diff := cmp.Diff(first.Manifest, second.Manifest); diff != "" {
		t.Errorf("the manifest must stay as it is (-first +second):\n%s", diff)
	}
}

func TestQuarantineKeepsTheLastAcceptedForm(t *testing.T) {
	c := newCluster(4)
	good := object("a", group("one", record("one:v1", "up")), group("two", record("two:v1", "up")))
	c.apply(t, good)

	bad := object("a", group("one", record("one:v2", "up ==")), group("two", record("two:v2", "up")), group("new", alert("New", "sum(")))
	bad.Generation = 2
	pl := c.apply(t, bad)
	file := files(pl)["team-a_a.yaml"]
	for _, want := range []string{"one:v1", "two:v2"} {
		if !strings.Contains(file, want) {
			t.Errorf("want %s in the file: a bad group keeps its last accepted form, a good one goes ahead\n%s", want, file)
		}
	}
	if strings.Contains(file, "new") || pl.Groups != 2 {
		t.Errorf("a group that was never accepted is left out:\n%s", file)
	}
	v := verdict(pl, bad)
	for _, want := range []string{`2 of 3 groups refused`, "spec.groups[0].rules[0].expr: 1:6:", `group "one"`, `record "one:v2"`, `alert "New"`, "last accepted form stays"} {
		if !strings.Contains(v.Message, want) {
			t.Errorf("the verdict must say %q: %s", want, v.Message)
		}
	}

	again := c.apply(t, bad) // a planner that remembers nothing: as after a restart of the operator
	if diff := cmp.Diff(files(pl), files(again)); diff != "" {
		t.Errorf("the last accepted form must survive a restart (-before +after):\n%s", diff)
	}

	removed := object("a", group("two", record("two:v2", "up")))
	removed.Generation = 3
	if file := files(c.apply(t, removed))["team-a_a.yaml"]; strings.Contains(file, "one:v1") {
		t.Errorf("a group that is deleted goes, bad or not:\n%s", file)
	}
	if left := files(c.apply(t)); len(left) != 0 {
		t.Errorf("a deleted object takes its file along: %v", left)
	}
}

// A group that has the name of a good one is no reason to bring back what the good one replaces.
func TestDuplicateGroupBringsNothingBack(t *testing.T) {
	c := newCluster(1)
	c.apply(t, object("a", group("g", record("old", "up"))))
	doubled := object("a", group("g", record("new", "up")), group("g", record("twin", "up")))
	doubled.Generation = 2
	pl := c.apply(t, doubled)
	file := files(pl)["team-a_a.yaml"]
	if strings.Count(file, "- name:") != 1 || !strings.Contains(file, "new") {
		t.Errorf("the first of the two goes ahead alone:\n%s", file)
	}
	if v := verdict(pl, doubled); v.Reason != rules.DuplicateGroup || strings.Contains(v.Message, "stays") {
		t.Errorf("nothing stays: %+v", v)
	}
}

// An empty copy of a file, whoever left it, does not hide the one with the last accepted form.
func TestEmptyCopyHidesNothing(t *testing.T) {
	c := newCluster(2)
	c.apply(t, object("a", group("g", record("good", "up"))))
	c.write(rules.Shard{Index: 1, Files: map[string]string{"team-a_a.yaml": c.configMaps[0].Data["team-a_a.yaml"]}})
	c.write(rules.Shard{Index: 0, Files: map[string]string{"team-a_a.yaml": ""}})
	bad := object("a", group("g", record("good", "up ==")))
	bad.Generation = 2
	if file := files(c.apply(t, bad))["team-a_a.yaml"]; !strings.Contains(file, "good") {
		t.Errorf("the last accepted form must stay: %q", file)
	}
}

func TestQuarantineJudgesTheLastFormAgain(t *testing.T) {
	c := newCluster(4)
	c.apply(t, object("a", group("one", record("x", "up"))))
	c.prometheus.Spec.EnforcedNamespaceLabel = "namespace"
	bad := object("a", group("one", record("x", "up ==")))
	bad.Generation = 2
	file := files(c.apply(t, bad))["team-a_a.yaml"]
	if !strings.Contains(file, `up{namespace="team-a"}`) {
		t.Errorf("what stays obeys the Prometheus as it is now:\n%s", file)
	}
}

func TestGrownFileMovesAlone(t *testing.T) {
	c := newCluster(3)
	a, b := object("a", sized("g", 300_000)), object("b", sized("g", 300_000))
	c.apply(t, a, b)
	if len(c.configMaps) != 1 {
		t.Fatalf("both fit into one ConfigMap, got %d", len(c.configMaps))
	}
	grown := object("a", sized("g", 800_000))
	grown.Generation = 2
	before := c.configMaps[0]
	pl := c.apply(t, grown, b)
	order := []int{}
	for _, s := range pl.Shards {
		if s.Changed {
			order = append(order, s.Index)
		}
	}
	if diff := cmp.Diff([]int{1, 0}, order); diff != "" {
		t.Errorf("a move writes the new place first and the old one then (-want +got):\n%s", diff)
	}
	if got := slices.Sorted(maps.Keys(c.configMaps[0].Data)); !slices.Equal(got, []string{"team-a_b.yaml"}) {
		t.Errorf("only the grown file moves: shard 0 has %v", got)
	}
	if before.Data["team-a_b.yaml"] != c.configMaps[0].Data["team-a_b.yaml"] {
		t.Error("the other file keeps its bytes")
	}
}

// Of two files that outgrow their ConfigMaps at once neither moves to where the other one leaves: one of them would be nowhere
// between the writes.
func TestMovesDoNotCross(t *testing.T) {
	c := newCluster(4)
	c.limits.NamespaceBytes, c.limits.ReserveBytes, c.limits.FillBytes = 0, 0, c.limits.ShardBytes
	stay := []*v1.PrometheusRule{object("x0", sized("g", 600_000)), object("x1", sized("g", 90_000)), object("x2", sized("g", 520_000))}
	a, b := object("a", sized("g", 290_000)), object("b", sized("g", 390_000))
	all := slices.Concat([]*v1.PrometheusRule{a, b}, stay)
	for i, members := range [][]*v1.PrometheusRule{{a, stay[0]}, {b, stay[1]}, {stay[2]}} {
		c.write(rules.Shard{Index: i, Files: files(newCluster(1).apply(t, members...))})
	}
	c.apply(t, all...)
	grownA, grownB := object("a", sized("g", 400_000)), object("b", sized("g", 900_000))
	grownA.Generation, grownB.Generation = 2, 2
	pl := rules.NewPlanner(c.limits).For(c.world(), slices.Concat([]*v1.PrometheusRule{grownA, grownB}, stay))
	if len(pl.Verdicts) > 0 {
		t.Fatalf("all have room: %v", pl.Verdicts)
	}
	standing := map[string]int{}
	for i, cm := range c.configMaps {
		for file := range cm.Data {
			standing[file] = i
		}
	}
	for _, s := range pl.Shards {
		if !s.Changed {
			continue
		}
		c.write(s)
		for file := range standing {
			if !slices.ContainsFunc(slices.Collect(maps.Values(c.configMaps)), func(cm *corev1.ConfigMap) bool { return cm.Data[file] != "" }) {
				t.Errorf("%s is nowhere once shard %d is written", file, s.Index)
			}
		}
	}
}

// New files leave what stands room to grow, as long as another ConfigMap can be had.
func TestNewFilesLeaveRoomToGrow(t *testing.T) {
	c := newCluster(2)
	first, second, third := object("a", sized("g", 600_000)), object("b", sized("g", 100_000)), object("c", sized("g", 560_000))
	c.limits.FillBytes = sizeOf(t, first) + sizeOf(t, second)
	if c.apply(t, first, second); len(c.configMaps) != 1 {
		t.Errorf("up to the fill both go into one ConfigMap, got %d", len(c.configMaps))
	}
	c = newCluster(2)
	c.limits.NamespaceBytes, c.limits.FillBytes = 0, sizeOf(t, first)+sizeOf(t, second)-1
	if c.apply(t, first, second); len(c.configMaps) != 2 {
		t.Errorf("beyond it there is another one, got %d", len(c.configMaps))
	}
	pl := c.apply(t, first, second, third)
	if v := verdict(pl, third); !v.Accepted() || pl.Fill[1] < pl.Fill[0] {
		t.Errorf("where there is no other, the emptiest takes it past the fill: %v, %+v", pl.Fill, v)
	}
}

func TestNoRoomHoldsTheObjectBackWhole(t *testing.T) {
	c := newCluster(1)
	c.limits.NamespaceBytes, c.limits.ReserveBytes = 0, 0
	a := object("a", sized("g", 500_000))
	c.apply(t, a)
	b := object("b", sized("g", 700_000))
	pl := c.apply(t, a, b)
	v := verdict(pl, b)
	if v.Reason != rules.NoRoom {
		t.Fatalf("want NoRoom, got %+v", v)
	}
	for _, want := range []string{"bytes", "prometheus-main-rulefiles-0", "983040", "--rule-shards"} {
		if !strings.Contains(v.Message, want) {
			t.Errorf("the message must say %q: %s", want, v.Message)
		}
	}
	grown := object("a", sized("g", 990_000))
	grown.Generation = 2
	pl = c.apply(t, grown)
	if v := verdict(pl, grown); v.Reason != rules.TooLarge || !strings.Contains(v.Message, "last accepted form stays") {
		t.Errorf("an object larger than a ConfigMap keeps its last accepted form: %+v", v)
	}
	if got := files(pl)["team-a_a.yaml"]; len(got) < 500_000 || len(got) > 600_000 {
		t.Errorf("the file that stood must stay, got %d bytes", len(got))
	}
}

func TestNamespacesKeepToTheirShare(t *testing.T) {
	c := newCluster(2)
	c.limits.NamespaceBytes = 400_000
	first, second := object("greedy/a", sized("g", 300_000)), object("greedy/b", sized("g", 300_000))
	pl := c.apply(t, first, second)
	if v := verdict(pl, second); v.Reason != rules.QuotaExceeded || !strings.Contains(v.Message, "400000") {
		t.Errorf("want QuotaExceeded with the limit: %+v", v)
	}
	if v := verdict(pl, first); !v.Accepted() {
		t.Errorf("the first is within the limit: %+v", v)
	}
}

// Whoever came first has the last room.
func TestOldestFirst(t *testing.T) {
	c := newCluster(1)
	early, late := object("z", sized("g", 700_000)), object("a", sized("g", 700_000))
	early.CreationTimestamp, late.CreationTimestamp = metav1.Unix(1, 0), metav1.Unix(2, 0)
	pl := c.apply(t, late, early)
	if e, l := verdict(pl, early), verdict(pl, late); !e.Accepted() || l.Reason != rules.NoRoom {
		t.Errorf("the early one: %+v, the late one: %+v", e, l)
	}
	if _, there := files(pl)["team-a_a.yaml"]; there {
		t.Error("the late one is held back whole")
	}
}

// A limit that was lowered refuses no change that does not add to what it bounds.
func TestLoweredLimitRefusesNoOtherChange(t *testing.T) {
	c := newCluster(1)
	c.apply(t, object("a", group("g", record("x", "up")), group("h", record("y", "up"))))
	c.limits.NamespaceGroups, c.limits.NamespaceRules = 1, 1
	longer := object("a", group("g", record("x", "up + up")), group("h", record("y", "up")))
	longer.Generation = 2
	if v := verdict(c.apply(t, longer), longer); !v.Accepted() {
		t.Errorf("it adds neither groups nor rules: %+v", v)
	}
}

func TestReserveIsKeptForSmallNamespaces(t *testing.T) {
	c := newCluster(1)
	c.limits.NamespaceBytes = 0
	full := object("greedy/a", sized("g", 800_000))
	c.apply(t, full)
	more, small := object("greedy/b", sized("g", 120_000)), object("modest/a", sized("g", 40_000))
	pl := c.apply(t, full, more, small)
	if v := verdict(pl, more); v.Reason != rules.QuotaExceeded || !strings.Contains(v.Message, "namespace greedy") {
		t.Errorf("the reserve is not for a namespace that has plenty: %+v", v)
	}
	if v := verdict(pl, small); !v.Accepted() {
		t.Errorf("the reserve is for a namespace that has little: %+v", v)
	}
}

func TestDoubledFileIsTakenFromOnePlace(t *testing.T) {
	c := newCluster(3)
	a := object("a", group("g", record("x", "up")))
	c.apply(t, a)
	content := c.configMaps[0].Data["team-a_a.yaml"]
	c.write(rules.Shard{Index: 0, Files: map[string]string{"team-a_a.yaml": "groups: []\n"}})
	c.write(rules.Shard{Index: 2, Files: map[string]string{"team-a_a.yaml": content}})
	pl := c.apply(t, a)
	if _, there := c.configMaps[0].Data["team-a_a.yaml"]; there {
		t.Error("the copy that a move left behind goes")
	}
	if c.configMaps[2].Data["team-a_a.yaml"] != content || len(pl.Shards) != 2 {
		t.Errorf("the copy that is wanted stays: %v", pl.Shards)
	}
}

func TestForeignFilesGo(t *testing.T) {
	c := newCluster(2)
	c.configMaps[1] = &corev1.ConfigMap{Data: map[string]string{"monitoring-k8s-rules.yaml": "groups: []", "note.txt": "x", "team-a_a.yaml": ""}}
	c.configMaps[1].Name = "prometheus-main-rulefiles-1"
	a := object("a", group("g", record("x", "up")))
	pl := c.apply(t, a)
	if got := slices.Collect(maps.Keys(files(pl))); !slices.Equal(got, []string{"team-a_a.yaml"}) {
		t.Errorf("what belongs to no object is taken away, got %v", got)
	}
	if len(pl.Shards) != 2 {
		t.Error("a ConfigMap that stands is never left out, even when it is empty")
	}
}

// A ConfigMap that is called almost like one of ours neither hides ours nor counts.
func TestNamesThatOnlyLookLikeOurs(t *testing.T) {
	c := newCluster(2)
	a := object("a", group("g", record("x", "up")))
	c.apply(t, a)
	w := c.world()
	for _, name := range []string{"prometheus-main-rulefiles-00", "prometheus-main-rulefiles-+0", "prometheus-main-rulefiles--1", "prometheus-main-rulefiles-",
		"prometheus-other-rulefiles-0", "prometheus-main-rulefiles-0-rulefiles-0", "main"} {
		other := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"other.yaml": "groups: []"}}
		w.Owned.RuleShards = append(w.Owned.RuleShards, other)
	}
	pl := rules.NewPlanner(c.limits).For(w, []*v1.PrometheusRule{a})
	for _, s := range pl.Shards {
		if s.Changed {
			t.Errorf("shard %d is written again, with %v", s.Index, slices.Collect(maps.Keys(s.Files)))
		}
	}
}

func TestManifestDescribesTheFiles(t *testing.T) {
	c := newCluster(2)
	pl := c.apply(t, object("a", group("g", record("x", "up"))), object("b", group("g", record("x", "up")), group("h", record("y", "up"))))
	want := manifestOf(files(pl))
	if diff := cmp.Diff(want, pl.Manifest.Buckets); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	if pl.Manifest.Digest != contract.RulesDigest(want) || pl.Manifest.Count != 3 || pl.Manifest.Domain != contract.Rules {
		t.Errorf("manifest: %+v", pl.Manifest)
	}
	if pl.Manifest.Generation != c.now.UnixMilli() {
		t.Errorf("a new set has the time as its generation: %d", pl.Manifest.Generation)
	}
}
