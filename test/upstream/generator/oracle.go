package generator

import (
	"encoding/json"
	"fmt"
	"log/slog"

	upstreamv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	upstreamv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	upstream "github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// Input is what the oracle renders: the same objects in its own types.
type Input struct {
	Prometheus      *upstreamv1.Prometheus
	ServiceMonitors map[string]*upstreamv1.ServiceMonitor
	PodMonitors     map[string]*upstreamv1.PodMonitor
	Probes          map[string]*upstreamv1.Probe
	ScrapeConfigs   map[string]*upstreamv1alpha1.ScrapeConfig
	Store           *assets.StoreBuilder
	Options         []upstream.ConfigGeneratorOption
}

// additional is the text of the user's own that a selector of the Prometheus names.
func additional(sel *corev1.SecretKeySelector) []byte {
	if sel == nil {
		return nil
	}
	return random.SecretData()[sel.Key]
}

// InputOf turns a World and what it selects into the oracle's types, by way of JSON.
func InputOf(w *world.World, sel selection.Result) (Input, error) {
	in := Input{
		Prometheus: new(upstreamv1.Prometheus),
		Store:      assets.NewTestStoreBuilder(stored()...),
		Options:    []upstream.ConfigGeneratorOption{upstream.WithEndpointSliceSupport()},
	}
	if w.Options.Enabled(world.TopologyShardingGate) {
		in.Options = append(in.Options, upstream.WithPrometheusTopologySharding())
	}
	if w.Options.Enabled(world.ShardRetentionGate) {
		in.Options = append(in.Options, upstream.WithPrometheusRetentionPolicies())
	}
	err := convert(w.Prometheus, in.Prometheus)
	in.Prometheus.TypeMeta = typeMeta("v1", "Prometheus")
	in.ServiceMonitors = byName(&err, sel.ServiceMonitors, func(o *upstreamv1.ServiceMonitor) *metav1.ObjectMeta {
		o.TypeMeta = typeMeta("v1", "ServiceMonitor")
		return &o.ObjectMeta
	})
	in.PodMonitors = byName(&err, sel.PodMonitors, func(o *upstreamv1.PodMonitor) *metav1.ObjectMeta {
		o.TypeMeta = typeMeta("v1", "PodMonitor")
		return &o.ObjectMeta
	})
	in.Probes = byName(&err, sel.Probes, func(o *upstreamv1.Probe) *metav1.ObjectMeta {
		o.TypeMeta = typeMeta("v1", "Probe")
		return &o.ObjectMeta
	})
	in.ScrapeConfigs = byName(&err, sel.ScrapeConfigs, func(o *upstreamv1alpha1.ScrapeConfig) *metav1.ObjectMeta {
		o.TypeMeta = typeMeta("v1alpha1", "ScrapeConfig")
		return &o.ObjectMeta
	})
	return in, err
}

func typeMeta(version, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: "monitoring.coreos.com/" + version, Kind: kind}
}

func convert(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}

func byName[From, To any](err *error, objects []*From, meta func(*To) *metav1.ObjectMeta) map[string]*To {
	out := map[string]*To{}
	for _, o := range objects {
		to := new(To)
		if e := convert(o, to); e != nil {
			*err = e
		}
		m := meta(to)
		out[m.Namespace+"/"+m.Name] = to
	}
	return out
}

// stored are the Secrets and ConfigMaps that random objects refer to.
func stored() []any {
	var out []any
	for _, namespace := range random.Namespaces {
		out = append(out,
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: random.SecretName}, Data: random.SecretData()},
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: random.ConfigMapName}, Data: random.ConfigMapData()})
	}
	return out
}

// Render has the oracle render its input.
func (in Input) Render() ([]byte, error) {
	generator, err := upstream.NewConfigGenerator(slog.New(slog.DiscardHandler), in.Prometheus, in.Options...)
	if err != nil {
		return nil, fmt.Errorf("the oracle takes no such Prometheus: %w", err)
	}
	spec := in.Prometheus.Spec
	return generator.GenerateServerConfiguration(in.Prometheus, in.ServiceMonitors, in.PodMonitors, in.Probes, in.ScrapeConfigs,
		in.Store, additional(spec.AdditionalScrapeConfigs), additional(spec.AdditionalAlertRelabelConfigs),
		additional(spec.AdditionalAlertManagerConfigs), []string{"rules"})
}
