package rules

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Capacity knows how full the rule ConfigMaps of every Prometheus are. It is told of each ConfigMap that changes, and then answers
// in a time that depends on neither the number of objects nor that of rules. It is safe for concurrent use.
type Capacity struct {
	limits Limits
	count  int // of ConfigMaps per Prometheus, unless more stand

	mu     sync.RWMutex
	stores map[types.NamespacedName]*store // by Prometheus
}

// store is what stands of one Prometheus.
type store struct {
	shards map[int]map[string]entry // by number and file
	bytes  map[int]int
	used   map[string]usage // by namespace
}

// entry is one file that stands.
type entry struct {
	content string
	usage   usage
}

// NewCapacity returns a Capacity that knows of no ConfigMap yet. shards is the number of ConfigMaps that a pod mounts.
func NewCapacity(limits Limits, shards int) *Capacity {
	return &Capacity{limits: limits, count: shards, stores: map[types.NamespacedName]*store{}}
}

// Observe takes the content of a ConfigMap of the given namespace and name as it stands now, nil when it is gone. A ConfigMap that
// holds no rules of the named Prometheus is ignored.
func (c *Capacity) Observe(prometheus types.NamespacedName, configMap string, data map[string]string) {
	index, ours := indexOf(configMap, prometheus.Name)
	if !ours {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.stores[prometheus]
	if st == nil {
		st = &store{shards: map[int]map[string]entry{}, bytes: map[int]int{}, used: map[string]usage{}}
		c.stores[prometheus] = st
	}
	st.replace(index, data)
	if len(st.shards) == 0 {
		delete(c.stores, prometheus)
	}
}

// replace takes the files of one ConfigMap. Files that are as they were cost one comparison.
func (st *store) replace(index int, data map[string]string) {
	before, after := st.shards[index], make(map[string]entry, len(data))
	for file, content := range data {
		old, there := before[file]
		if there && old.content == content {
			after[file] = old
			continue
		}
		after[file] = entry{content: content, usage: usageOf(file, content)}
		st.change(index, file, after[file].usage, 1)
		if there {
			st.change(index, file, old.usage, -1)
		}
	}
	for file, old := range before {
		if _, stays := after[file]; !stays {
			st.change(index, file, old.usage, -1)
		}
	}
	st.shards[index] = after
	if data == nil {
		delete(st.shards, index)
		delete(st.bytes, index)
	}
}

func (st *store) change(index int, file string, u usage, sign int) {
	st.bytes[index] += sign * u.bytes
	add(st.used, namespaceOf(file), u.times(sign))
}

// usageOf counts a file without parsing it: render writes groups and rules at depths that no text in them reaches.
func usageOf(file, content string) usage {
	u := usage{bytes: sizeOf(file, content)}
	for line := range strings.Lines(content) {
		switch {
		case strings.HasPrefix(line, "- name:"):
			u.groups++
		case strings.HasPrefix(line, "    - alert:"), strings.HasPrefix(line, "    - record:"):
			u.rules++
		}
	}
	return u
}

// Admit says whether an accepted object would find a place in a Prometheus, next to what stands there now. The zero Verdict means
// that it would; else the reason is NoRoom or QuotaExceeded. Requests that race past each other are caught by the Planner.
func (c *Capacity) Admit(prometheus types.NamespacedName, rule *v1.PrometheusRule, judgement Judgement) world.Verdict {
	file := FileName(rule.Namespace, rule.Name)
	wanted := assemble(judgement.Groups)
	want := wanted.usage(file)
	c.mu.RLock()
	defer c.mu.RUnlock()
	st := c.stores[prometheus]
	if st == nil {
		st = &store{}
	}
	s := c.standing(prometheus.Name, st)
	old, at := st.find(file)
	if want.bytes > old.bytes && !s.takes(at, want.bytes, old.bytes) {
		return world.Verdict{Reason: NoRoom, Message: s.full(want.bytes)}
	}
	q := newQuota(c.limits, st.used, nil)
	if over := q.over(rule.Namespace, want.minus(old), s.free()); over != "" {
		return world.Verdict{Reason: QuotaExceeded, Message: over}
	}
	return world.Verdict{}
}

// takes reports whether a file of the given size, which now stands in shard at with its old size, or nowhere, finds a place.
func (s *shards) takes(at, size, old int) bool {
	if at >= 0 && s.all[at].bytes-old+size <= s.limits.ShardBytes {
		return true
	}
	return s.roomFor(size, func(c *shard) bool { return at < 0 || c != s.all[at] }) >= 0
}

func (st *store) find(file string) (usage, int) {
	for index, files := range st.shards {
		if e, there := files[file]; there {
			return e.usage, index
		}
	}
	return usage{}, -1
}

func (c *Capacity) standing(prometheus string, st *store) *shards {
	n := max(1, c.count)
	for index := range st.shards {
		n = max(n, index+1)
	}
	s := &shards{limits: c.limits, all: make([]*shard, n)}
	for i := range s.all {
		_, stands := st.shards[i]
		s.all[i] = &shard{name: world.RuleShardName(prometheus, i), opened: stands || i == 0, bytes: st.bytes[i]}
	}
	return s
}
