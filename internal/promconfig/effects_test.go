package promconfig_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// withoutEffect are the fields whose absence means what random objects have there.
var withoutEffect = map[string]bool{"Prometheus.version": true, "ObjectReference.group": true}

// TestEveryFieldHasItsEffect takes each field away from random objects: for some of them that has to change what is rendered or
// what is said of them. Every field of the scrape kinds has to be drawn; what else a Prometheus has bears on its pod.
func TestEveryFieldHasItsEffect(t *testing.T) {
	t.Parallel()
	f := fields{drawn: map[string]bool{}, effective: map[string]bool{}}
	worlds := rapid.Custom(func(t *rapid.T) *worldAndSelection {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		return &worldAndSelection{w, sel}
	})
	for seed := range 400 {
		f.inWorld(worlds.Example(seed))
	}
	for field := range f.drawn {
		if !f.effective[field] && !withoutEffect[field] {
			t.Errorf("%s is taken away from every object, and nothing changes", field)
		}
	}
	for kind, spec := range map[string]reflect.Type{
		"ServiceMonitor": reflect.TypeFor[v1.ServiceMonitorSpec](), "PodMonitor": reflect.TypeFor[v1.PodMonitorSpec](),
		"Probe": reflect.TypeFor[v1.ProbeSpec](), "ScrapeConfig": reflect.TypeFor[v1alpha1.ScrapeConfigSpec](),
	} {
		everyField(spec, kind, func(field string) {
			if !f.drawn[field] {
				t.Errorf("%s is in no random object", field)
			}
		})
	}
}

type worldAndSelection struct {
	w   *world.World
	sel selection.Result
}

// outcome is all that is made of a World.
func (d *worldAndSelection) outcome() string {
	res := promconfig.NewRenderer().Render(d.w, d.sel)
	text, err := res.Plain()
	return fmt.Sprint(string(text), err, res.Verdicts, res.Ignored, res.Assets)
}

// fields are known by their path in the kind, or in a type that many kinds share.
type fields struct{ drawn, effective map[string]bool }

func (f fields) inWorld(d *worldAndSelection) {
	before := d.outcome()
	without := func(field string, value reflect.Value) {
		f.drawn[field] = true
		if f.effective[field] {
			return
		}
		kept := reflect.New(value.Type()).Elem()
		kept.Set(value)
		value.SetZero()
		f.effective[field] = d.outcome() != before
		value.Set(kept)
	}
	everySet(reflect.ValueOf(&d.w.Prometheus.Spec).Elem(), "Prometheus", without)
	d.everyTenantField(without)
}

// everyTenantField visits the fields that are set in what the Prometheus selects.
func (d *worldAndSelection) everyTenantField(visit func(string, reflect.Value)) {
	for _, o := range d.sel.ServiceMonitors {
		everySet(reflect.ValueOf(&o.Spec).Elem(), "ServiceMonitor", visit)
	}
	for _, o := range d.sel.PodMonitors {
		everySet(reflect.ValueOf(&o.Spec).Elem(), "PodMonitor", visit)
	}
	for _, o := range d.sel.Probes {
		everySet(reflect.ValueOf(&o.Spec).Elem(), "Probe", visit)
	}
	for _, o := range d.sel.ScrapeConfigs {
		everySet(reflect.ValueOf(&o.Spec).Elem(), "ScrapeConfig", visit)
	}
}

// shared are types that many fields have. A field of one is a field, and so is each that is in the type.
var shared = map[reflect.Type]bool{
	reflect.TypeFor[v1.OAuth2](): true, reflect.TypeFor[v1.SafeTLSConfig](): true, reflect.TypeFor[v1.TLSConfig](): true,
	reflect.TypeFor[v1.ObjectReference](): true, reflect.TypeFor[v1.RelabelConfig](): true, reflect.TypeFor[v1.BasicAuth](): true,
	reflect.TypeFor[v1.SafeAuthorization](): true, reflect.TypeFor[v1.Authorization](): true, reflect.TypeFor[v1.SecretOrConfigMap](): true,
}

// whole are types that are not looked into.
var whole = map[reflect.Type]bool{
	reflect.TypeFor[metav1.LabelSelector](): true, reflect.TypeFor[intstr.IntOrString](): true, reflect.TypeFor[resource.Quantity](): true,
	reflect.TypeFor[corev1.SecretKeySelector](): true, reflect.TypeFor[corev1.ConfigMapKeySelector](): true,
}

// inner is the struct below pointers and lists that is to be looked into, with the path of its fields, or nil.
func inner(t reflect.Type, path string) (reflect.Type, string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch {
	case t.Kind() != reflect.Struct || whole[t] || !strings.Contains(t.PkgPath(), "promloop"):
		return nil, ""
	case shared[t]:
		return t, t.Name()
	}
	return t, path
}

func fieldPath(f reflect.StructField, path string) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return strings.TrimSuffix(path+"."+name, ".") // inlined ones have no name
}

// everyField visits the fields of a type and of what it holds.
func everyField(t reflect.Type, path string, visit func(string)) {
	for i := range t.NumField() {
		f := t.Field(i)
		below := fieldPath(f, path)
		into, within := inner(f.Type, below)
		if into == nil || shared[into] && !f.Anonymous {
			visit(below)
		}
		if into != nil {
			everyField(into, within, visit)
		}
	}
}

// everySet visits those that are set in a value, deepest first.
func everySet(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			everySet(v.Elem(), path, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			everySet(v.Index(i), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, value := v.Type().Field(i), v.Field(i)
			below := fieldPath(f, path)
			into, within := inner(f.Type, below)
			if into != nil {
				everySet(value, within, visit)
			}
			if (into == nil || shared[into] && !f.Anonymous) && !value.IsZero() {
				visit(below, value)
			}
		}
	}
}

// Whatever text of a tenant names a variable, the reloader finds none of it to replace, and the other objects' jobs stay.
func TestF74NoFieldOfATenantIsExpanded(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	worlds := rapid.Custom(func(t *rapid.T) *worldAndSelection {
		w, sel := random.World(t, world.DefaultPrometheusVersion)
		w.Prometheus = newPrometheus(func(p *v1.PrometheusSpec) { p.ScrapeClasses = w.Prometheus.Spec.ScrapeClasses })
		return &worldAndSelection{w, sel}
	})
	for seed := range 200 {
		d := worlds.Example(seed)
		d.everyTenantField(func(field string, value reflect.Value) {
			if text, ok := textIn(value); ok && !tried[field] {
				tried[field] = true
				d.holdsNothingToExpand(t, field, text)
			}
		})
	}
	if len(tried) < 200 {
		t.Errorf("only %d fields hold text; there are more", len(tried))
	}
}

// textIn is the text that a field holds, or the first.
func textIn(value reflect.Value) (reflect.Value, bool) {
	switch {
	case value.Kind() == reflect.Pointer:
		return textIn(value.Elem())
	case value.Kind() == reflect.Slice && value.Len() > 0:
		return textIn(value.Index(0))
	}
	return value, value.Kind() == reflect.String
}

func (d *worldAndSelection) holdsNothingToExpand(t *testing.T, field string, value reflect.Value) {
	kept := value.String()
	defer value.SetString(kept)
	value.SetString("$(KUBERNETES_SERVICE_HOST)")
	res := promconfig.NewRenderer().Render(d.w, d.sel)
	for name, job := range jobsIn(t, res) {
		for _, found := range expandable.FindAllString(job, -1) {
			if found == "$(KUBERNETES_SERVICE_HOST)" {
				t.Errorf("%s: the reloader would replace %s in %s", field, found, name)
			}
		}
	}
}
