package rules

import "fmt"

// quota counts what the namespaces have in one Prometheus.
type quota struct {
	limits Limits
	used   map[string]*usage
}

// usage is what a namespace has, or what a change adds to it.
type usage struct{ bytes, groups, rules int }

func newQuota(limits Limits, items []*item) *quota {
	q := &quota{limits: limits, used: map[string]*usage{}}
	namespace, u := "", &usage{}
	for _, it := range items { // sorted by namespace, so that most of them need no look into the map
		if it.rule.Namespace != namespace {
			namespace = it.rule.Namespace
			u = q.of(namespace)
		}
		if it.shard >= 0 {
			u.change(it, form{}, it.have)
		}
	}
	return q
}

func (q *quota) of(namespace string) *usage {
	u := q.used[namespace]
	if u == nil {
		u = &usage{}
		q.used[namespace] = u
	}
	return u
}

func (u *usage) change(it *item, before, after form) {
	u.bytes += after.size(it.file) - before.size(it.file)
	u.groups += after.groups - before.groups
	u.rules += after.rules - before.rules
}

// take counts the form that an item wants in the place of the one it had.
func (q *quota) take(it *item) {
	q.of(it.rule.Namespace).change(it, it.have, it.want)
}

// refuses holds an item back that would take its namespace over a limit. What does not grow is never refused.
func (q *quota) refuses(it *item, s *shards) bool {
	grown := usage{}
	grown.change(it, it.have, it.want)
	message := q.over(it.rule.Namespace, grown, s.free())
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
