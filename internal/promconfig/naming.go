package promconfig

import (
	"cmp"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/prometheus/common/model"
	yaml "go.yaml.in/yaml/v3"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// naming is which names are taken from targets, and how those with other characters are asked for, in Prometheus' own words. An empty
// escaping goes with the validation.
type naming struct{ validation, escaping string }

const (
	legacy    = "legacy"
	allowUTF8 = model.AllowUTF8
)

var escapings = map[v1.NameEscapingSchemeOptions]string{
	v1.AllowUTF8NameEscapingScheme: allowUTF8, v1.UnderscoresNameEscapingScheme: "underscores",
	v1.DotsNameEscapingScheme: "dots", v1.ValuesNameEscapingScheme: "values",
}

func namingOf(validation *v1.NameValidationSchemeOptions, escaping *v1.NameEscapingSchemeOptions) naming {
	return naming{strings.ToLower(string(ptr.Deref(validation, ""))), escapings[ptr.Deref(escaping, "")]}
}

func namingIn(job *yaml.Node) naming {
	text := func(key string) string {
		if n := under(job, key); n != nil && !isNull(n) {
			return n.Value
		}
		return ""
	}
	return naming{text("metric_name_validation_scheme"), text("metric_name_escaping_scheme")}
}

// exclusive says why Prometheus refuses the two together, or nothing.
func (n naming) exclusive() string {
	if n.validation == legacy && n.escaping == allowUTF8 {
		return "it asks for names in UTF-8, which validation scheme Legacy does not take"
	}
	return ""
}

// inherit fills in what a job does not say from its Prometheus. Until 3.7.0 it has the escaping from there even where its validation is
// its own.
func (n naming) inherit(global naming, version semver.Version) naming {
	full := naming{cmp.Or(n.validation, global.validation), n.escaping}
	if n.escaping != "" || n.validation != "" && version.GE(semver.MustParse("3.7.0")) {
		return full
	}
	full.escaping = global.escaping
	if global.escaping == "" && global.validation != legacy {
		full.escaping = allowUTF8
	}
	return full
}

// judgeNames holds what follows to the naming of one job, and says what is wrong with its escaping. What the Prometheus alone makes
// wrong is told there, and without one nothing can be said: its version decides.
func (in *inspector) judgeNames(own naming) (wrong string) {
	if own == (naming{}) || in.version.EQ(semver.Version{}) {
		return ""
	}
	full := own.inherit(in.naming, in.version)
	in.scheme = in.labelScheme(full.validation)
	wrong = full.exclusive()
	switch {
	case !in.atLeast("3.4.0"):
		return "" // the directive is left out
	case wrong != "" && own.escaping == "":
		return "before Prometheus 3.7.0 it is that of the Prometheus, which asks for names in UTF-8: set Underscores"
	}
	return wrong
}

// labelScheme is what Prometheus takes as the name of a label in a step of relabeling: from 3.0.0 on any, but from 3.7.0 on by the
// validation of the job.
func (r *rules) labelScheme(validation string) model.ValidationScheme {
	if !r.atLeast("3.0.0") || validation == legacy && r.atLeast("3.7.0") {
		return model.LegacyValidation
	}
	return model.UTF8Validation
}
