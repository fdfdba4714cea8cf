package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
)

// A file that stands twice is taken from one place for as long as it takes until that is written.
func TestPlannerForgetsNoCopyBeforeItIsGone(t *testing.T) {
	t.Parallel()
	c := newCluster(2)
	objects := []*v1.PrometheusRule{object("a", group("g", record("x", "up")))}
	planner := rules.NewPlanner(c.limits)
	store(t, c, planner.For(c.world(), objects))
	planner.For(c.world(), objects)
	c.write(rules.Shard{Index: 1, Files: c.configMaps[0].Data})
	first := planner.For(c.world(), objects)
	if diff := cmp.Diff(first, planner.For(c.world(), objects)); diff != "" || !first.Shards[1].Changed {
		t.Errorf("the copy in shard 1 must go, however often it takes (-first +second):\n%s", diff)
	}
}

// Another version, or another label to enforce, has everything judged again.
func TestPlannerJudgesAgainForAnotherTarget(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	o := object("a", group("g", record("x", "up")))
	planner := rules.NewPlanner(c.limits)
	store(t, c, planner.For(c.world(), []*v1.PrometheusRule{o}))
	planner.For(c.world(), []*v1.PrometheusRule{o})
	changed := prometheus()
	changed.Spec.EnforcedNamespaceLabel = "namespace"
	c.prometheus = changed
	if file := files(planner.For(c.world(), []*v1.PrometheusRule{o}))["team-a_a.yaml"]; !strings.Contains(file, `namespace="team-a"`) {
		t.Errorf("the label is enforced from now on:\n%s", file)
	}
}

// A bucket's digest is worked out again for one of its files, whatever becomes of the others.
func TestPlannerHashesABucketForEachOfItsFiles(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	first, second := sameBucket()
	good, bad := object(first, group("g", record("x", "up"))), object(second, group("g", record("x", "up")), group("bad", record("x", "up ==")))
	planner := rules.NewPlanner(c.limits)
	store(t, c, planner.For(c.world(), []*v1.PrometheusRule{good, bad}))
	planner.For(c.world(), []*v1.PrometheusRule{good, bad})
	changed := object(first, group("g", record("y", "up")))
	changed.Generation = 2
	pl := planner.For(c.world(), []*v1.PrometheusRule{changed, bad}) // the bad one is looked at each time
	if diff := cmp.Diff(manifestOf(files(pl)), pl.Manifest.Buckets); diff != "" {
		t.Errorf("the manifest must describe the files (-want +got):\n%s", diff)
	}
}

// sameBucket returns the names of two objects in team-a whose files share a bucket, in their order.
func sameBucket() (first, second string) {
	seen := map[int]string{}
	for i := 0; ; i++ {
		name := fmt.Sprintf("r%03d", i)
		b := contract.BucketOf(rules.FileName("team-a", name))
		if other, there := seen[b]; there {
			return other, name
		}
		seen[b] = name
	}
}

// What shrinks is admitted even where the limit was lowered below what stands.
func TestCapacityAdmitsWhatShrinks(t *testing.T) {
	t.Parallel()
	c := newCluster(1)
	c.limits.NamespaceBytes, c.limits.ReserveBytes = 0, 0
	c.apply(t, object("a", sized("g", 300_000)), object("b", sized("g", 300_000)))
	c.limits.ShardBytes = 400_000
	capacity := rules.NewCapacity(c.limits, c.shards)
	observe(capacity, c)
	smaller := object("a", sized("g", 200_000))
	smaller.Generation = 2
	if got := capacity.Admit(mainPrometheus, smaller, judge(c.prometheus, smaller)); !got.Accepted() {
		t.Errorf("admission says %+v", got)
	}
	if got := verdict(c.apply(t, smaller, object("b", sized("g", 300_000))), smaller); !got.Accepted() {
		t.Errorf("the plan says %+v", got)
	}
}
