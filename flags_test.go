package main

import (
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// The command lines that prometheus-operator's own bundles start it with must start this one.
func TestCommandLinesOfUpstream(t *testing.T) {
	cases := map[string]string{
		"v0.40": `--kubelet-service=kube-system/kubelet --logtostderr=true --config-reloader-image=example.com/configmap-reload:v0.0.1
			--config-reloader-memory=50Mi --prometheus-config-reloader=example.com/prometheus-config-reloader:v0.40.0`,
		"v0.40 scopes": `--namespaces=a,b --prometheus-instance-namespaces=a --alertmanager-instance-namespaces=a
			--thanos-ruler-instance-namespaces=a --prometheus-instance-selector=x=y --labels=a=b,c=d --localhost=127.0.0.1 --cluster-domain=cluster.local
			--log-level=debug --log-format=json --config-reloader-cpu=0 --prometheus-default-base-image=example.com/prometheus`,
		"v0.93": `start --prometheus-config-reloader=example.com/prometheus-config-reloader:v0.93.1 --kubelet-endpoints=true --kubelet-endpointslice=false
			--kubelet-service=kube-system/kubelet --kubelet-selector=x=y --kubelet-node-address-priority=external --kubelet-sync-period=1m --kubelet-http-metrics=false
			--config-reloader-cpu-request=10m --config-reloader-cpu-limit=10m --config-reloader-memory-request=50Mi --config-reloader-memory-limit=50Mi
			--enable-config-reloader-probes --controller-id=one --deny-namespaces=c --annotations=a=b --secret-field-selector=type!=x
			--auto-gomemlimit-ratio=0.9 --feature-gates=PrometheusTopologySharding=true --watch-referenced-objects-in-all-namespaces=true
			--web.listen-address=:8443`,
	}
	for name, line := range cases {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(line)
			if args[0] == "start" {
				args = args[1:]
			}
			if _, err := parse(args, io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSeedFlags(t *testing.T) {
	s, err := parse(strings.Fields("--kubelet-service=kube-system/kubelet --logtostderr=true --config-reloader-image=r:1 --config-reloader-memory=70Mi --prometheus-config-reloader=c:1"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.kubelet.Service != (types.NamespacedName{Namespace: "kube-system", Name: "kubelet"}) {
		t.Errorf("kubelet service is %s", s.kubelet.Service)
	}
	if s.world.RulesReloaderImage != "r:1" || s.world.ConfigReloaderImage != "c:1" {
		t.Errorf("images are %q and %q", s.world.RulesReloaderImage, s.world.ConfigReloaderImage)
	}
	for _, list := range []corev1.ResourceList{s.world.ReloaderResources.Requests, s.world.ReloaderResources.Limits} {
		if got := list[corev1.ResourceMemory]; got.String() != "70Mi" {
			t.Errorf("--config-reloader-memory sets request and limit together: got %s", got.String())
		}
	}
	if !s.world.ForeignReloaders {
		t.Error("images without promloop in their name are taken for foreign ones")
	}
	if len(s.ignored) != 1 || !strings.HasPrefix(s.ignored[0], "--logtostderr") {
		t.Errorf("a flag without effect is named: %v", s.ignored)
	}
}

// Gates are merged onto upstream's defaults: one that the command line does not name is as it is there.
func TestFeatureGates(t *testing.T) {
	cases := map[string]struct {
		reason, line        string
		topology, retention bool
	}{
		"None":      {"both are on where nothing is said", "", true, true},
		"Empty":     {"an empty value says nothing", "--feature-gates=", true, true},
		"One":       {"the other stays as it is", "--feature-gates=PrometheusTopologySharding=false", false, true},
		"Twice":     {"the second flag does not forget the first", "--feature-gates=PrometheusTopologySharding=0 --feature-gates=PrometheusShardRetentionPolicy=F", false, false},
		"Spellings": {"a boolean has more than one spelling", "--feature-gates=PrometheusTopologySharding=1,PrometheusShardRetentionPolicy=True", true, true},
		"Idle":      {"what promloop has no use for is a gate all the same", "--feature-gates=PrometheusAgentDaemonSet=true,StatusForConfigurationResources=false,RemoteWriteCustomResourceDefinition=true", true, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := parse(strings.Fields(tc.line), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			for gate, want := range map[string]bool{world.TopologyShardingGate: tc.topology, world.ShardRetentionGate: tc.retention} {
				if s.world.Enabled(gate) != want {
					t.Errorf("%s: %s is %t", tc.reason, gate, !want)
				}
			}
		})
	}
}

func TestSplitFlagsWinOverTheirSum(t *testing.T) {
	s, err := parse(strings.Fields("--config-reloader-memory=50Mi --config-reloader-memory-limit=90Mi"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.world.ReloaderResources.Limits[corev1.ResourceMemory]; got.String() != "90Mi" {
		t.Errorf("the newer form wins: limit is %s", got.String())
	}
}

// What one tenant may ask for are defaults, and each has a flag.
func TestLimitsAreFlags(t *testing.T) {
	s, err := parse(strings.Fields("--rule-shards=4 --rule-expr-depth=7 --rule-namespace-bytes=0 --webhook-max-concurrent=3 --webhook-read-timeout=1s"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := rules.DefaultLimits(4)
	want.ExprDepth, want.NamespaceBytes = 7, 0
	if s.limits != want {
		t.Errorf("what is set counts, and the rest goes by the number of ConfigMaps: got %+v, want %+v", s.limits, want)
	}
	if s.admission.concurrent != 3 || s.admission.readTimeout != time.Second {
		t.Errorf("the bounds of the webhook are %d reviews and %s", s.admission.concurrent, s.admission.readTimeout)
	}
}

func TestBadFlagsSayWhatTheyTake(t *testing.T) {
	cases := map[string][]string{ // command line -> what the error must say
		"--kubelet-service=kubelet":          {"kubelet-service", "namespace/name"},
		"--config-reloader-memory=lots":      {"config-reloader-memory", "50Mi"},
		"--labels=a":                         {"labels", "key=value"},
		"--rule-shards=0":                    {"--rule-shards", "from 1"},
		"--rule-expr-depth=deep":             {"rule-expr-depth", "a number of 0 or more"},
		"--webhook-max-concurrent=0":         {"--webhook-max-concurrent", "from 1"},
		"--webhook-read-timeout=0s":          {"--webhook-read-timeout", "above 0"},
		"--leader-elect-renew-deadline=20s":  {"--leader-elect-lease-duration is 15s", "longer than the next"},
		"--leader-elect-retry-period=9s":     {"--leader-elect-retry-period 9s"},
		"--reloader-contract=maybe":          {"--reloader-contract", "promloop, plain or auto"},
		"--sidecar-access=ssh":               {"--sidecar-access", "direct, proxy or auto"},
		"--namespaces=a --deny-namespaces=b": {"--namespaces", "--deny-namespaces"},
		"--kubelet-service=a/b --kubelet-endpoints=false --kubelet-endpointslice=false": {"--kubelet-service"},
		"stray":                       {"stray"},
		"--feature-gates=Agents=true": {"feature-gates", `"Agents"`, "PrometheusTopologySharding"},
		"--feature-gates=PrometheusTopologySharding=maybe": {"feature-gates", `"maybe"`, "true or false"},
		"--feature-gates=PrometheusTopologySharding":       {"feature-gates", "key=value"},
	}
	for line, wants := range cases {
		t.Run(line, func(t *testing.T) {
			_, err := parse(strings.Fields(line), io.Discard)
			if err == nil {
				t.Fatal("was taken")
			}
			for _, want := range wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q must say %q", err, want)
				}
			}
		})
	}
}
