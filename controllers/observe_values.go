package controllers

import (
	"context"
	"maps"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// references lists every value that the Prometheus and what it selects refer to.
func references(w *world.World, sel selection.Result) []world.Reference {
	out := promconfig.References(w.Prometheus)
	if served, ok := world.ServedCertificate(w.Prometheus); ok {
		out = append(out, served)
	}
	for _, o := range sel.ServiceMonitors {
		out = append(out, promconfig.References(o)...)
	}
	for _, o := range sel.PodMonitors {
		out = append(out, promconfig.References(o)...)
	}
	for _, o := range sel.Probes {
		out = append(out, promconfig.References(o)...)
	}
	for _, o := range sel.ScrapeConfigs {
		out = append(out, promconfig.References(o)...)
	}
	return out
}

// holder is a Secret or ConfigMap that is referred to.
type holder struct {
	source world.Source
	types.NamespacedName
}

// valueStore reads referenced keys. It watches metadata only and reads an object when its resourceVersion or the set of wanted
// keys changed; it keeps the wanted keys and nothing else.
type valueStore struct {
	metadata client.Reader // cached metadata of all Secrets and ConfigMaps
	live     client.Reader

	mu    sync.Mutex
	kept  map[holder]*keptObject
	users map[holder]map[types.NamespacedName]bool // Prometheuses by what they refer to
}

type keptObject struct {
	version string
	asked   map[string]bool // keys that were looked for
	found   map[string]world.Value
}

func newValueStore(metadata, live client.Reader) *valueStore {
	return &valueStore{metadata: metadata, live: live, kept: map[holder]*keptObject{}, users: map[holder]map[types.NamespacedName]bool{}}
}

// read returns the values of refs and notes that user refers to them.
func (s *valueStore) read(ctx context.Context, user types.NamespacedName, refs []world.Reference) world.Values {
	wanted := map[holder]map[string]bool{}
	for _, r := range refs {
		h := holder{source: r.Source, NamespacedName: types.NamespacedName{Namespace: r.Namespace, Name: r.Name}}
		if wanted[h] == nil {
			wanted[h] = map[string]bool{}
		}
		wanted[h][r.Key] = true
	}
	s.note(user, wanted)
	found, unknown := map[world.Reference]world.Value{}, map[world.Reference]error{}
	for h, keys := range wanted {
		values, err := s.object(ctx, h, keys)
		for key := range keys {
			r := world.Reference{Source: h.source, Namespace: h.Namespace, Name: h.Name, Key: key}
			if err != nil {
				unknown[r] = err
			} else if value, ok := values[key]; ok {
				found[r] = value
			}
		}
	}
	return world.NewValues(found, unknown)
}

// note replaces what user refers to.
func (s *valueStore) note(user types.NamespacedName, wanted map[holder]map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, users := range s.users {
		delete(users, user)
		if wanted[h] == nil && len(users) == 0 {
			delete(s.users, h)
			delete(s.kept, h)
		}
	}
	for h := range wanted {
		if s.users[h] == nil {
			s.users[h] = map[types.NamespacedName]bool{}
		}
		s.users[h][user] = true
	}
}

// usersOf returns the Prometheuses that refer to a Secret or ConfigMap.
func (s *valueStore) usersOf(h holder) []types.NamespacedName {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []types.NamespacedName
	for user := range s.users[h] {
		out = append(out, user)
	}
	return out
}

// object returns the found keys of one object; an object that does not exist has none.
func (s *valueStore) object(ctx context.Context, h holder, keys map[string]bool) (map[string]world.Value, error) {
	meta := &metav1.PartialObjectMetadata{}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(h.source)))
	if err := s.metadata.Get(ctx, h.NamespacedName, meta); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	s.mu.Lock()
	kept := s.kept[h]
	s.mu.Unlock()
	if kept != nil && kept.version == meta.ResourceVersion && covers(kept.asked, keys) {
		return kept.found, nil
	}
	asked := maps.Clone(keys)
	if kept != nil {
		maps.Copy(asked, kept.asked)
	}
	fresh, err := s.fetch(ctx, h, asked)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[h] = fresh
	return fresh.found, nil
}

func (s *valueStore) fetch(ctx context.Context, h holder, keys map[string]bool) (*keptObject, error) {
	out := &keptObject{asked: keys, found: map[string]world.Value{}}
	if h.source == world.FromConfigMap {
		var cm corev1.ConfigMap
		err := s.live.Get(ctx, h.NamespacedName, &cm)
		out.version = cm.ResourceVersion
		for key := range keys {
			if value, ok := cm.Data[key]; ok {
				out.found[key] = world.NewValue([]byte(value))
			}
		}
		return out, err
	}
	var secret corev1.Secret
	err := s.live.Get(ctx, h.NamespacedName, &secret)
	out.version = secret.ResourceVersion
	for key := range keys {
		if value, ok := secret.Data[key]; ok {
			out.found[key] = world.NewValue(value)
		}
	}
	return out, err
}

func covers(have, want map[string]bool) bool {
	for key := range want {
		if !have[key] {
			return false
		}
	}
	return true
}
