package webhooks

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1-prometheus,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=prometheuses,verbs=create;update,versions=v1,name=prometheuses.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10

// prometheusJudge judges what a Prometheus alone makes wrong, and warns of selectors that match nothing today.
type prometheusJudge struct {
	selecting  selecting
	references references
	options    world.Options
}

func (j *prometheusJudge) judge(ctx context.Context, p *v1.Prometheus) (Answer, error) {
	if !j.selecting.scope.Manages(p) {
		return Answer{}, nil
	}
	var a Answer
	objects := workload.For(&world.World{Prometheus: p, Options: j.options})
	if verdict := objects.Verdicts[world.ObjectOf(world.Prometheus, p)]; !verdict.Accepted() {
		a.refuse("", "%s", verdict.Message)
	}
	for _, f := range promconfig.Faults(p) {
		a.refuse(f.Path, "%s", f.Message)
	}
	a.Warnings = append(a.Warnings, objects.Ignored...)
	a.Warnings = append(a.Warnings, promconfig.NewRenderer().Render(&world.World{Prometheus: p}, selection.Result{}).Ignored...)
	if err := j.selectors(ctx, p, &a); err != nil {
		return Answer{}, err
	}
	if err := j.references.missing(ctx, &a, p); err != nil {
		return Answer{}, err
	}
	return a, deprecatedInPrometheuses.warnOf(&a, p)
}

// emptyLists hold the objects of each kind that a Prometheus selects, once they are read.
func emptyLists() map[world.Kind]client.ObjectList {
	return map[world.Kind]client.ObjectList{
		world.ServiceMonitor: &v1.ServiceMonitorList{}, world.PodMonitor: &v1.PodMonitorList{}, world.Probe: &v1.ProbeList{},
		world.ScrapeConfig: &v1alpha1.ScrapeConfigList{}, world.PrometheusRule: &v1.PrometheusRuleList{},
	}
}

// selectors refuses selectors that can't be read, and warns of those that match no object.
func (j *prometheusJudge) selectors(ctx context.Context, p *v1.Prometheus, a *Answer) error {
	lists := emptyLists()
	for _, kind := range world.Selectable {
		selector, err := selection.SelectorOf(p, kind)
		if err != nil {
			a.refuse("", "%s", err)
			continue
		}
		if selector.Nothing() {
			continue // not set: the Prometheus is not meant to select objects of this kind
		}
		some, err := j.anySelected(ctx, selector, lists[kind])
		if err != nil {
			return err
		}
		if !some {
			a.warn("%s selects no %s that exists now", selector.Field(), kind)
		}
	}
	return nil
}

// anySelected stops at the first object that is selected, so that only a selector without any looks at all of them.
func (j *prometheusJudge) anySelected(ctx context.Context, selector selection.Selector, list client.ObjectList) (bool, error) {
	if err := j.selecting.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return false, err
	}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		o := item.(client.Object)
		namespace, err := j.selecting.namespace(ctx, o.GetNamespace())
		if err == nil && j.selecting.scope.Sees(o.GetNamespace()) && selector.Selects(o, namespace) {
			return errSelected
		}
		return err
	})
	if errors.Is(err, errSelected) {
		return true, nil
	}
	return false, err
}

// errSelected ends the search for an object that is selected.
var errSelected = errors.New("selected")
