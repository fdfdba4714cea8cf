package promconfig

import (
	"bytes"
	"strings"

	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// scope is where the references of one object are looked up: in its own namespace, and nowhere else. Inspection has seen to it
// that they can be: in rendering there are no errors.
type scope struct {
	namespace string
	values    world.Values
	// assets are the references that the configuration names as files.
	assets []world.Reference
}

// secret is text from a Secret or ConfigMap. It is data: nothing in it is ever expanded.
type secret string

func (s *scope) lookup(r world.Reference) secret {
	value, err := s.values.Get(r)
	if err != nil {
		return ""
	}
	return secret(literal(string(value.Reveal())))
}

func (s *scope) secretKey(sel corev1.SecretKeySelector) secret {
	if sel.Name == "" {
		return ""
	}
	return s.lookup(world.SecretKey(s.namespace, sel))
}

func (s *scope) secretOrConfigMap(sel v1.SecretOrConfigMap) secret {
	if r, ok := s.referenceOf(sel); ok {
		return s.lookup(r)
	}
	return ""
}

func (s *scope) referenceOf(sel v1.SecretOrConfigMap) (world.Reference, bool) {
	switch {
	case sel.Secret != nil && sel.Secret.Name != "":
		return world.SecretKey(s.namespace, *sel.Secret), true
	case sel.ConfigMap != nil && sel.ConfigMap.Name != "":
		return world.ConfigMapKey(s.namespace, *sel.ConfigMap), true
	}
	return world.Reference{}, false
}

// file makes a referenced value a TLS asset and returns its path.
func (s *scope) file(r world.Reference) string {
	s.assets = append(s.assets, r)
	return assetsDir + "/" + assetName(r)
}

// assetsDir is where the TLS assets are mounted.
const assetsDir = "/etc/prometheus/certs"

// assetName is the file name of a TLS asset, as upstream has it. No two references share one: neither a namespace nor the name of
// a Secret or ConfigMap has an underscore in it.
func assetName(r world.Reference) string {
	source := "0"
	if r.Source == world.FromConfigMap {
		source = "1"
	}
	return source + "_" + r.Namespace + "_" + r.Name + "_" + r.Key
}

// assetReference is the reference that a file is named after, and the zero Reference for a name of another form.
func assetReference(name string) world.Reference {
	parts := strings.SplitN(name, "_", 4)
	if len(parts) != 4 {
		return world.Reference{}
	}
	source := world.FromSecret
	if parts[0] == "1" {
		source = world.FromConfigMap
	}
	return world.Reference{Source: source, Namespace: parts[1], Name: parts[2], Key: parts[3]}
}

func sameValue(a, b world.Value) bool { return bytes.Equal(a.Reveal(), b.Reveal()) }
