package workload

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// defaultGracePeriod is how long Prometheus may take to stop, in seconds: it writes a checkpoint of its head first.
const defaultGracePeriod = 600

func (b *builder) podSpec(shard int, selector map[string]string) corev1.PodSpec {
	spec := b.spec
	return corev1.PodSpec{
		InitContainers:                b.initContainers(shard),
		Containers:                    b.containers(shard),
		Volumes:                       b.volumes(),
		ServiceAccountName:            spec.ServiceAccountName,
		AutomountServiceAccountToken:  new(ptr.Deref(spec.AutomountServiceAccountToken, true)),
		SecurityContext:               spec.SecurityContext,
		ImagePullSecrets:              spec.ImagePullSecrets,
		NodeSelector:                  b.nodeSelector(shard),
		Affinity:                      spec.Affinity,
		Tolerations:                   spec.Tolerations,
		TopologySpreadConstraints:     spreadConstraints(spec.TopologySpreadConstraints, selector),
		SchedulerName:                 spec.SchedulerName,
		PriorityClassName:             spec.PriorityClassName,
		TerminationGracePeriodSeconds: new(ptr.Deref(spec.TerminationGracePeriodSeconds, defaultGracePeriod)),
		ShareProcessNamespace:         new(b.signalsPrometheus()),
		HostAliases:                   hostAliases(spec.HostAliases),
		HostNetwork:                   spec.HostNetwork,
		HostUsers:                     spec.HostUsers,
		EnableServiceLinks:            spec.EnableServiceLinks,
		DNSPolicy:                     b.dnsPolicy(),
		DNSConfig:                     dnsConfig(spec.DNSConfig),
	}
}

func (b *builder) initContainers(shard int) []corev1.Container {
	own := b.foreignInitReloaders(shard)
	if !b.options.ForeignReloaders {
		own = []corev1.Container{b.initReloader(shard)}
	}
	return b.merged(field.NewPath("spec", "initContainers"), own, b.spec.InitContainers)
}

func (b *builder) containers(shard int) []corev1.Container {
	own := []corev1.Container{b.prometheus(), b.configReloader(shard), b.rulesReloader(shard)}
	if b.spec.Thanos != nil {
		own = append(own, b.thanos())
	}
	return b.merged(field.NewPath("spec", "containers"), own, b.spec.Containers)
}

// signalsPrometheus reports whether Prometheus is to be reloaded by SIGHUP, for which the containers must see each other's processes.
func (b *builder) signalsPrometheus() bool {
	return ptr.Deref(b.spec.ReloadStrategy, v1.HTTPReloadStrategyType) == v1.ProcessSignalReloadStrategyType
}

// nodeSelector binds a shard to its zone where topology sharding is on.
func (b *builder) nodeSelector(shard int) map[string]string {
	zone, _ := b.zone(shard)
	if zone == "" {
		return b.spec.NodeSelector
	}
	selector := map[string]string{}
	maps.Copy(selector, b.spec.NodeSelector)
	selector[corev1.LabelTopologyZone] = zone
	return selector
}

// dnsPolicy lets pods on the host's network resolve Services, unless the user says otherwise.
func (b *builder) dnsPolicy() corev1.DNSPolicy {
	switch {
	case b.spec.DNSPolicy != nil:
		return corev1.DNSPolicy(*b.spec.DNSPolicy)
	case b.spec.HostNetwork:
		return corev1.DNSClusterFirstWithHostNet
	}
	return ""
}

func dnsConfig(asked *v1.PodDNSConfig) *corev1.PodDNSConfig {
	if asked == nil {
		return nil
	}
	config := &corev1.PodDNSConfig{Nameservers: asked.Nameservers, Searches: asked.Searches}
	for _, option := range asked.Options {
		config.Options = append(config.Options, corev1.PodDNSConfigOption{Name: option.Name, Value: option.Value})
	}
	return config
}

func hostAliases(asked []v1.HostAlias) []corev1.HostAlias {
	var aliases []corev1.HostAlias
	for _, alias := range asked {
		aliases = append(aliases, corev1.HostAlias{IP: alias.IP, Hostnames: alias.Hostnames})
	}
	return aliases
}

// spreadConstraints adds the labels of the pods to those constraints that ask for them, with or without the shard's.
func spreadConstraints(asked []v1.TopologySpreadConstraint, selector map[string]string) []corev1.TopologySpreadConstraint {
	var constraints []corev1.TopologySpreadConstraint
	for _, ask := range asked {
		constraint := *(*corev1.TopologySpreadConstraint)(&ask.CoreV1TopologySpreadConstraint).DeepCopy()
		if ask.AdditionalLabelSelectors != nil {
			labels := maps.Clone(selector)
			if *ask.AdditionalLabelSelectors == v1.ResourceNameLabelSelector {
				delete(labels, shardLabel)
			}
			constraint.LabelSelector = withLabels(constraint.LabelSelector, labels)
		}
		constraints = append(constraints, constraint)
	}
	return constraints
}

func withLabels(selector *metav1.LabelSelector, labels map[string]string) *metav1.LabelSelector {
	if selector == nil {
		selector = &metav1.LabelSelector{}
	}
	if selector.MatchLabels == nil {
		selector.MatchLabels = map[string]string{}
	}
	maps.Copy(selector.MatchLabels, labels)
	return selector
}
