package rules

// Limits bound what one object and one namespace may ask for. Every limit is a flag of the operator.
type Limits struct {
	// ShardBytes is the largest sum of names and contents in one ConfigMap.
	ShardBytes int
	// FillBytes is the fill up to which new files go into the ConfigMaps that exist, before another one is made.
	FillBytes int
	// ObjectBytes is the largest object as the API server sends it, which is looked at before anything is parsed.
	ObjectBytes int

	// GroupsPerObject and RulesPerGroup count what one object has. Each group costs Prometheus about ten series of its own.
	GroupsPerObject int
	RulesPerGroup   int
	// TextsPerRule counts the labels and annotations of one rule, and the labels of one group: each is a template to be parsed.
	TextsPerRule int
	// ExprDepth and ExprOperators bound one expression, because parse time grows with the square of each. ExprBytes is its length,
	// patterns counted by what they compile to.
	ExprBytes     int
	ExprDepth     int
	ExprOperators int
	// ExprStringBytes is the longest string in an expression, by its weight as a pattern: that of a list of names is its length,
	// while classes, counts and flags cost far more.
	ExprStringBytes int
	// PatternBytes is what all patterns of an object may come to beyond their text, as every Prometheus compiles and keeps them.
	PatternBytes int
	// TemplateBytes is the longest value of a label or annotation.
	TemplateBytes int
	// TemplateOutput is the most that such a value may come to once its template is executed, as far as can be foreseen.
	TemplateOutput int

	// NamespaceBytes, NamespaceGroups and NamespaceRules bound what all objects of one namespace have in one Prometheus.
	NamespaceBytes  int
	NamespaceGroups int
	NamespaceRules  int
	// ReserveBytes of all ConfigMaps together are kept for namespaces that have at most ReserveShare bytes.
	ReserveBytes int
	ReserveShare int
}

const (
	kibibyte = 1 << 10
	// configMapBytes is the most that Kubernetes allows of data in a ConfigMap.
	configMapBytes = 1024 * kibibyte
)

// DefaultLimits returns the limits for a Prometheus with the given number of rule ConfigMaps.
func DefaultLimits(shards int) Limits {
	return limitsFor(shards, configMapBytes-64*kibibyte) // which leaves room for metadata
}

// limitsFor returns the defaults where a ConfigMap holds shardBytes.
func limitsFor(shards, shardBytes int) Limits {
	return Limits{
		ShardBytes: shardBytes,
		FillBytes:  shardBytes * 7 / 10,
		// A ConfigMap's worth of rules, and the 256 KiB that Kubernetes allows for annotations: client-side apply keeps a copy.
		ObjectBytes: shardBytes + 320*kibibyte,

		GroupsPerObject: 5000,
		RulesPerGroup:   10_000,
		TextsPerRule:    500,
		ExprBytes:       128 * kibibyte,
		ExprDepth:       128,
		ExprOperators:   2000,
		ExprStringBytes: 64 * kibibyte,
		PatternBytes:    2048 * kibibyte,
		TemplateBytes:   32 * kibibyte,
		TemplateOutput:  16 << 20,

		NamespaceBytes:  shardBytes * shards * 3 / 4,
		NamespaceGroups: 20_000,
		NamespaceRules:  200_000,
		ReserveBytes:    shardBytes * shards / 16,
		ReserveShare:    64 * kibibyte,
	}
}
