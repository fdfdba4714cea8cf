package workload

import (
	"maps"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/promloop/promloop/internal/world"
)

// Labels of today's upstream, and the reference layout's app.
const (
	appLabel      = "app"
	nameLabel     = "app.kubernetes.io/name"
	instanceLabel = "app.kubernetes.io/instance"
	versionLabel  = "app.kubernetes.io/version"
	ownerLabel    = "prometheus"
	shardLabel    = "operator.prometheus.io/shard"
	crLabel       = "operator.prometheus.io/name"
	modeLabel     = "operator.prometheus.io/mode"

	appName    = "prometheus"
	serverMode = "server"

	defaultContainerAnnotation = "kubectl.kubernetes.io/default-container"
)

// selector is what the pods of a shard are found by. A StatefulSet's selector can't be changed, so that of one that stands is
// kept, whoever wrote it. A new one says no more than what every pod carries in every layout and under every setting, since it must
// find the pods of one that was deleted to be made anew.
func (b *builder) selector(shard int) *metav1.LabelSelector {
	if live := b.standing(world.StatefulSetName(b.name, shard)); live != nil && live.Spec.Selector != nil {
		return live.Spec.Selector.DeepCopy()
	}
	labels := b.identity()
	labels[shardLabel] = strconv.Itoa(shard)
	return &metav1.LabelSelector{MatchLabels: labels}
}

// Selector selects the pods of all shards of the Prometheus of w: what the selectors of its StatefulSets have in common. It does not
// depend on whether these stand yet.
func Selector(w *world.World) string {
	b := newBuilder(w)
	common := b.selector(0).MatchLabels
	for shard := range world.Shards(w.Prometheus) {
		other := b.selector(shard).MatchLabels
		maps.DeleteFunc(common, func(key, value string) bool { return other[key] != value })
	}
	delete(common, shardLabel)
	return labels.SelectorFromSet(common).String()
}

// identity is what all pods of this Prometheus have in common, in every layout of today's upstream.
func (b *builder) identity() map[string]string {
	return map[string]string{
		world.ManagerLabel: world.ManagedByValue,
		nameLabel:          appName,
		instanceLabel:      b.name,
		crLabel:            b.name,
		ownerLabel:         b.name,
	}
}

// podLabels are the user's labels under those that the selectors need. No selector made here needs app, so there the user's
// value stands.
func (b *builder) podLabels(shard int, selector map[string]string) map[string]string {
	labels := map[string]string{appLabel: appName, versionLabel: b.version.String()}
	if b.spec.PodMetadata != nil {
		maps.Copy(labels, b.spec.PodMetadata.Labels)
	}
	labels[shardLabel] = strconv.Itoa(shard)
	maps.Copy(labels, b.identity())
	maps.Copy(labels, b.options.Labels)
	maps.Copy(labels, selector)
	return labels
}

func (b *builder) podAnnotations() map[string]string {
	annotations := map[string]string{defaultContainerAnnotation: prometheusContainer}
	if b.spec.PodMetadata != nil {
		maps.Copy(annotations, b.spec.PodMetadata.Annotations)
	}
	return annotations
}

// inherited are annotations that pass from the Prometheus to its StatefulSets. kubectl's own would make kubectl prune them.
func inherited(annotations map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range annotations {
		if !strings.HasPrefix(key, "kubectl.kubernetes.io/") {
			out[key] = value
		}
	}
	return out
}
