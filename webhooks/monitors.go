package webhooks

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
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
	if err := j.references.missing(ctx, &a, o); err != nil {
		return Answer{}, err
	}
	return a, j.deprecated.warnOf(&a, o)
}

func sameServiceMonitor(old, o *v1.ServiceMonitor) bool { return sameSpec(old, o, old.Spec, o.Spec) }

func samePodMonitor(old, o *v1.PodMonitor) bool { return sameSpec(old, o, old.Spec, o.Spec) }

func sameProbe(old, o *v1.Probe) bool { return sameSpec(old, o, old.Spec, o.Spec) }

func sameScrapeConfig(old, o *v1alpha1.ScrapeConfig) bool { return sameSpec(old, o, old.Spec, o.Spec) }

// sameSpec compares what is judged: the labels too, since they decide who selects the object.
func sameSpec(old, o client.Object, oldSpec, spec any) bool {
	return equality.Semantic.DeepEqual(oldSpec, spec) && equality.Semantic.DeepEqual(old.GetLabels(), o.GetLabels())
}
