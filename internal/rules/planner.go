package rules

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// Plan is what should be of the rules of one Prometheus.
type Plan struct {
	// Shards are all ConfigMaps that must exist, in the order in which they must be written, before the manifest. Shard 0 is
	// always there, and a ConfigMap that stands is never left out, even when it is empty.
	Shards []Shard
	// Manifest describes the whole set. It is equal to the one that stands when nothing has changed.
	Manifest contract.Manifest
	// Groups is the number of rule groups in all files.
	Groups int
	// Verdicts has the selected objects that were refused, wholly or in part.
	Verdicts map[world.Object]world.Verdict
	// Rejected counts the groups of those objects that are left out or stay in an older form.
	Rejected map[types.NamespacedName]int
	// Fill is the sum of names and contents in bytes, per ConfigMap that the pods mount, whether it exists or not.
	Fill []int
	// Capacity is the limit of each entry of Fill.
	Capacity int
}

// Planner plans for one Prometheus. It remembers what it judged, which changes the cost of a call and never its result. It is not
// safe for concurrent use.
type Planner struct {
	limits  Limits
	judge   *Judge
	items   []*item // of the last call, sorted by namespace and name
	fills   map[*corev1.ConfigMap]int
	digests digests
}

// NewPlanner returns a Planner that remembers nothing yet.
func NewPlanner(limits Limits) *Planner {
	return &Planner{limits: limits}
}

// For plans for w with Limits fit for its number of ConfigMaps. It remembers nothing.
func For(w *world.World, selected []*v1.PrometheusRule) Plan {
	return NewPlanner(DefaultLimits(w.Options.RuleShards)).For(w, selected)
}

// For judges the selected objects, sorted by namespace and name, and places their files. It is a pure function of its arguments.
//
// It guarantees: no ConfigMap grows past the limit; every file is in exactly one of them; a file moves only when its own object
// has outgrown the one that it is in; a group that is refused keeps its last accepted form if it had one; and what is placed is
// never taken away for the sake of another object.
func (p *Planner) For(w *world.World, selected []*v1.PrometheusRule) Plan {
	p.refresh(w.Prometheus, selected)
	s := p.standing(w)
	s.locate(p.items)
	for _, it := range p.items {
		it.wish(p.judge)
	}
	s.settle(p.items, newQuota(p.limits, p.items))

	pl := Plan{Shards: s.results(), Fill: s.fill(), Capacity: p.limits.ShardBytes,
		Verdicts: map[world.Object]world.Verdict{}, Rejected: map[types.NamespacedName]int{}}
	for _, it := range p.items {
		pl.Groups += it.final.groups
		if it.digested != it.final.content {
			p.digests.set(it.bucket, it.file, it.final.content)
			it.digested = it.final.content
		}
		if verdict := it.verdict(); !verdict.Accepted() {
			pl.Verdicts[it.object()] = verdict
			pl.Rejected[it.object().NamespacedName] = it.rejected()
		}
	}
	pl.Manifest = manifest(w, p.judge.target, p.digests.byBucket(), pl.Groups)
	return pl
}

// refresh brings the items up to date: objects that are as they were keep their judgement.
func (p *Planner) refresh(prometheus *v1.Prometheus, selected []*v1.PrometheusRule) {
	target := TargetOf(prometheus)
	judgedAlike := p.judge != nil && p.judge.target.Key() == target.Key()
	if !judgedAlike {
		p.judge = NewJudge(target, p.limits)
	}
	items := make([]*item, 0, len(selected))
	old := p.items
	for _, rule := range selected {
		for len(old) > 0 && byName(old[0].rule, rule) < 0 {
			p.forget(old[0])
			old = old[1:]
		}
		var known *item
		if len(old) > 0 && byName(old[0].rule, rule) == 0 {
			known, old = old[0], old[1:]
		}
		items = append(items, p.item(known, judgedAlike, rule))
	}
	for _, it := range old {
		p.forget(it)
	}
	p.items = items
}

func byName(a, b *v1.PrometheusRule) int {
	if a == b {
		return 0
	}
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func (p *Planner) item(known *item, judgedAlike bool, rule *v1.PrometheusRule) *item {
	if known == nil {
		return newItem(p.judge, rule)
	}
	same := known.rule == rule || known.rule.UID == rule.UID && known.rule.Generation == rule.Generation && rule.Generation > 0
	if judgedAlike && same {
		known.rule = rule
		return known
	}
	fresh := newItem(p.judge, rule)
	fresh.shard, fresh.standing, fresh.digested = known.shard, known.standing, known.digested
	return fresh
}

func (p *Planner) forget(it *item) {
	if it.digested != "" {
		p.digests.set(it.bucket, it.file, "")
	}
}

// standing returns the shards as they stand in the cluster.
func (p *Planner) standing(w *world.World) *shards {
	s := &shards{limits: p.limits, all: make([]*shard, max(1, workload.RuleShards(w)))}
	for i := range s.all {
		s.all[i] = &shard{name: world.RuleShardName(w.Prometheus.Name, i), opened: i == 0}
	}
	fills := map[*corev1.ConfigMap]int{}
	for _, cm := range w.Owned.RuleShards {
		i, ours := indexOf(cm.Name, w.Prometheus.Name)
		if !ours {
			continue
		}
		bytes, known := p.fills[cm]
		if !known {
			bytes = dataBytes(cm.Data)
		}
		fills[cm] = bytes
		s.all[i].files, s.all[i].known, s.all[i].opened, s.all[i].bytes = cm.Data, known, true, bytes
		if cm.Data == nil {
			s.all[i].files = map[string]string{}
		}
	}
	p.fills = fills
	return s
}

func indexOf(configMap, prometheus string) (int, bool) {
	number, found := strings.CutPrefix(configMap, strings.TrimSuffix(world.RuleShardName(prometheus, 0), "0"))
	i, err := strconv.Atoi(number)
	return i, found && err == nil && i >= 0
}

func dataBytes(data map[string]string) int {
	bytes := 0
	for name, content := range data {
		bytes += sizeOf(name, content)
	}
	return bytes
}

func (it *item) object() world.Object {
	name := types.NamespacedName{Namespace: it.rule.Namespace, Name: it.rule.Name}
	return world.Object{Kind: world.PrometheusRule, NamespacedName: name}
}

// rejected counts the groups that are not as the object asks for them.
func (it *item) rejected() int {
	if it.refusal != nil || len(it.judgement.Groups) == 0 {
		return len(it.rule.Spec.Groups)
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
