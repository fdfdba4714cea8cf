package workload

import (
	"slices"
	"time"

	"github.com/blang/semver/v4"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Reasons of what is wrong with a Prometheus.
const (
	// InvalidSpec is that of one that no pod can be made from.
	InvalidSpec = "InvalidSpec"
	// StorageClassNotFound is that of one whose volumes can't be made.
	StorageClassNotFound = "StorageClassNotFound"
	// ServiceNotFound and ServiceMismatch are those of one whose pods the Service of the user's own gives no names.
	ServiceNotFound = "ServiceNotFound"
	ServiceMismatch = "ServiceMismatch"
)

// Object is any Kubernetes object.
type Object interface {
	metav1.Object
	runtime.Object
}

// Objects are what runs one Prometheus, without owner references.
type Objects struct {
	StatefulSets []*appsv1.StatefulSet // by shard
	// Orphans are those of them as they stand which can't become what they should be. Each must be deleted, its pods left
	// running, before it is written.
	Orphans  []*appsv1.StatefulSet
	Services []*corev1.Service // shared by every Prometheus of the namespace
	Secrets  []*corev1.Secret
	// Kept are objects as they stand, to be neither written nor removed now: all of them while the Prometheus is refused,
	// and shards whose turn in a rollout has not come.
	Kept []Object
	// Verdicts holds the Prometheus when nothing can be made from it. The objects that run it then stay as they are.
	Verdicts map[world.Object]world.Verdict
	// Unmet are what the spec names that is not there or does not fit. Nothing waits for it: who makes it may do so afterwards.
	Unmet []world.Verdict
	// Ignored says which fields have no effect and why, in sentences for the user, sorted.
	Ignored []string
	// Deprecated says which fields have a newer one to be used instead, in sentences for the user.
	Deprecated []string
	// NextDeadline is when the next retained shard may go, the zero time when none will.
	NextDeadline time.Time
}

// For returns the objects that run the Prometheus of w. Equal Worlds give equal objects. spec.paused is not looked at: who
// calls decides whether to write.
func For(w *world.World) Objects {
	b := newBuilder(w)
	objects := Objects{Services: b.services(), Secrets: b.secrets()}
	objects.StatefulSets, objects.Kept = b.inTurn(b.statefulSets())
	objects.Orphans = b.orphans(objects.StatefulSets)
	if len(b.refused) > 0 {
		return b.refusal()
	}
	objects.Unmet = b.unmet()
	objects.Deprecated = b.deprecated()
	slices.Sort(b.ignored)
	objects.Ignored = slices.Compact(b.ignored)
	objects.NextDeadline = b.nextDeadline
	return objects
}

// builder carries one Prometheus through the package and collects what is wrong with it, so that the user sees all of it at once.
type builder struct {
	world         *world.World
	name          string
	spec          *v1.PrometheusSpec
	options       *world.Options
	version       semver.Version // of Prometheus
	thanosVersion semver.Version // of its sidecar, where there is one
	refused       field.ErrorList
	ignored       []string
	nextDeadline  time.Time
}

func newBuilder(w *world.World) *builder {
	// The objects made here share memory with the spec, so it must not be the cache's.
	b := &builder{world: w, name: w.Prometheus.Name, spec: &w.Prometheus.DeepCopy().Spec, options: &w.Options}
	var err error
	if b.version, err = world.PrometheusVersion(w.Prometheus); err != nil {
		b.refuse(field.Invalid(field.NewPath("spec", "version"), b.spec.Version, err.Error()))
	}
	if b.spec.Thanos == nil {
		return b
	}
	sidecar := firstNotBlank(ptr.Deref(b.spec.Thanos.Version, ""), defaultThanosVersion)
	if b.thanosVersion, err = semver.ParseTolerant(sidecar); err != nil {
		b.refuse(field.Invalid(field.NewPath("spec", "thanos", "version"), sidecar, "is not a version like "+defaultThanosVersion))
	}
	return b
}

func (b *builder) refuse(err *field.Error) { b.refused = append(b.refused, err) }

// ignore notes that the field at path has no effect, and why.
func (b *builder) ignore(path, why string) {
	b.ignored = append(b.ignored, path+" has no effect: "+why)
}

// refusal keeps everything that runs as it is and says what is wrong.
func (b *builder) refusal() Objects {
	owned := &b.world.Owned
	objects := Objects{Verdicts: map[world.Object]world.Verdict{
		{Kind: world.Prometheus, NamespacedName: b.key()}: {Reason: InvalidSpec, Message: b.refused.ToAggregate().Error()},
	}}
	for _, sts := range owned.StatefulSets {
		objects.Kept = append(objects.Kept, sts)
	}
	for _, svc := range owned.Services {
		objects.Kept = append(objects.Kept, svc)
	}
	for _, s := range owned.Secrets {
		objects.Kept = append(objects.Kept, s)
	}
	return objects
}

func (b *builder) key() types.NamespacedName {
	return types.NamespacedName{Namespace: b.world.Prometheus.Namespace, Name: b.name}
}

// atLeast reports whether the Prometheus of this pod is of version v or newer.
func (b *builder) atLeast(v string) bool { return b.version.GTE(semver.MustParse(v)) }
