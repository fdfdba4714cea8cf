package workload

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// arguments are command line flags in order; a name may stand more than once.
type arguments []v1.Argument

// set adds --name=value.
func (a *arguments) set(name, value string) { *a = append(*a, v1.Argument{Name: name, Value: value}) }

// setUnlessEmpty adds --name=value when the user gave a value.
func (a *arguments) setUnlessEmpty(name, value string) {
	if value != "" {
		a.set(name, value)
	}
}

// enable adds --name when on.
func (a *arguments) enable(name string, on bool) {
	if on {
		a.set(name, "")
	}
}

// has reports whether name is set, by itself or negated.
func (a arguments) has(name string) bool {
	plain := strings.TrimPrefix(name, "no-")
	return slices.ContainsFunc(a, func(arg v1.Argument) bool { return strings.TrimPrefix(arg.Name, "no-") == plain })
}

func (a arguments) text() []string {
	out := make([]string, 0, len(a))
	for _, arg := range a {
		flag := "--" + arg.Name
		if arg.Value != "" {
			flag += "=" + arg.Value
		}
		out = append(out, flag)
	}
	return out
}

// withAdditional puts the user's own arguments behind the operator's. One that the operator sets is refused: which of two
// values wins would depend on the program.
func (b *builder) withAdditional(at *field.Path, own, asked arguments) []string {
	for i, arg := range asked {
		if own.has(arg.Name) {
			b.refuse(field.Invalid(at.Index(i).Child("name"), arg.Name, "is set by the operator; use the field of the spec for it"))
		}
	}
	return slices.Concat(own, asked).text()
}

// prometheusArgs are the arguments of Prometheus: those of the reference layout in its order, then what came later.
func (b *builder) prometheusArgs() []string {
	var args arguments
	for _, add := range []func(*arguments){
		b.layoutArgs, b.queryArgs, b.webArgs, b.processArgs, b.compactionArgs, b.pageArgs, b.receiverArgs, b.featureArgs,
	} {
		add(&args)
	}
	return b.withAdditional(field.NewPath("spec", "additionalArgs"), b.yielding(args), b.spec.AdditionalArgs)
}

// referenceOnly are arguments of the reference layout that upstream no longer sets, so that users of today may.
var referenceOnly = []string{"web.console.templates", "web.console.libraries", "storage.tsdb.no-lockfile"}

// yielding leaves out those arguments that the user may set and does.
func (b *builder) yielding(args arguments) arguments {
	asked := arguments(b.spec.AdditionalArgs)
	return slices.DeleteFunc(args, func(arg v1.Argument) bool {
		return slices.Contains(referenceOnly, arg.Name) && asked.has(arg.Name)
	})
}

func (b *builder) layoutArgs(args *arguments) {
	args.set("web.console.templates", "/etc/prometheus/consoles")
	args.set("web.console.libraries", "/etc/prometheus/console_libraries")
	size, time := b.retention()
	args.setUnlessEmpty("storage.tsdb.retention.size", size)
	args.set("config.file", configOutFile)
	args.set("storage.tsdb.path", storageDir)
	args.setUnlessEmpty("storage.tsdb.retention.time", time)
	args.enable("web.enable-lifecycle", !b.signalsPrometheus())
	args.enable("storage.tsdb.no-lockfile", true)
}

// retention is what bounds the data, as flags. From 3.11 on it stands in the configuration, where a change needs no restart.
func (b *builder) retention() (size, time string) {
	if b.atLeast("3.11.0") {
		return "", ""
	}
	if b.spec.RetentionPercentage != nil {
		b.ignore("spec.retentionPercentage", "it needs Prometheus 3.11.0")
	}
	size, time = string(b.spec.RetentionSize), string(b.spec.Retention)
	if size == "" && time == "" {
		time = "24h"
	}
	return size, time
}

func (b *builder) queryArgs(args *arguments) {
	query := ptr.Deref(b.spec.Query, v1.QuerySpec{})
	alert := b.spec.Rules.Alert
	args.setUnlessEmpty("query.lookback-delta", ptr.Deref(query.LookbackDelta, ""))
	args.setUnlessEmpty("rules.alert.for-outage-tolerance", alert.ForOutageTolerance)
	args.setUnlessEmpty("rules.alert.for-grace-period", alert.ForGracePeriod)
	args.setUnlessEmpty("rules.alert.resend-delay", alert.ResendDelay)
	args.setUnlessEmpty("query.max-samples", positive(query.MaxSamples))
	args.setUnlessEmpty("query.max-concurrency", positive(query.MaxConcurrency))
	args.setUnlessEmpty("query.timeout", string(ptr.Deref(query.Timeout, "")))
}

// positive is a number as text, "" for none, zero and less.
func positive(n *int32) string {
	if ptr.Deref(n, 0) <= 0 {
		return ""
	}
	return strconv.Itoa(int(*n))
}

func (b *builder) webArgs(args *arguments) {
	args.enable("web.enable-admin-api", b.spec.EnableAdminAPI)
	args.setUnlessEmpty("web.external-url", b.spec.ExternalURL)
	args.set("web.route-prefix", b.routePrefix())
}

func (b *builder) processArgs(args *arguments) {
	if b.spec.LogLevel != "info" {
		args.setUnlessEmpty("log.level", b.spec.LogLevel)
	}
	if b.spec.LogFormat != "logfmt" {
		args.setUnlessEmpty("log.format", b.spec.LogFormat)
	}
	if b.spec.WALCompression != nil {
		args.enable("storage.tsdb.wal-compression", *b.spec.WALCompression)
		args.enable("no-storage.tsdb.wal-compression", !*b.spec.WALCompression)
	}
	if b.spec.ListenLocal {
		args.set("web.listen-address", "127.0.0.1:9090")
	}
}

func (b *builder) pageArgs(args *arguments) {
	web := ptr.Deref(b.spec.Web, v1.PrometheusWebSpec{})
	args.set("web.config.file", webDir+"/"+webConfigKey)
	args.setUnlessEmpty("web.page-title", ptr.Deref(web.PageTitle, ""))
	if web.MaxConnections != nil {
		args.set("web.max-connections", strconv.Itoa(int(*web.MaxConnections)))
	}
}
