package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/controllers"
	"github.com/promloop/promloop/internal/kubelet"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// settings are the operator's flags, parsed.
type settings struct {
	world           world.Options
	kubelet         kubelet.Options
	kubeletSelector labels.Selector
	kubeletEvery    time.Duration

	metricsAddress string
	probeAddress   string
	leaderElect    bool
	leaderElectIn  string
	lease          lease
	workers        int
	repair         string
	logLevel       string
	logFormat      string
	version        bool

	scope            world.Scope
	limits           rules.Limits
	admission        admission
	reloaderContract string
	sidecarAccess    string
	ignored          []string // flags that were given and have no effect, each with the reason
}

// lease are the times of leader election.
type lease struct{ duration, renew, retry time.Duration }

// ignoredFlags are upstream's flags of v0.40 and v0.93 that are accepted, so that an existing command line starts, and have no
// effect. The value says why.
var ignoredFlags = map[string]string{
	"logtostderr":                                "logs always go to standard error",
	"alsologtostderr":                            "logs always go to standard error",
	"log_dir":                                    "logs always go to standard error",
	"log_file":                                   "logs always go to standard error",
	"log_file_max_size":                          "logs always go to standard error",
	"stderrthreshold":                            "logs always go to standard error",
	"skip_headers":                               "use --log-format",
	"skip_log_headers":                           "use --log-format",
	"add_dir_header":                             "use --log-format",
	"log_backtrace_at":                           "use --log-level",
	"v":                                          "use --log-level",
	"vmodule":                                    "use --log-level",
	"alertmanager-default-base-image":            "Alertmanager is not managed yet",
	"alertmanager-instance-namespaces":           "Alertmanager is not managed yet",
	"alertmanager-instance-selector":             "Alertmanager is not managed yet",
	"alertmanager-config-namespaces":             "Alertmanager is not managed yet",
	"thanos-ruler-instance-namespaces":           "ThanosRuler is not managed yet",
	"thanos-ruler-instance-selector":             "ThanosRuler is not managed yet",
	"auto-gomemlimit-ratio":                      "set GOMEMLIMIT instead",
	"enable-config-reloader-probes":              "the sidecars' probes are always on",
	"secret-field-selector":                      "only metadata of Secrets is watched",
	"secret-label-selector":                      "only metadata of Secrets is watched",
	"configmap-field-selector":                   "only metadata of ConfigMaps is watched",
	"configmap-label-selector":                   "only metadata of ConfigMaps is watched",
	"watch-referenced-objects-in-all-namespaces": "references are watched in every namespace",
}

// parse reads the command line. An error says which flag, and what it takes.
func parse(args []string, out io.Writer) (settings, error) {
	s := settings{kubeletSelector: labels.Everything()}
	fs := flag.NewFlagSet("promloop", flag.ContinueOnError)
	fs.SetOutput(out)
	s.serving(fs)
	s.sidecars(fs)
	s.objects(fs)
	s.nodes(fs)
	s.scoped(fs)
	s.admission.flags(fs)
	limits := rules.Flags(fs)
	for name, why := range ignoredFlags {
		fs.Var(&ignoredFlag{note: func() { s.ignored = append(s.ignored, "--"+name+": "+why) }}, name, "accepted without effect: "+why)
	}
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	if fs.NArg() > 0 && !slices.Equal(fs.Args(), []string{"start"}) {
		return s, fmt.Errorf("unexpected argument %q: every setting is a flag", fs.Arg(0))
	}
	s.limits = limits(s.world.RuleShards)
	return s, s.complete()
}

// ignoredFlag takes any value, or none.
type ignoredFlag struct{ note func() }

func (f *ignoredFlag) String() string   { return "" }
func (f *ignoredFlag) Set(string) error { f.note(); return nil }
func (f *ignoredFlag) IsBoolFlag() bool { return f != nil }

