package workload

import (
	"time"

	"github.com/prometheus/common/model"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// deadlineAnnotation says until when such a shard is kept, in RFC 3339; the zero time means for ever.
const deadlineAnnotation = "operator.prometheus.io/deletion-deadline"

// retained are the shards beyond spec.shards that still answer queries about the past. They scrape nothing any more.
func (b *builder) retained() []*appsv1.StatefulSet {
	policy := b.spec.ShardRetentionPolicy
	if policy == nil || ptr.Deref(policy.WhenScaled, v1.DeleteWhenScaledRetentionType) != v1.RetainWhenScaledRetentionType {
		return nil
	}
	if !b.options.Enabled(world.ShardRetentionGate) {
		b.ignore("spec.shardRetentionPolicy", "the feature gate "+world.ShardRetentionGate+" is off")
		return nil
	}
	var out []*appsv1.StatefulSet
	for _, live := range b.world.Owned.StatefulSets {
		shard, deadline := world.ShardOf(b.name, live.Name), b.deadline(live)
		if shard >= world.Shards(b.world.Prometheus) && (deadline.IsZero() || b.world.Now.Before(deadline)) {
			sts := b.statefulSet(shard)
			if !changeable(live, sts) {
				leaveAsIs(sts, live)
			}
			b.wakeAt(deadline)
			sts.Annotations[deadlineAnnotation] = deadline.Format(time.RFC3339)
			out = append(out, sts)
		}
	}
	return out
}

// leaveAsIs leaves the pods of a retained shard as they are where it would have to be made anew: for a moment it would be neither
// asked for nor there, and so be forgotten with its data.
func leaveAsIs(sts, live *appsv1.StatefulSet) {
	live.Spec.DeepCopyInto(&sts.Spec)
	sts.Annotations[templateAnnotation] = live.Annotations[templateAnnotation]
}

// wakeAt notes when a retained shard may go, the zero time for never.
func (b *builder) wakeAt(deadline time.Time) {
	if !deadline.IsZero() && (b.nextDeadline.IsZero() || deadline.Before(b.nextDeadline)) {
		b.nextDeadline = deadline
	}
}

// deadline is when a shard that was scaled away may go: as noted on it, or else counted from now. One that can't be read is
// taken as never, since what is deleted is data.
func (b *builder) deadline(live *appsv1.StatefulSet) time.Time {
	if noted, found := live.Annotations[deadlineAnnotation]; found {
		deadline, _ := time.Parse(time.RFC3339, noted)
		return deadline
	}
	if period := b.retentionPeriod(); period > 0 {
		return b.world.Now.UTC().Add(period)
	}
	return time.Time{}
}

// retentionPeriod is how long the data of a shard lives, 0 for as long as there is room for it.
func (b *builder) retentionPeriod() time.Duration {
	text, at := b.spec.Retention, field.NewPath("spec", "retention")
	switch retain := b.spec.ShardRetentionPolicy.Retain; {
	case retain != nil:
		text, at = retain.RetentionPeriod, field.NewPath("spec", "shardRetentionPolicy", "retain", "retentionPeriod")
	case text == "" && b.spec.RetentionSize != "":
		return 0
	case text == "":
		text = "24h"
	}
	period, err := model.ParseDuration(string(text))
	if err != nil {
		b.refuse(field.Invalid(at, text, err.Error()))
	}
	return time.Duration(period)
}
