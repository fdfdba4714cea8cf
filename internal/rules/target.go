package rules

import (
	"fmt"
	"slices"

	"github.com/blang/semver/v4"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// Target is what a judge has to know of the Prometheus that rules are meant for.
type Target struct {
	// Version of Prometheus; the zero Version stands for the newest.
	Version semver.Version
	// Names is the scheme that names of metrics and labels follow.
	Names model.ValidationScheme
	// Features are the feature flags that the parser knows.
	Features parser.Options
	// flags are those of spec.enableFeatures that bear on what a version understands.
	flags []v1.EnableFeature
	// NamespaceLabel is put on everything that a rule reads and writes; empty turns it off.
	NamespaceLabel string
	// exempt are the objects that NamespaceLabel does not apply to: names by namespace, "" for all of a namespace.
	exempt map[string][]string
}

// AnyTarget stands for any Prometheus: the newest with everything turned on, and with what it has lost since older ones. What it
// refuses, every Prometheus refuses.
func AnyTarget() Target {
	return Target{Names: model.UTF8Validation, Features: parser.Options{
		EnableExperimentalFunctions: true, EnableBinopFillModifiers: true, EnableUnquotedUTF8Names: true, Functions: functionsBefore3(),
	}}
}

// TargetOf returns the target that p is. A version that can't be read counts as the newest.
func TargetOf(p *v1.Prometheus) Target {
	t := Target{Names: model.UTF8Validation, NamespaceLabel: p.Spec.EnforcedNamespaceLabel}
	if version, err := world.PrometheusVersion(p); err == nil {
		t.Version = version
	}
	scheme := p.Spec.NameValidationScheme
	if t.before(3, 0) || scheme != nil && *scheme == v1.LegacyNameValidationScheme {
		t.Names = model.LegacyValidation
	}
	t.Features = features(p)
	t.Features.EnableUnquotedUTF8Names = t.Features.EnableUnquotedUTF8Names && !t.before(3, 16)
	if t.before(3, 0) {
		t.Features.Functions = functionsBefore3()
	}
	for _, flag := range []v1.EnableFeature{"promql-duration-expr", "promql-extended-range-selectors"} {
		if slices.Contains(p.Spec.EnableFeatures, flag) {
			t.flags = append(t.flags, flag)
		}
	}
	t.exempt = exempt(p)
	return t
}

func features(p *v1.Prometheus) parser.Options {
	on := func(name v1.EnableFeature) bool { return slices.Contains(p.Spec.EnableFeatures, name) }
	return parser.Options{
		EnableExperimentalFunctions: on("promql-experimental-functions"),
		EnableBinopFillModifiers:    on("promql-binop-fill-modifiers"),
		EnableUnquotedUTF8Names:     on("promql-unquoted-utf8-names"),
	}
}

func exempt(p *v1.Prometheus) map[string][]string {
	out := map[string][]string{}
	for _, ref := range p.Spec.ExcludedFromEnforcement {
		if ref.Resource == "prometheusrules" {
			out[ref.Namespace] = append(out[ref.Namespace], ref.Name)
		}
	}
	for _, ref := range p.Spec.PrometheusRulesExcludedFromEnforce {
		if ref.RuleName != "" {
			out[ref.RuleNamespace] = append(out[ref.RuleNamespace], ref.RuleName)
		}
	}
	return out
}

// enforces reports whether the namespace label applies to an object.
func (t Target) enforces(namespace, name string) bool {
	names := t.exempt[namespace]
	return t.NamespaceLabel != "" && !slices.Contains(names, "") && !slices.Contains(names, name)
}

// before reports whether the target is older than major.minor. A pre-release counts as its release.
func (t Target) before(major, minor uint64) bool {
	v := t.Version
	if v.Equals(semver.Version{}) {
		return false
	}
	return v.Major < major || v.Major == major && v.Minor < minor
}

// Key is equal for targets that judge alike.
func (t Target) Key() string {
	return fmt.Sprintf("%s %v %v %v %v %v %s %v", t.Version, t.Names, t.flags, t.Features.EnableExperimentalFunctions,
		t.Features.EnableBinopFillModifiers, t.Features.EnableUnquotedUTF8Names, t.NamespaceLabel, t.exempt)
}
