package webhooks

import (
	"context"
	"reflect"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1-servicemonitor,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=servicemonitors,verbs=create;update,versions=v1,name=servicemonitors.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10
// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1-podmonitor,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=podmonitors,verbs=create;update,versions=v1,name=podmonitors.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10
// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1-probe,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=probes,verbs=create;update,versions=v1,name=probes.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10
// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1alpha1-scrapeconfig,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=scrapeconfigs,verbs=create;update,versions=v1alpha1,name=scrapeconfigs.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10

// scrapeJudge judges objects of one kind that become scrape jobs.
type scrapeJudge[P client.Object] struct {
	kind       world.Kind
	selecting  selecting
	references references
	deprecated deprecated
}

func (j *scrapeJudge[P]) judge(ctx context.Context, o P) (Answer, error) {
	var a Answer
	for _, f := range promconfig.Faults(o) {
		a.refuse(f.Path, "%s", f.Message)
	}
	found, err := j.selecting.of(ctx, j.kind, o)
	if err != nil {
		return Answer{}, err
	}
	found.unselected(&a)
	if len(a.Refusals) == 0 {
		for _, p := range found.prometheuses {
			a.doubts(p, o)
		}
	}
	if err := j.references.missing(ctx, &a, o); err != nil {
		return Answer{}, err
	}
	return a, j.deprecated.warnOf(&a, o)
}

// doubts warns of what one Prometheus would leave out of an object, and of limits that it lowers. Both depend on the Prometheus, which
// may be about to change.
func (a *Answer) doubts(p *v1.Prometheus, o client.Object) {
	for _, f := range promconfig.FaultsFor(p, o) {
		a.warn("for Prometheus %s: %s", nameOf(p), f)
	}
	for _, limit := range []struct {
		field    string
		enforced *int64
	}{
		{"sampleLimit", p.Spec.EnforcedSampleLimit}, {"targetLimit", p.Spec.EnforcedTargetLimit}, {"labelLimit", p.Spec.EnforcedLabelLimit},
		{"labelNameLengthLimit", p.Spec.EnforcedLabelNameLengthLimit}, {"labelValueLengthLimit", p.Spec.EnforcedLabelValueLengthLimit},
		{"keepDroppedTargets", p.Spec.EnforcedKeepDroppedTargets},
	} {
		asked := numberIn(o, limit.field)
		if limit.enforced != nil && *limit.enforced > 0 && asked > *limit.enforced {
			a.warn("for Prometheus %s: spec.%s is %d, and it enforces %d", nameOf(p), limit.field, asked, *limit.enforced)
		}
	}
}

// numberIn returns a number of the spec, which all scrape kinds call the same; 0 when it is not set.
func numberIn(o client.Object, field string) int64 {
	value := reflect.Indirect(reflect.ValueOf(o)).FieldByName("Spec").FieldByNameFunc(func(name string) bool {
		return strings.EqualFold(name, field)
	})
	if n, ok := value.Interface().(*int64); ok && n != nil {
		return *n
	}
	return 0
}