func (s *settings) serving(fs *flag.FlagSet) {
	fs.StringVar(&s.metricsAddress, "metrics-bind-address", ":8080", "address of /metrics; 0 turns it off")
	fs.StringVar(&s.metricsAddress, "web.listen-address", ":8080", "the same under its older name")
	fs.StringVar(&s.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns it off")
	fs.BoolVar(&s.leaderElect, "leader-elect", true, "only one replica writes at a time")
	fs.StringVar(&s.leaderElectIn, "leader-election-namespace", "", "namespace of the lease; the operator's own by default. Another one needs a Role there like config/rbac/leader_election_role.yaml")
	fs.DurationVar(&s.lease.duration, "leader-elect-lease-duration", 15*time.Second, "how long a replica that is gone keeps the lease")
	fs.DurationVar(&s.lease.renew, "leader-elect-renew-deadline", 10*time.Second, "how long the leader tries to renew its lease before it ends")
	fs.DurationVar(&s.lease.retry, "leader-elect-retry-period", 2*time.Second, "pause between two tries to get or renew the lease")
	fs.IntVar(&s.workers, "workers", 4, "how many Prometheuses are worked on at a time")
	s.repair = string(controllers.RepairNone)
	fs.Func("repair-policy-for-statefulsets", "none, evict or delete: what to do with a pod of an older template that is not ready and so holds up a rollout; the last two need the right to do so", func(value string) error {
		if !slices.Contains([]controllers.RepairPolicy{controllers.RepairNone, controllers.RepairEvict, controllers.RepairDelete}, controllers.RepairPolicy(value)) {
			return fmt.Errorf("%q is none of none, evict and delete", value)
		}
		s.repair = value
		return nil
	})
	fs.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	fs.StringVar(&s.logFormat, "log-format", "logfmt", "logfmt or json")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
}

func (s *settings) sidecars(fs *flag.FlagSet) {
	w := &s.world
	w.ReloaderResources = corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	fs.StringVar(&w.ConfigReloaderImage, "prometheus-config-reloader", "quay.io/promloop/config-reloader:"+version, "image of config-reloader and of the init container")
	fs.StringVar(&w.RulesReloaderImage, "config-reloader-image", "quay.io/promloop/rules-reloader:"+version, "image of rules-reloader")
	fs.StringVar(&s.reloaderContract, "reloader-contract", "auto", "promloop, plain, or auto: what the sidecar images understand; auto takes promloop for images with promloop in their name")
	w.ReloaderTimes = map[string]time.Duration{}
	for _, name := range world.ReloaderTimes {
		fs.Func("reloader-"+name, name+" of the sidecars, such as 5s; the annotation "+world.ReloaderTimeAnnotation+name+" sets it for one Prometheus", func(value string) (err error) {
			w.ReloaderTimes[name], err = time.ParseDuration(value)
			return err
		})
	}
	fs.StringVar(&s.sidecarAccess, "sidecar-access", "auto", "direct, proxy, or auto: how the sidecars' reports are reached; proxy goes through the API server, and auto takes it outside of a cluster")
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		both := []corev1.ResourceList{w.ReloaderResources.Requests, w.ReloaderResources.Limits}
		quantity(fs, "config-reloader-"+string(name), "request and limit of each sidecar, 0 for none", name, both...)
		quantity(fs, "config-reloader-"+string(name)+"-request", "request of each sidecar, 0 for none", name, both[0])
		quantity(fs, "config-reloader-"+string(name)+"-limit", "limit of each sidecar, 0 for none", name, both[1])
	}
	w.ReloaderResources.Requests[corev1.ResourceCPU] = resource.MustParse("10m")
	w.ReloaderResources.Requests[corev1.ResourceMemory] = resource.MustParse("50Mi")
	w.ReloaderResources.Limits[corev1.ResourceMemory] = resource.MustParse("50Mi")
}

