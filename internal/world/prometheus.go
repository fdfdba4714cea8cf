package world

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/blang/semver/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// DefaultPrometheusVersion is the version that runs where spec.version is empty.
const DefaultPrometheusVersion = "v3.16.0"

// OldestPrometheusVersion is the oldest that a configuration can be written for: what older ones know stands nowhere here.
const OldestPrometheusVersion = "v2.45.0"

// PrometheusVersion is the version of Prometheus that p asks for, an error where it can't be read or is older than
// OldestPrometheusVersion. The leading v is optional, as upstream has it.
func PrometheusVersion(p *v1.Prometheus) (semver.Version, error) {
	text := p.Spec.Version
	if text == "" {
		text = DefaultPrometheusVersion
	}
	version, err := semver.ParseTolerant(text)
	if err != nil {
		return semver.Version{}, fmt.Errorf("%q is not a version like %s: %w", text, DefaultPrometheusVersion, err)
	}
	if release := (semver.Version{Major: version.Major, Minor: version.Minor}); release.LT(oldest) {
		return semver.Version{}, fmt.Errorf("%q is older than %s, the oldest version that is supported", text, OldestPrometheusVersion)
	}
	return version, nil
}

var oldest = semver.MustParse(strings.TrimPrefix(OldestPrometheusVersion, "v"))

// Shards is the number of shards that run for p, at least one.
func Shards(p *v1.Prometheus) int { return int(max(1, ptr.Deref(p.Spec.Shards, 1))) }

// Replicas is the number of pods of each shard. None is a number that can be asked for; a negative one counts as not set, as
// upstream has it.
func Replicas(p *v1.Prometheus) int {
	if replicas := ptr.Deref(p.Spec.Replicas, 1); replicas >= 0 {
		return int(replicas)
	}
	return 1
}

// Unmanaged reports whether the configuration is the user's own: no selector of scrape objects is set at all, and the operator is
// not told to write it all the same.
// Source: upstream's unmanaged mode, the description of spec.serviceMonitorSelector.
func (w *World) Unmanaged() bool {
	s := &w.Prometheus.Spec
	return !w.Options.AlwaysManaged && s.ServiceMonitorSelector == nil && s.PodMonitorSelector == nil && s.ProbeSelector == nil && s.ScrapeConfigSelector == nil
}

// ObjectMeta is what every generated object of w carries: namespace and name, the operator's own labels and annotations, and
// the marks of what made it. Owner references are added when it is known who shares the object.
func (w *World) ObjectMeta(name string) metav1.ObjectMeta {
	labels := maps.Clone(w.Options.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[ManagedByLabel], labels[ManagerLabel] = ManagedByValue, ManagedByValue
	labels[NameLabel] = w.Prometheus.Name
	return metav1.ObjectMeta{
		Namespace:   w.Prometheus.Namespace,
		Name:        name,
		Labels:      labels,
		Annotations: maps.Clone(w.Options.Annotations),
	}
}

// PodReady reports whether the pod's condition Ready is True.
func PodReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// Ordinal is the number of a pod in its StatefulSet, 0 for one of none.
func Ordinal(pod *corev1.Pod) int {
	n, err := strconv.Atoi(pod.Name[strings.LastIndex(pod.Name, "-")+1:])
	if err != nil {
		return 0
	}
	return n
}
