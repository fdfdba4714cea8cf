package workload

import (
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// governingService is the headless Service that all Prometheuses of a namespace share.
const governingService = "prometheus-operated"

// statefulSets are those of all shards, in order, and of shards that were scaled away and are kept for their data.
func (b *builder) statefulSets() []*appsv1.StatefulSet {
	var out []*appsv1.StatefulSet
	for shard := range world.Shards(b.world.Prometheus) {
		out = append(out, b.statefulSet(shard))
	}
	return append(out, b.retained()...)
}

// standing is the StatefulSet of that name as it stands in the cluster, nil when there is none.
func (b *builder) standing(name string) *appsv1.StatefulSet {
	for _, sts := range b.world.Owned.StatefulSets {
		if sts.Name == name {
			return sts
		}
	}
	return nil
}

func (b *builder) statefulSet(shard int) *appsv1.StatefulSet {
	selector := b.selector(shard)
	labels := selector.MatchLabels
	sts := &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: b.statefulSetMeta(shard, labels),
		Spec: appsv1.StatefulSetSpec{
			Replicas:                             new(int32(world.Replicas(b.world.Prometheus))),
			ServiceName:                          ptr.Deref(b.spec.ServiceName, governingService),
			PodManagementPolicy:                  b.podManagementPolicy(),
			UpdateStrategy:                       b.updateStrategy(),
			MinReadySeconds:                      ptr.Deref(b.spec.MinReadySeconds, 0),
			PersistentVolumeClaimRetentionPolicy: b.spec.PersistentVolumeClaimRetentionPolicy,
			VolumeClaimTemplates:                 b.claimTemplates(),
			Selector:                             selector,
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: b.podLabels(shard, labels), Annotations: b.podAnnotations()},
				Spec:       b.podSpec(shard, labels),
			},
		},
	}
	sts.Annotations[templateAnnotation] = digestOf(sts)
	return sts
}

// statefulSetMeta passes the labels and annotations of the Prometheus on, under those of the operator.
func (b *builder) statefulSetMeta(shard int, selector map[string]string) metav1.ObjectMeta {
	meta := b.world.ObjectMeta(world.StatefulSetName(b.name, shard))
	labels := maps.Clone(b.world.Prometheus.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, b.identity())
	labels[modeLabel] = serverMode
	labels[shardLabel] = strconv.Itoa(shard)
	maps.Copy(labels, selector)
	maps.Copy(labels, meta.Labels)

	annotations := inherited(b.world.Prometheus.Annotations)
	maps.Copy(annotations, meta.Annotations)
	meta.Labels, meta.Annotations = labels, annotations
	return meta
}

// podManagementPolicy is Parallel unless the user says otherwise: with OrderedReady a broken pod holds up its own repair.
// Source: kubernetes/kubernetes#60164.
func (b *builder) podManagementPolicy() appsv1.PodManagementPolicyType {
	return appsv1.PodManagementPolicyType(ptr.Deref(b.spec.PodManagementPolicy, v1.ParallelPodManagement))
}

func (b *builder) updateStrategy() appsv1.StatefulSetUpdateStrategy {
	asked := b.spec.UpdateStrategy
	if asked == nil {
		return appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType}
	}
	strategy := appsv1.StatefulSetUpdateStrategy{Type: appsv1.StatefulSetUpdateStrategyType(asked.Type)}
	if asked.RollingUpdate != nil {
		strategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{MaxUnavailable: asked.RollingUpdate.MaxUnavailable}
	}
	return strategy
}