// quantity defines a flag that sets one resource in every list; 0 removes it.
func quantity(fs *flag.FlagSet, flagName, usage string, name corev1.ResourceName, lists ...corev1.ResourceList) {
	fs.Func(flagName, usage, func(value string) error {
		q, err := resource.ParseQuantity(value)
		if err != nil {
			return fmt.Errorf("%q is not a quantity such as 50Mi or 100m: %w", value, err)
		}
		for _, list := range lists {
			if q.IsZero() {
				delete(list, name)
				continue
			}
			list[name] = q
		}
		return nil
	})
}

func (s *settings) objects(fs *flag.FlagSet) {
	w := &s.world
	w.Labels, w.Annotations = map[string]string{}, map[string]string{}
	fs.StringVar(&w.PrometheusBaseImage, "prometheus-default-base-image", "quay.io/prometheus/prometheus", "image without tag, where spec.image and spec.baseImage are empty")
	fs.StringVar(&w.ThanosBaseImage, "thanos-default-base-image", "quay.io/thanos/thanos", "the same for the Thanos sidecar")
	fs.IntVar(&w.RuleShards, "rule-shards", 16, "how many ConfigMaps of rules every pod mounts")
	fs.IntVar(&w.ConfigParts, "config-parts", 16, "how many Secrets a configuration may spread over")
	fs.IntVar(&w.AssetShards, "asset-shards", 4, "how many Secrets of TLS assets every pod mounts")
	fs.StringVar(&w.ClusterDomain, "cluster-domain", "", "domain of the cluster, for full service names")
	fs.StringVar(&w.LocalHost, "localhost", "localhost", "name under which sidecars reach Prometheus")
	fs.Func("labels", "labels of every generated object, a=b,c=d", pairs(w.Labels))
	fs.Func("annotations", "annotations of every generated object, a=b,c=d", pairs(w.Annotations))
	w.FeatureGates = map[string]bool{}
	fs.Func("feature-gates", "gate=true,…; by default "+gatesByDefault(), gates(w.FeatureGates))
}

// gates parses a=true,b=false into into, where all are upstream's.
func gates(into map[string]bool) func(string) error {
	return func(value string) error {
		said := map[string]string{}
		if err := pairs(said)(value); err != nil {
			return err
		}
		for name, text := range said {
			if _, known := world.FeatureGates()[name]; !known {
				return fmt.Errorf("there is no feature gate %q; there are %s", name, gatesByDefault())
			}
			on, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("%q of the feature gate %s is not true or false", text, name)
			}
			into[name] = on
		}
		return nil
	}
}

