package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

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

	api           apiServer
	web           web
	probeAddress  string
	leaderElect   bool
	leaderElectIn string
	lease         lease
	workers       int
	repair        string
	logLevel      string
	logFormat     string
	version       bool
	shortVersion  bool

	scope            world.Scope
	limits           rules.Limits
	admission        admission
	reloaderAmounts  []*reloaderAmounts
	reloaderContract string
	sidecarAccess    string
	ignored          []string // flags that were given and have no effect, each with the reason
}

// lease are the times of leader election.
type lease struct{ duration, renew, retry time.Duration }

// parse reads the command line. An error says which flag, and what it takes.
func parse(args []string, out io.Writer) (settings, error) {
	s := settings{kubeletSelector: labels.Everything()}
	fs := flag.NewFlagSet("promloop", flag.ContinueOnError)
	fs.SetOutput(out)
	s.serving(fs)
	s.web.flags(fs)
	s.api.flags(fs)
	s.sidecars(fs)
	s.objects(fs)
	s.nodes(fs)
	s.scoped(fs)
	s.admission.flags(fs)
	limits := rules.Flags(fs)
	s.withoutEffect(fs)
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	switch command := fs.Args(); {
	case len(command) == 0, slices.Equal(command, []string{"start"}):
	case command[0] == "crds", command[0] == "full-crds":
		return s, fmt.Errorf("%q: the CRDs come with the manifests, as kubectl kustomize config/crd shows them", command[0])
	default:
		return s, fmt.Errorf("unexpected argument %q: every setting is a flag", command[0])
	}
	s.limits = limits(s.world.RuleShards)
	return s, s.complete()
}

func (s *settings) serving(fs *flag.FlagSet) {
	fs.StringVar(&s.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns it off")
	fs.BoolVar(&s.leaderElect, "leader-elect", true, "only one replica writes at a time")
	fs.StringVar(&s.leaderElectIn, "leader-election-namespace", "", "namespace of the lease; the operator's own by default. Another one needs a Role there like config/rbac/leader_election_role.yaml")
	fs.DurationVar(&s.lease.duration, "leader-elect-lease-duration", 15*time.Second, "how long a replica that is gone keeps the lease")
	fs.DurationVar(&s.lease.renew, "leader-elect-renew-deadline", 10*time.Second, "how long the leader tries to renew its lease before it ends")
	fs.DurationVar(&s.lease.retry, "leader-elect-retry-period", 2*time.Second, "pause between two tries to get or renew the lease")
	fs.IntVar(&s.workers, "workers", 4, "how many Prometheuses are worked on at a time")
	s.repair = string(controllers.RepairNone)
	fs.Func("repair-policy-for-statefulsets", "none, evict or delete: what to do with a pod that holds up a rollout for good, since it is not ready and of neither template of that rollout; the last two need the right to do so", func(value string) error {
		if !slices.Contains([]controllers.RepairPolicy{controllers.RepairNone, controllers.RepairEvict, controllers.RepairDelete}, controllers.RepairPolicy(value)) {
			return fmt.Errorf("%q is none of none, evict and delete", value)
		}
		s.repair = value
		return nil
	})
	fs.StringVar(&s.logLevel, "log-level", "info", "all, debug, info, warn, error or none")
	fs.StringVar(&s.logFormat, "log-format", "logfmt", "logfmt or json")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
	fs.BoolVar(&s.shortVersion, "short-version", false, "print the number of the version alone and exit")
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
	fs.BoolVar(&w.AlwaysManaged, "disable-unmanaged-prometheus-configuration", false, "write the configuration of a Prometheus without any selector of scrape objects too, which is left to the user otherwise")
	w.FeatureGates = map[string]bool{}
	fs.Func("feature-gates", "gate=true,…; by default "+gatesByDefault(), gates(w.FeatureGates))
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
	fs.BoolVar(&k.InsecureMetrics, "kubelet-http-metrics", true, "name the kubelet's port without TLS too")
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

// complete checks what depends on several flags.
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
	s.ignored = append(s.ignored, s.api.withoutEffect()...)
	if err := s.completeSidecars(); err != nil {
		return err
	}
	for name, n := range map[string]int{"--rule-shards": s.world.RuleShards, "--config-parts": s.world.ConfigParts, "--asset-shards": s.world.AssetShards, "--workers": s.workers, "--webhook-max-concurrent": s.admission.concurrent} {
		if n < 1 {
			return fmt.Errorf("%s is %d: it takes a number from 1", name, n)
		}
	}
	return nil
}

// versionText is what the flags ask to print in place of a start, "" for nothing.
func (s *settings) versionText() string {
	switch {
	case s.shortVersion:
		return version
	case s.version:
		return "promloop " + version
	}
	return ""
}
