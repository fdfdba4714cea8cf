package manifest

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// World is the one of a Prometheus, as if what was read were all that the cluster holds.
func (s *Set) World(p *v1.Prometheus, options world.Options) *world.World {
	return &world.World{
		Options:         options,
		Prometheus:      p,
		ServiceMonitors: sorted(s.ServiceMonitors),
		PodMonitors:     sorted(s.PodMonitors),
		Probes:          sorted(s.Probes),
		ScrapeConfigs:   sorted(s.ScrapeConfigs),
		Rules:           sorted(s.Rules),
		Namespaces:      s.namespaces(),
		Values:          s.values(),
	}
}

func sorted[P client.Object](objects []P) []P {
	return slices.SortedFunc(slices.Values(objects), func(a, b P) int {
		if c := strings.Compare(a.GetNamespace(), b.GetNamespace()); c != 0 {
			return c
		}
		return strings.Compare(a.GetName(), b.GetName())
	})
}

// namespaces are those that were read, and those that objects live in, with the one label that every namespace has.
func (s *Set) namespaces() map[string]labels.Set {
	out := map[string]labels.Set{}
	for id := range s.places {
		if id.Namespace != "" {
			out[id.Namespace] = labels.Set{corev1.LabelMetadataName: id.Namespace}
		}
	}
	for _, n := range s.Namespaces {
		out[n.Name] = labels.Merge(n.Labels, labels.Set{corev1.LabelMetadataName: n.Name})
	}
	return out
}

func (s *Set) values() world.Values {
	found := map[world.Reference]world.Value{}
	put := func(source world.Source, o client.Object, key string, value []byte) {
		found[world.Reference{Source: source, Namespace: o.GetNamespace(), Name: o.GetName(), Key: key}] = world.NewValue(value)
	}
	for _, secret := range s.Secrets {
		for key, value := range secret.Data {
			put(world.FromSecret, secret, key, value)
		}
		for key, value := range secret.StringData {
			put(world.FromSecret, secret, key, []byte(value))
		}
	}
	for _, m := range s.ConfigMaps {
		for key, value := range m.Data {
			put(world.FromConfigMap, m, key, []byte(value))
		}
	}
	return world.NewValues(found, nil)
}
