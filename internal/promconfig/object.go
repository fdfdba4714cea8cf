package promconfig

import (
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
)

// scrapeObject is an object that becomes scrape jobs: one for each of its parts.
type scrapeObject interface {
	kind() world.Kind
	objectMeta() *metav1.ObjectMeta
	class() *string
	// parts is the number of jobs. A part that is wrong is left out without the others.
	parts() int
	// jobName is the name of the job of part n.
	jobName(n int) string
	// inspect looks at what all parts share, inspectPart at one part alone.
	inspect(in *inspector)
	inspectPart(in *inspector, n int)
	// job builds the job of a part in which nothing is wrong.
	job(b *builder, n int) scrapeJob
}

// scrapeObjectOf wraps an object of the API, and is nil for what is never scraped.
func scrapeObjectOf(obj any) scrapeObject {
	switch o := obj.(type) {
	case *v1.ServiceMonitor:
		return (*serviceMonitor)(o)
	case *v1.PodMonitor:
		return (*podMonitor)(o)
	case *v1.Probe:
		return (*probe)(o)
	case *v1alpha1.ScrapeConfig:
		return (*scrapeConfig)(o)
	}
	return nil
}

func identify(o scrapeObject) world.Object {
	m := o.objectMeta()
	id := world.Object{Kind: o.kind()}
	id.Namespace, id.Name = m.Namespace, m.Name
	return id
}

// partLists are the fields that parts stand in. Objects of other kinds have one part and no list.
var partLists = map[world.Kind]string{world.ServiceMonitor: "endpoints", world.PodMonitor: "podMetricsEndpoints"}

// atPart runs a check on part n of an object.
func (in *inspector) atPart(o scrapeObject, n int, check func()) {
	in.at("spec", func() {
		if list := partLists[o.kind()]; list != "" {
			in.atIndex(list, n, check)
			return
		}
		check()
	})
}

// scrapeClass inspects the class of an object, where the classes are known.
func (in *inspector) scrapeClass(name *string) {
	if in.classFault == nil {
		return
	}
	if fault := in.classFault(name); fault != nil {
		in.at("scrapeClass", func() { in.fault(fault.Reason, "%s", fault.Message) })
	}
}

// timing inspects interval and timeout of a job; where the object has no interval, that of the Prometheus counts.
func (in *inspector) timing(interval, timeout v1.Duration) {
	if interval == "" {
		interval = in.interval
	}
	i, errI := model.ParseDuration(string(interval))
	t, errT := model.ParseDuration(string(timeout))
	if errI == nil && errT == nil && t > i {
		in.at("scrapeTimeout", func() {
			in.fault(TimeoutAboveInterval, "a timeout of %s is longer than the interval of %s; Prometheus refuses that", timeout, interval)
		})
	}
}
