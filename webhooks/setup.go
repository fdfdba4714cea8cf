package webhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// Paths that upstream's webhook serves, for the webhook configurations of an existing installation.
const (
	upstreamValidatePath = "/admission-prometheusrules/validate"
	upstreamMutatePath   = "/admission-prometheusrules/mutate"
)

// Options are the settings of the webhooks. DefaultOptions has all of them but References.
type Options struct {
	// World are the operator's own settings, which the judges go by.
	World world.Options
	// Scope says whose Prometheuses and objects are judged. Those of another operator are its own to judge.
	Scope world.Scope
	// Limits are those of the planner: what it would hold back is refused here.
	Limits rules.Limits
	// References reads the metadata of Secrets and ConfigMaps in the namespaces of Scope, to warn of those that are referred to and
	// don't exist. It may be nil; then nobody is warned.
	References client.Reader
	// MaxConcurrent is the number of reviews that are judged at once; a caller beyond that is sent away.
	MaxConcurrent int
	// ReadTimeout is how long a caller may take to send a review.
	ReadTimeout time.Duration
}

// DefaultOptions returns the options that hold where flags don't change them.
func DefaultOptions(w world.Options) Options {
	return Options{
		World: w, Limits: rules.DefaultLimits(w.RuleShards),
		MaxConcurrent: max(8, 4*runtime.GOMAXPROCS(0)), ReadTimeout: 5 * time.Second,
	}
}

// Setup serves the webhooks on the manager's webhook server. They answer on every replica, from its cache.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if o.MaxConcurrent < 1 || o.ReadTimeout <= 0 {
		return errors.New("webhooks: MaxConcurrent and ReadTimeout must be positive")
	}
	capacity := rules.NewCapacity(o.Limits, o.World.RuleShards)
	if err := observeCapacity(ctx, mgr.GetCache(), capacity); err != nil {
		return fmt.Errorf("watching rule ConfigMaps: %w", err)
	}
	for path, handler := range handlers(mgr.GetClient(), capacity, o) {
		hook := (&admission.Webhook{Handler: handler}).WithRecoverPanic(true)
		mgr.GetWebhookServer().Register(path, newGuard(hook, o))
	}
	return nil
}

func handlers(cached client.Reader, capacity *rules.Capacity, o Options) map[string]admission.Handler {
	s := selecting{cached, o.Scope}
	rule := &ruleJudge{selecting: s, capacity: capacity, limits: o.Limits}
	refs := references{o.References, o.Scope.Watched()}
	prometheus := &prometheusJudge{s, refs, o.World}
	serviceMonitor := &scrapeJudge[*v1.ServiceMonitor]{world.ServiceMonitor, s, refs, deprecatedInServiceMonitors}
	podMonitor := &scrapeJudge[*v1.PodMonitor]{world.PodMonitor, s, refs, deprecatedInPodMonitors}
	probe := &scrapeJudge[*v1.Probe]{world.Probe, s, refs, deprecatedInProbes}
	scrapeConfig := &scrapeJudge[*v1alpha1.ScrapeConfig]{world.ScrapeConfig, s, refs, nil}
	reviewRule := validate("PrometheusRule", o, rule.judge, func(o *v1.PrometheusRule) any { return &o.Spec })
	return map[string]admission.Handler{
		"/validate-monitoring-coreos-com-v1-prometheusrule": reviewRule,
		upstreamValidatePath: reviewRule,
		upstreamMutatePath:   admission.HandlerFunc(mutateRule),
		"/validate-monitoring-coreos-com-v1-prometheus": validate("Prometheus", o, prometheus.judge,
			func(o *v1.Prometheus) any { return &o.Spec }),
		"/validate-monitoring-coreos-com-v1-servicemonitor": validate("ServiceMonitor", o, serviceMonitor.judge,
			func(o *v1.ServiceMonitor) any { return &o.Spec }),
		"/validate-monitoring-coreos-com-v1-podmonitor": validate("PodMonitor", o, podMonitor.judge,
			func(o *v1.PodMonitor) any { return &o.Spec }),
		"/validate-monitoring-coreos-com-v1-probe": validate("Probe", o, probe.judge,
			func(o *v1.Probe) any { return &o.Spec }),
		"/validate-monitoring-coreos-com-v1alpha1-scrapeconfig": validate("ScrapeConfig", o, scrapeConfig.judge,
			func(o *v1alpha1.ScrapeConfig) any { return &o.Spec }),
	}
}

func validate[T any, P object[T]](kind string, o Options, judge func(context.Context, P) (Answer, error), spec func(P) any) admission.Handler {
	return &validator[T, P]{
		kind:     schema.GroupKind{Group: v1.GroupVersion.Group, Kind: kind},
		maxBytes: o.Limits.ObjectBytes, spec: spec, judge: judge,
	}
}
