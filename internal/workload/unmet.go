package workload

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/internal/world"
)

// unmet judges the objects that the spec names and the user has to make.
func (b *builder) unmet() []world.Verdict {
	var out []world.Verdict
	for _, verdict := range []world.Verdict{b.storageClass(), b.ownService()} {
		if !verdict.Accepted() {
			out = append(out, verdict)
		}
	}
	return out
}

func (b *builder) storageClass() world.Verdict {
	name := StorageClass(b.world.Prometheus)
	if class, known := b.world.StorageClasses[name]; !known || class != nil {
		return world.Verdict{}
	}
	return world.Verdict{Reason: StorageClassNotFound, Message: fmt.Sprintf(
		"spec.storage.volumeClaimTemplate.spec.storageClassName: StorageClass %q does not exist: make it, or name another", name)}
}

// ownService judges the Service that stands in for the governing one: pods that it does not select have no names. One without a selector
// has endpoints of the user's own.
func (b *builder) ownService() world.Verdict {
	name := ptr.Deref(b.spec.ServiceName, "")
	service, known := b.world.NamedServices[name]
	if !known {
		return world.Verdict{}
	}
	at := fmt.Sprintf("spec.serviceName: Service %s/%s", b.world.Prometheus.Namespace, name)
	if service == nil {
		return world.Verdict{Reason: ServiceNotFound, Message: at + " does not exist: make it, or leave the field out"}
	}
	selector := labels.SelectorFromSet(service.Spec.Selector)
	for shard := range world.Shards(b.world.Prometheus) {
		pods := labels.Set(b.podLabels(shard, b.selector(shard).MatchLabels))
		if !selector.Matches(pods) {
			return world.Verdict{Reason: ServiceMismatch, Message: fmt.Sprintf(
				"%s has the selector %s, which does not fit the pods of StatefulSet %s: it must select %s", at, selector,
				world.StatefulSetName(b.name, shard), Selector(b.world))}
		}
	}
	return world.Verdict{}
}
