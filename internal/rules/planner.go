package rules

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// Plan is what should be of the rules of one Prometheus.
type Plan struct {
	// Shards are all ConfigMaps that must exist, in the order in which they must be written, before the manifest. Shard 0 is
	// always there, and a ConfigMap that stands is never left out, even when it is empty. There are none where all stays as it is.
	Shards []Shard
	// Manifest describes the whole set. It is equal to the one that stands when nothing has changed.
	Manifest contract.Manifest
	// Groups is the number of rule groups in all files.
	Groups int
	// Verdicts has the selected objects that were refused, wholly or in part.
	Verdicts map[world.Object]world.Verdict
	// Notes has the selected objects of which an accepted group does without something, and what that is.
	Notes map[world.Object]string
	// Rejected counts the groups of those objects that are left out or stay in an older form.
	Rejected map[types.NamespacedName]int
	// Fill is the sum of names and contents in bytes, per ConfigMap that the pods mount, whether it exists or not.
	Fill []int
	// Capacity is the limit of each entry of Fill.
	Capacity int
}

// Planner plans for one Prometheus. It remembers what it judged and what stood, so that a call costs as much as has changed since
// the last one; what it remembers never changes a result. It is not safe for concurrent use.
type Planner struct {
	limits Limits
	memory
}

// NewPlanner returns a Planner that remembers nothing yet.
func NewPlanner(limits Limits) *Planner {
	return &Planner{limits: limits}
}

// For judges the selected objects, sorted by namespace and name, and places their files. It is a pure function of its arguments.
//
// It guarantees: no ConfigMap grows past the limit; every file is in exactly one of them; a file moves only when its own object
// has outgrown the one that it is in; a group that is refused keeps its last accepted form if it had one; and what is placed is
// never taken away for the sake of another object.
func (p *Planner) For(w *world.World, selected []*v1.PrometheusRule) Plan {
	if target := TargetOf(w.Prometheus); p.judge == nil || p.judge.target.Key() != target.Key() {
		p.memory = newMemory(NewJudge(target, p.limits))
	}
	p.observe(selected)
	s := p.standing(w)
	active := p.locate(s)
	for _, it := range active {
		it.wish(p.judge)
	}
	s.settle(active, newQuota(p.limits, p.rest, active))

	pl := Plan{Shards: s.results(), Fill: s.fill(), Capacity: p.limits.ShardBytes,
		Verdicts: map[world.Object]world.Verdict{}, Notes: maps.Clone(p.notes), Rejected: map[types.NamespacedName]int{}}
	for _, u := range p.rest {
		pl.Groups += u.groups
	}
	for _, it := range active {
		pl.Groups += it.final.groups
		p.digests.note(it, it.final.content)
		if verdict := it.verdict(); !verdict.Accepted() {
			pl.Verdicts[it.object()] = verdict
			pl.Rejected[it.object().NamespacedName] = it.rejected()
		}
		p.lay(it)
	}
	pl.Manifest = manifest(w, p.judge.target, p.digests.byBucket(), pl.Groups)
	return pl
}

// Keep is the Plan for w where nobody can say which rules are wanted, or what they are meant for: all stays as it is.
func (p *Planner) Keep(w *world.World) Plan {
	pl := Plan{Manifest: w.Owned.PublishedRules(), Fill: make([]int, max(1, workload.RuleShards(w))), Capacity: p.limits.ShardBytes}
	for _, cm := range w.Owned.RuleShards {
		if i, ok := indexOf(cm.Name, w.Prometheus.Name); ok && i < len(pl.Fill) {
			for name, content := range cm.Data {
				pl.Fill[i] += sizeOf(name, content)
			}
		}
	}
	return pl
}

// standing returns the shards as they stand in the cluster.
func (p *Planner) standing(w *world.World) *shards {
	s := &shards{limits: p.limits, all: make([]*shard, max(1, workload.RuleShards(w)))}
	p.compare(w.Prometheus.Name, w.Owned.RuleShards)
	for i := range s.all {
		s.all[i] = &shard{name: world.RuleShardName(w.Prometheus.Name, i), opened: i == 0}
		if st := p.stands[i]; st != nil {
			s.all[i].files, s.all[i].opened, s.all[i].bytes = st.configMap.Data, true, st.bytes
			if s.all[i].files == nil {
				s.all[i].files = map[string]string{}
			}
		}
	}
	return s
}

// indexOf reads the number of a rule ConfigMap from its name. Names that only look like one (-01, -+1) are not ours.
func indexOf(configMap, prometheus string) (int, bool) {
	i, err := strconv.Atoi(configMap[strings.LastIndexByte(configMap, '-')+1:])
	return i, err == nil && configMap == world.RuleShardName(prometheus, i)
}

func (it *item) object() world.Object {
	return world.Object{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: it.namespace, Name: it.name}}
}

// rejected counts the groups that are not as the object asks for them.
func (it *item) rejected() int {
	if it.refusal != nil || len(it.judgement.Groups) == 0 {
		return it.asked
	}
	count := 0
	for _, g := range it.judgement.Groups {
		if g.Text == "" {
			count++
		}
	}
	return count
}

// verdict says what became of the object, with the places of what was refused.
func (it *item) verdict() world.Verdict {
	if it.refusal != nil {
		return verdictOf(append([]Finding{*it.refusal}, it.judgement.Findings...), outcome("held back", it.final.groups))
	}
	if it.judgement.Whole() {
		return world.Verdict{}
	}
	if len(it.judgement.Groups) == 0 {
		return verdictOf(it.judgement.Findings, outcome("refused", it.carried.form.groups))
	}
	what := fmt.Sprintf("%d of %d groups refused", it.rejected(), len(it.judgement.Groups))
	return verdictOf(it.judgement.Findings, outcome(what, it.carried.kept))
}

func outcome(what string, kept int) string {
	if kept == 0 {
		return what
	}
	return what + ", their last accepted form stays"
}
