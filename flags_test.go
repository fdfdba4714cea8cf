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

// The command lines that prometheus-operator's own manifests start it with must start this one: those of its bundle.yaml, and of
// the chart kube-prometheus-stack 88.5.3 with every value set.
func TestCommandLinesOfUpstream(t *testing.T) {
	cases := map[string]string{
		"v0.40": `--kubelet-service=kube-system/kubelet --logtostderr=true --config-reloader-image=example.com/configmap-reload:v0.0.1
			--config-reloader-memory=50Mi --prometheus-config-reloader=example.com/prometheus-config-reloader:v0.40.0`,
		"v0.40 scopes": `--namespaces=a,b --prometheus-instance-namespaces=a --alertmanager-instance-namespaces=a
			--thanos-ruler-instance-namespaces=a --prometheus-instance-selector=x=y --labels=a=b,c=d --localhost=127.0.0.1 --cluster-domain=cluster.local
			--log-level=debug --log-format=json --config-reloader-cpu=0 --prometheus-default-base-image=example.com/prometheus`,
		"v0.40 API server": `--apiserver=https://127.0.0.1:6443 --cert-file=/c --key-file=/k --ca-file=/ca --tls-insecure=false --v=4 --stderrthreshold 2`,
		"v0.93 bundle": `--kubelet-service=kube-system/kubelet
			--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1
			--watch-referenced-objects-in-all-namespaces=true --disable-unmanaged-prometheus-configuration=true
			--kubelet-endpoints=true --kubelet-endpointslice=false`,
		"chart": `--kubelet-service=kube-system/stack-kubelet --kubelet-endpoints=true --kubelet-endpointslice=false --localhost=127.0.0.1
			--prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1
			--config-reloader-cpu-request=0 --config-reloader-cpu-limit=0 --config-reloader-memory-request=0 --config-reloader-memory-limit=0
			--thanos-default-base-image=quay.io/thanos/thanos:v0.42.4
			--secret-field-selector=type!=kubernetes.io/dockercfg,type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1
			--web.enable-tls=true --web.cert-file=/cert/cert --web.key-file=/cert/key --web.listen-address=:10250 --web.tls-min-version=VersionTLS13`,
		"chart, every value": `--kubelet-service=kube-system/stack-kubelet --kubelet-selector=x=y --kubelet-endpoints=true --kubelet-endpointslice=true
			--log-format=logfmt --log-level=error --deny-namespaces=c --localhost=127.0.0.1
			--prometheus-default-base-image=quay.io/prometheus/prometheus --alertmanager-default-base-image=quay.io/prometheus/alertmanager
			--prometheus-config-reloader=example.com/prometheus-config-reloader:v0.93.1@sha256:00
			--config-reloader-cpu-request=200m --config-reloader-cpu-limit=200m --config-reloader-memory-request=50Mi --config-reloader-memory-limit=50Mi
			--enable-config-reloader-probes=true --alertmanager-instance-namespaces=a --alertmanager-instance-selector=x=y
			--alertmanager-config-namespaces=a --prometheus-instance-namespaces=a --prometheus-instance-selector=x=y
			--thanos-default-base-image=quay.io/thanos/thanos:v0.42.4@sha256:00 --thanos-ruler-instance-namespaces=a
			--thanos-ruler-instance-selector=x=y --secret-field-selector=type!=x --cluster-domain=cluster.local
			--feature-gates=PrometheusAgentDaemonSet=true --web.enable-tls=false --web.listen-address=:8080`,
		"v0.93, the rest": `--as=somebody --annotations=a=b --auto-gomemlimit-ratio=0.9 --configmap-field-selector=a!=b --configmap-label-selector=a=b
			--secret-label-selector=a=b --controller-id=one --kubelet-http-metrics=false --kubelet-node-address-priority=external
			--kubelet-sync-period=1m --labels=a=b --repair-policy-for-statefulsets=evict --web.enable-http2=true --web.client-ca-file=/ca
			--web.tls-reload-interval=1m --web.tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
			--web.tls-curves=X25519,CurveP256 --version=false --short-version=false start`,
		"in two words":  `--secret-field-selector type!=x --web.tls-reload-interval 1m --auto-gomemlimit-ratio 0.9 --enable-config-reloader-probes --log-level all`,
		"empty values":  `--labels= --annotations= --feature-gates= --config-reloader-cpu-limit= --kubelet-service= --namespaces= --web.tls-cipher-suites=`,
		"log levels":    `--log-level=none --log-format=JSON`,
		"gates, no TLS": `--feature-gates=PrometheusTopologySharding=true --tls-insecure --ca-file=/ca`,
	}
	for name, line := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := parse(strings.Fields(line), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := newLogger(s, io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFlagsWithoutEffectAreNamed(t *testing.T) {
	s, err := parse(strings.Fields("--secret-field-selector type!=x --enable-config-reloader-probes --ca-file=/ca"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(s.ignored, "\n")
	for _, want := range []string{"--secret-field-selector: only metadata", "--enable-config-reloader-probes: the sidecars'", "--ca-file", "--apiserver"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q must be named, with the reason: %s", want, all)
		}
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
	for _, line := range []string{
		"--config-reloader-memory=50Mi --config-reloader-memory-limit=90Mi",
		"--config-reloader-memory-limit=90Mi --config-reloader-memory=50Mi",
	} {
		s, err := parse(strings.Fields(line), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.world.ReloaderResources.Limits[corev1.ResourceMemory]; got.String() != "90Mi" {
			t.Errorf("%s: the newer form wins: limit is %s", line, got.String())
		}
	}
}

// docs/migrating.md names these for namespaces with a quota on limits.cpu.
func TestTheSidecarsCanHaveACPULimit(t *testing.T) {
	for line, want := range map[string]string{"": "0", "--config-reloader-cpu=10m": "10m", "--config-reloader-cpu-limit=500m": "500m"} {
		s, err := parse(strings.Fields(line), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.world.ReloaderResources.Limits.Cpu().String(); got != want {
			t.Errorf("%q gives the limit %s, want %s", line, got, want)
		}
		if got := s.world.ReloaderResources.Requests.Cpu().String(); got != "10m" {
			t.Errorf("%q asks for %s, want 10m as before", line, got)
		}
	}
}

func TestZeroTakesARequestAway(t *testing.T) {
	s, err := parse(strings.Fields("--config-reloader-cpu=0 --config-reloader-memory-request=0"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.world.ReloaderResources.Requests; len(got) != 0 {
		t.Errorf("nothing is requested: %v", got)
	}
}

// Who carries upstream's image over gets the plain mode, and has to be told.
func TestForeignImagesAreNamed(t *testing.T) {
	const theirs, named = "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1", "--prometheus-config-reloader="
	cases := map[string]struct {
		reason, line string
		foreign      bool
		images       string
	}{
		"Ours":    {"the default images know the contract", "", false, ""},
		"Theirs":  {"one that does not makes both plain", named + theirs, true, theirs},
		"Renamed": {"the user knows better", named + theirs + " --reloader-contract=promloop", false, theirs},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := parse(strings.Fields(tc.line), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if s.world.ForeignReloaders != tc.foreign || strings.Join(s.foreignImages(), " ") != tc.images {
				t.Errorf("%s: plain mode is %t for %v", tc.reason, s.world.ForeignReloaders, s.foreignImages())
			}
		})
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
