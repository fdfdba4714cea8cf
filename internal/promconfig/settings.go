package promconfig

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// settings are all that a scrape job takes from its Prometheus.
type settings struct {
	spec      *v1.PrometheusSpec
	version   semver.Version
	sharding  sharding
	apiServer kubernetesSD
	classes   map[string]scrapeClass
	byDefault scrapeClass
	// assets are the TLS assets of scrape classes and of the API server.
	assets []world.Reference
	// steps of sharding, by address and by the target of a probe.
	byAddress, byTarget relabelings
	// judged changes whenever the verdict on a job could, and digest whenever its text could.
	judged, digest [sha256.Size]byte
}

// settingsOf reads what jobs need. The scope is that of the Prometheus.
func settingsOf(w *world.World, version semver.Version, s *scope) *settings {
	spec := &w.Prometheus.Spec
	out := &settings{
		spec:      spec,
		version:   version,
		sharding:  shardingOf(w),
		apiServer: apiServerOf(s, spec.APIServerConfig),
		classes:   map[string]scrapeClass{},
	}
	for i := range spec.ScrapeClasses {
		class := scrapeClassOf(s, spec.ScrapeClasses[i])
		out.classes[class.Name] = class
		if out.byDefault.Name == "" && ptr.Deref(class.Default, false) {
			out.byDefault = class
		}
	}
	out.assets = s.assets
	out.byAddress = out.sharding.steps("__address__")
	out.byTarget = out.sharding.steps("__param_target")
	out.judged = out.sumOfFields(w)
	out.digest = out.sumOfValues(w, s)
	return out
}

// newestVersion is the newest version of Prometheus that this package was written for.
var newestVersion = semver.MustParse(strings.TrimPrefix(world.DefaultPrometheusVersion, "v"))

func (s *settings) atLeast(version string) bool { return s.version.GE(semver.MustParse(version)) }

func (s *settings) class(name *string) scrapeClass {
	if name == nil {
		return s.byDefault
	}
	if class, ok := s.classes[*name]; ok {
		return class
	}
	return s.byDefault
}

// enforced is the last step of both lists of relabelings: it gives every target and every series the namespace of the object,
// whatever was done to that label before.
func (s *settings) enforced(kind world.Kind, o *metav1.ObjectMeta) relabelings {
	var out relabelings
	if s.spec.EnforcedNamespaceLabel != "" && !s.excluded(kind, o) {
		out.set(s.spec.EnforcedNamespaceLabel, o.Namespace)
	}
	return out
}

// resources are the kinds as an exclusion names them.
var resources = map[world.Kind]string{
	world.ServiceMonitor: "servicemonitors", world.PodMonitor: "podmonitors", world.Probe: "probes", world.ScrapeConfig: "scrapeconfigs",
}

func (s *settings) excluded(kind world.Kind, o *metav1.ObjectMeta) bool {
	return slices.ContainsFunc(s.spec.ExcludedFromEnforcement, func(r v1.ObjectReference) bool {
		return r.Resource == resources[kind] && r.Namespace == o.Namespace && (r.Name == "" || r.Name == o.Name) &&
			(r.Group == "" || r.Group == v1.GroupVersion.Group)
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
