package world

import (
	"strconv"
	"strings"
)

// Names of the objects and volumes of one Prometheus, as upstream's operator and the reference layout have them.

// WorkloadName is the name of the StatefulSet, of the configuration Secret, and the prefix of everything else.
func WorkloadName(prometheus string) string { return "prometheus-" + prometheus }

// StatefulSetName is the name of the StatefulSet that runs one shard.
func StatefulSetName(prometheus string, shard int) string {
	if shard == 0 {
		return WorkloadName(prometheus)
	}
	return WorkloadName(prometheus) + "-shard-" + strconv.Itoa(shard)
}

// ShardOf is the number of the shard that the StatefulSet of that name runs, -1 for one that runs none of this Prometheus.
func ShardOf(prometheus, statefulSet string) int {
	if statefulSet == WorkloadName(prometheus) {
		return 0
	}
	number, _ := strings.CutPrefix(statefulSet, WorkloadName(prometheus)+"-shard-")
	if shard, err := strconv.Atoi(number); err == nil && shard > 0 && statefulSet == StatefulSetName(prometheus, shard) {
		return shard
	}
	return -1
}

// ConfigManifestName is the name of the Secret that holds the manifest of the configuration.
func ConfigManifestName(prometheus string) string {
	return WorkloadName(prometheus) + "-config-manifest"
}

// ConfigPartName is the name of the Secret that holds part n of the configuration; part 0 is the configuration Secret itself.
func ConfigPartName(prometheus string, n int) string {
	if n == 0 {
		return WorkloadName(prometheus)
	}
	return WorkloadName(prometheus) + "-config-" + strconv.Itoa(n)
}

// UnpackedAnnotation on the Secret of a part is the length of its text, in bytes: what compresses well tells nothing of it.
const UnpackedAnnotation = "promloop.dev/unpacked-bytes"

// ConfigPartKey is the key of part n, and its file name in the volume.
func ConfigPartKey(n int) string {
	if n == 0 {
		return "prometheus.yaml.gz"
	}
	return "prometheus-" + strconv.Itoa(n) + ".yaml.gz"
}

// LastKnownGoodName is the name of the Secret with the sets that a replica has proved, for pods that start anew. From n 1 on it is
// that of part n of such a configuration.
func LastKnownGoodName(prometheus string, n int) string {
	if n == 0 {
		return WorkloadName(prometheus) + "-lkg"
	}
	return WorkloadName(prometheus) + "-lkg-" + strconv.Itoa(n)
}

// AssetShardName is the name of the Secret that holds shard n of the TLS assets.
func AssetShardName(prometheus string, n int) string {
	return WorkloadName(prometheus) + "-tls-assets-" + strconv.Itoa(n)
}

// RuleShardName is the name of the ConfigMap that holds shard n of the rule files.
func RuleShardName(prometheus string, n int) string {
	return WorkloadName(prometheus) + "-rulefiles-" + strconv.Itoa(n)
}

// RulesManifestName is the name of the ConfigMap that holds the manifest of the rules.
func RulesManifestName(prometheus string) string {
	return WorkloadName(prometheus) + "-rules-manifest"
}

// Labels that every generated object carries.
const (
	// ManagedByLabel with ManagedByValue marks what the operator made, under upstream's value so that policies keep matching.
	ManagedByLabel = "managed-by"
	ManagedByValue = "prometheus-operator"
	// ManagerLabel is Kubernetes' recommended label for the same, with the same value. Selectors and caches go by the older one.
	ManagerLabel = "app.kubernetes.io/managed-by"
	// NameLabel names the Prometheus that an object belongs to.
	NameLabel = "prometheus-name"
)
