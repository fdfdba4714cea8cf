package rules

import "fmt"

// quota counts what the namespaces have in one Prometheus.
type quota struct {
	limits Limits
	rest   map[string]usage // what stays as it is, by namespace; never written to
	moving map[string]usage // what comes on top of it
}

// usage is what a namespace has, or what a change adds to it.
type usage struct{ bytes, groups, rules int }

func (u usage) plus(v usage) usage {
	return usage{u.bytes + v.bytes, u.groups + v.groups, u.rules + v.rules}
}

func (u usage) minus(v usage) usage {
	return usage{u.bytes - v.bytes, u.groups - v.groups, u.rules - v.rules}
}

func (u usage) times(n int) usage { return usage{n * u.bytes, n * u.groups, n * u.rules} }

// add counts u for a namespace in sums; what comes to nothing is left out.
func add(sums map[string]usage, namespace string, u usage) {
	sums[namespace] = sums[namespace].plus(u)
	if sums[namespace] == (usage{}) {
		delete(sums, namespace)
	}
}

// newQuota counts what stands: files at rest, and the active ones in the form that they have.
func newQuota(limits Limits, rest map[string]usage, active []*item) *quota {
	q := &quota{limits: limits, rest: rest, moving: map[string]usage{}}
	for _, it := range active {
		if it.shard >= 0 {
			add(q.moving, it.namespace, it.have.usage(it.file))
		}
	}
	return q
}

func (q *quota) of(namespace string) usage { return q.rest[namespace].plus(q.moving[namespace]) }

// take counts the form that an item wants in the place of the one it had.
func (q *quota) take(it *item) { add(q.moving, it.namespace, it.growth()) }

// refuses holds an item back that would take its namespace over a limit. What does not grow is never refused.
func (q *quota) refuses(it *item, s *shards) bool {
	message := q.over(it.namespace, it.growth(), s.free())
	if message != "" {
		it.refuse(QuotaExceeded, message)
	}
	return message != ""
}

// over says which limit a namespace would pass by growing, or "". free is the room in all ConfigMaps together.
func (q *quota) over(namespace string, grown usage, free int) string {
	used := q.of(namespace)
	for _, d := range []struct {
		what               string
		used, grown, limit int
	}{
		{"bytes of rules", used.bytes, grown.bytes, q.limits.NamespaceBytes},
		{"rule groups", used.groups, grown.groups, q.limits.NamespaceGroups},
		{"rules", used.rules, grown.rules, q.limits.NamespaceRules},
	} {
		if d.limit > 0 && d.grown > 0 && d.used+d.grown > d.limit {
			return fmt.Sprintf("namespace %s has %d %s in this Prometheus and this object adds %d; the limit is %d: "+
				"delete rules of the namespace, or ask for a higher limit", namespace, d.used, d.what, d.grown, d.limit)
		}
	}
	if grown.bytes > 0 && free-grown.bytes < q.limits.ReserveBytes && used.bytes+grown.bytes > q.limits.ReserveShare {
		return fmt.Sprintf("this object adds %d bytes and all rule ConfigMaps of this Prometheus together have %d free, the last %d of which are "+
			"kept for namespaces with at most %d bytes; namespace %s has %d: delete rules, or raise --rule-shards",
			grown.bytes, free, q.limits.ReserveBytes, q.limits.ReserveShare, namespace, used.bytes)
	}
	return ""
}
