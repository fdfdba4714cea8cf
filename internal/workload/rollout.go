package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
)

// templateAnnotation notes on a StatefulSet which pod template it was written with. The template itself can't be compared, since
// the API server fills in defaults.
const templateAnnotation = "promloop.dev/template"

// inTurn lets a new pod template reach one shard at a time: while a shard is being rolled out, those behind it stay as they
// are. A template that breaks Prometheus thus breaks one shard, and the user can mend it there.
func (b *builder) inTurn(desired []*appsv1.StatefulSet) (now []*appsv1.StatefulSet, held []Object) {
	busy := false
	for _, sts := range desired {
		live := b.standing(sts.Name)
		changed := live != nil && live.Annotations[templateAnnotation] != sts.Annotations[templateAnnotation]
		if changed && busy {
			held = append(held, live)
			continue
		}
		now = append(now, sts)
		busy = busy || rollsItself(sts) && (changed || live != nil && !settled(live))
	}
	return now, held
}

// rollsItself is false where the user deletes pods by hand: nothing then says when a shard is done.
func rollsItself(sts *appsv1.StatefulSet) bool {
	return sts.Spec.UpdateStrategy.Type != appsv1.OnDeleteStatefulSetStrategyType
}

// settled reports whether all pods of a StatefulSet run its newest template and are available.
func settled(sts *appsv1.StatefulSet) bool {
	replicas, status := ptr.Deref(sts.Spec.Replicas, 1), &sts.Status
	return status.ObservedGeneration >= sts.Generation && status.UpdatedReplicas >= replicas && status.AvailableReplicas >= replicas
}

// digestOf identifies a pod template.
func digestOf(sts *appsv1.StatefulSet) string {
	data, err := json.Marshal(sts.Spec.Template)
	if err != nil {
		panic(err) // typed Kubernetes objects always encode
	}
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:8])
}

// orphans are StatefulSets that stand and differ in fields which can't be changed. They must be deleted with their pods left
// running, before they are written anew: the new one takes the pods over and rolls them one by one.
func (b *builder) orphans(desired []*appsv1.StatefulSet) []*appsv1.StatefulSet {
	var out []*appsv1.StatefulSet
	for _, sts := range desired {
		if live := b.standing(sts.Name); live != nil && !changeable(live, sts) {
			out = append(out, live)
		}
	}
	return out
}

// changeable reports whether live can become desired by an update. The selector is always kept.
// Source: the validation of StatefulSet updates in Kubernetes' pkg/apis/apps.
func changeable(live, desired *appsv1.StatefulSet) bool {
	return live.Spec.ServiceName == desired.Spec.ServiceName &&
		live.Spec.PodManagementPolicy == desired.Spec.PodManagementPolicy &&
		len(live.Spec.VolumeClaimTemplates) == len(desired.Spec.VolumeClaimTemplates) &&
		equality.Semantic.DeepDerivative(desired.Spec.VolumeClaimTemplates, live.Spec.VolumeClaimTemplates)
}
