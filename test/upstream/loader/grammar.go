package loader

import (
	"encoding"
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/alecthomas/units"
	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/relabel"
)

// grammar is what Prometheus knows: for the name of a mapping the kind of each of its directives, in the notation of
// internal/promconfig/grammar.go.
type grammar map[string]map[string]string

// notWritten are the types whose fields don't tell what stands in a file.
var notWritten = map[reflect.Type]string{
	reflect.TypeFor[commonconfig.URL]():  "text",
	reflect.TypeFor[relabel.Regexp]():    "text",
	reflect.TypeFor[model.Duration]():    "duration",
	reflect.TypeFor[targetgroup.Group](): "targets",
	reflect.TypeFor[any]():               "any",
	reflect.TypeFor[units.Base2Bytes]():  "size",
}

// prometheusGrammar reads the directives of a scrape job and of an Alertmanager off Prometheus' own types, with every discovery that is
// registered. Nomad's module can't be had: its discovery is taken as it comes.
func prometheusGrammar() (grammar, error) {
	g := grammar{"targets": {"targets": "[]text", "labels": "{}text"}}
	for name, root := range map[string]any{"scrape_configs": &config.ScrapeConfig{}, "alertmanagers": &config.AlertmanagerConfig{}} {
		g[name] = map[string]string{"nomad_sd_configs": "[]any"}
		if err := g.addFields(name, withDiscoveries(root)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// withDiscoveries is the type that Prometheus reads a configuration into: the fields of its own, and one for each discovery.
func withDiscoveries(root any) reflect.Type {
	var t reflect.Type
	err := discovery.UnmarshalYAMLWithInlineConfigs(root, func(into any) error {
		t = reflect.TypeOf(into).Elem()
		return errors.ErrUnsupported // the type is all that is asked
	})
	if !errors.Is(err, errors.ErrUnsupported) {
		panic(err)
	}
	return t
}

func (g grammar) addFields(name string, t reflect.Type) error {
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		var err error
		switch {
		case !f.IsExported() || tag == "-":
		case tag == "" && options == "": // for tests of Prometheus' own
		case options == "inline" && f.Type.Kind() == reflect.Map:
			g[name]["*"], err = g.kindOf(f.Type.Elem())
		case options == "inline":
			err = g.addFields(name, f.Type)
		default:
			g[name][tag], err = g.kindOf(f.Type)
		}
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, f.Name, err)
		}
	}
	return nil
}

func (g grammar) kindOf(t reflect.Type) (string, error) {
	if kind, ok := notWritten[t]; ok {
		return kind, nil
	}
	if t.Kind() == reflect.Pointer {
		return g.kindOf(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return "text", nil
	case reflect.Slice:
		item, err := g.kindOf(t.Elem())
		return "[]" + item, err
	case reflect.Map:
		value, err := g.kindOf(t.Elem())
		return "{}" + value, err
	case reflect.Struct:
		return g.kindOfStruct(t)
	}
	if readsItself(t) {
		return "text", nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return "bool", nil
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Float64:
		return "number", nil
	}
	return "", fmt.Errorf("no kind for %s", t)
}

func (g grammar) kindOfStruct(t reflect.Type) (string, error) {
	name := path.Base(t.PkgPath()) + "." + t.Name()
	if g[name] != nil {
		return name, nil
	}
	g[name] = map[string]string{}
	return name, g.addFields(name, t)
}

// readsItself reports whether a number or a bool is written as text of its own form.
func readsItself(t reflect.Type) bool {
	to := reflect.PointerTo(t)
	_, yaml := to.MethodByName("UnmarshalYAML")
	return yaml || to.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
