package rules

import (
	"flag"
	"fmt"
	"strconv"
)

// limitFlag is the flag of one limit.
type limitFlag struct {
	name, usage string
	limit       func(*Limits) *int
}

func limitFlags() []limitFlag {
	return []limitFlag{
		{"rule-shard-bytes", "most bytes of names and contents in one rule ConfigMap", func(l *Limits) *int { return &l.ShardBytes }},
		{"rule-shard-fill-bytes", "fill up to which new files go into the rule ConfigMaps that exist", func(l *Limits) *int { return &l.FillBytes }},
		{"rule-object-bytes", "most bytes of an object at admission, looked at before anything is parsed", func(l *Limits) *int { return &l.ObjectBytes }},
		{"rule-groups-per-object", "most groups in a PrometheusRule", func(l *Limits) *int { return &l.GroupsPerObject }},
		{"rule-rules-per-group", "most rules in a group", func(l *Limits) *int { return &l.RulesPerGroup }},
		{"rule-texts-per-rule", "most labels and annotations of a rule", func(l *Limits) *int { return &l.TextsPerRule }},
		{"rule-expr-bytes", "most bytes of an expression, patterns counted by what they compile to", func(l *Limits) *int { return &l.ExprBytes }},
		{"rule-expr-depth", "deepest nesting of an expression", func(l *Limits) *int { return &l.ExprDepth }},
		{"rule-expr-operators", "most operators and ranges in an expression", func(l *Limits) *int { return &l.ExprOperators }},
		{"rule-expr-string-bytes", "most bytes of a string in an expression, a sixteenth of it where it has classes, counts or flags of a pattern", func(l *Limits) *int { return &l.ExprStringBytes }},
		{"rule-pattern-bytes", "most bytes that the patterns of a PrometheusRule may compile to, beyond their text", func(l *Limits) *int { return &l.PatternBytes }},
		{"rule-template-bytes", "most bytes of a rule's label or annotation", func(l *Limits) *int { return &l.TemplateBytes }},
		{"rule-template-output", "most bytes that a label or annotation may come to, as far as its template tells", func(l *Limits) *int { return &l.TemplateOutput }},
		{"rule-namespace-bytes", "most bytes of rules of one namespace in a Prometheus, 0 for no limit", func(l *Limits) *int { return &l.NamespaceBytes }},
		{"rule-namespace-groups", "most groups of one namespace in a Prometheus, 0 for no limit", func(l *Limits) *int { return &l.NamespaceGroups }},
		{"rule-namespace-rules", "most rules of one namespace in a Prometheus, 0 for no limit", func(l *Limits) *int { return &l.NamespaceRules }},
		{"rule-reserve-bytes", "bytes of all rule ConfigMaps kept for namespaces with few rules", func(l *Limits) *int { return &l.ReserveBytes }},
		{"rule-reserve-share", "most bytes of a namespace that may use the reserve", func(l *Limits) *int { return &l.ReserveShare }},
	}
}

// Flags registers a flag for every limit. What it returns gives the limits once fs is parsed: those that were set, and for the
// others the defaults for the number and size of ConfigMaps.
func Flags(fs *flag.FlagSet) func(shards int) Limits {
	const shardBytes = "rule-shard-bytes"
	set := map[string]int{}
	defaults := DefaultLimits(16)
	for _, f := range limitFlags() {
		usage := fmt.Sprintf("%s (default %d)", f.usage, *f.limit(&defaults))
		fs.Func(f.name, usage, func(text string) error {
			value, err := strconv.Atoi(text)
			if err != nil || value < 0 {
				return fmt.Errorf("%q is not a number of 0 or more", text)
			}
			if f.name == shardBytes && (value == 0 || value > configMapBytes) {
				return fmt.Errorf("a ConfigMap holds 1 to %d bytes", configMapBytes)
			}
			set[f.name] = value
			return nil
		})
	}
	return func(shards int) Limits {
		limits := DefaultLimits(shards)
		if bytes, ok := set[shardBytes]; ok {
			limits = limitsFor(shards, bytes)
		}
		for _, f := range limitFlags() {
			if value, ok := set[f.name]; ok {
				*f.limit(&limits) = value
			}
		}
		return limits
	}
}