// gatesByDefault shows the defaults as the flag takes them.
func gatesByDefault() string {
	var out []string
	for name, on := range world.FeatureGates() {
		out = append(out, fmt.Sprintf("%s=%t", name, on))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// pairs parses a=b,c=d into into; nothing at all is no pair, as upstream has it.
func pairs(into map[string]string) func(string) error {
	return func(value string) error {
		if value == "" {
			return nil
		}
		for pair := range strings.SplitSeq(value, ",") {
			key, val, ok := strings.Cut(strings.TrimSpace(pair), "=")
			if !ok || key == "" {
				return fmt.Errorf("%q is not of the form key=value", pair)
			}
			into[key] = val
		}
		return nil
	}
}

func (s *settings) nodes(fs *flag.FlagSet) {
	k := &s.kubelet
	fs.Func("kubelet-service", "namespace/name of the Service of the kubelets to keep; empty, as by default, for none", func(value string) error {
		if value == "" {
			k.Service = types.NamespacedName{}
			return nil
		}
		namespace, name, ok := strings.Cut(value, "/")
		if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
			return fmt.Errorf("%q is not of the form namespace/name", value)
		}
		k.Service = types.NamespacedName{Namespace: namespace, Name: name}
		return nil
	})
	fs.Func("kubelet-selector", "label selector of the nodes", func(value string) (err error) {
		s.kubeletSelector, err = labels.Parse(value)
		return err
	})
	fs.Func("kubelet-node-address-priority", "internal or external", func(value string) error {
		if value != "internal" && value != "external" {
			return fmt.Errorf("%q is neither internal nor external", value)
		}
		k.ExternalFirst = value == "external"
		return nil
	})
	fs.BoolVar(&k.Endpoints, "kubelet-endpoints", true, "keep Endpoints of the kubelet service")
	fs.BoolVar(&k.EndpointSlices, "kubelet-endpointslice", true, "keep EndpointSlices of the kubelet service")
	fs.BoolVar(&k.InsecureMetrics, "kubelet-http-metrics", true, "name the kubelet's plain ports too")
	fs.DurationVar(&s.kubeletEvery, "kubelet-sync-period", 3*time.Minute, "how often to look at the nodes without an event")
}

func (s *settings) scoped(fs *flag.FlagSet) {
	c := &s.scope
	fs.Func("namespaces", "comma-separated namespaces whose objects count; all by default", list(&c.Namespaces))
	fs.Func("watch-namespaces", "the same under another name", list(&c.Namespaces))
	fs.Func("deny-namespaces", "comma-separated namespaces whose objects don't count", list(&c.DenyNamespaces))
	fs.Func("prometheus-instance-namespaces", "comma-separated namespaces whose Prometheuses are managed; those whose objects count by default", list(&c.InstanceNamespaces))
	fs.Func("prometheus-instance-selector", "label selector of the Prometheuses that are managed", func(value string) (err error) {
		c.InstanceSelector, err = labels.Parse(value)
		return err
	})
	fs.StringVar(&c.ControllerID, "controller-id", "", "manage only Prometheuses with this value of the annotation "+world.ControllerIDAnnotation)
}

// list parses a,b,c into into.
func list(into *[]string) func(string) error {
	return func(value string) error {
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*into = append(*into, item)
			}
		}
		return nil
	}
}

// complete checks what hangs on several flags.
func (s *settings) complete() error {
	if s.kubelet.Service.Name != "" && !s.kubelet.Endpoints && !s.kubelet.EndpointSlices {
		return errors.New("--kubelet-service needs --kubelet-endpoints or --kubelet-endpointslice")
	}
	if len(s.scope.Namespaces) > 0 && len(s.scope.DenyNamespaces) > 0 {
		return errors.New("--namespaces and --deny-namespaces exclude each other: give one of them")
	}
	if l := s.lease; l.retry <= 0 || l.renew <= l.retry+l.retry/5 || l.duration <= l.renew { // a try may be late by a fifth
		return fmt.Errorf("--leader-elect-lease-duration is %s, --leader-elect-renew-deadline %s, --leader-elect-retry-period %s: each takes a time clearly longer than the next", l.duration, l.renew, l.retry)
	}
	if s.admission.readTimeout <= 0 {
		return fmt.Errorf("--webhook-read-timeout is %s: it takes a time above 0, such as 5s", s.admission.readTimeout)
	}
	s.kubelet.Labels, s.kubelet.Annotations = s.world.Labels, s.world.Annotations
	switch s.reloaderContract {
	case "promloop":
	case "plain":
		s.world.ForeignReloaders = true
	case "auto":
		ours := strings.Contains(s.world.ConfigReloaderImage, "promloop") && strings.Contains(s.world.RulesReloaderImage, "promloop")
		s.world.ForeignReloaders = !ours
	default:
		return fmt.Errorf("--reloader-contract is %q: it takes promloop, plain or auto", s.reloaderContract)
	}
	if !slices.Contains([]string{"auto", "direct", "proxy"}, s.sidecarAccess) {
		return fmt.Errorf("--sidecar-access is %q: it takes direct, proxy or auto", s.sidecarAccess)
	}
	for name, n := range map[string]int{"--rule-shards": s.world.RuleShards, "--config-parts": s.world.ConfigParts, "--asset-shards": s.world.AssetShards, "--workers": s.workers, "--webhook-max-concurrent": s.admission.concurrent} {
		if n < 1 {
			return fmt.Errorf("%s is %d: it takes a number from 1", name, n)
		}
	}
	return nil
}
