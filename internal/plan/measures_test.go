package plan

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

func TestFillIsTheShareOfTheRoom(t *testing.T) {
	asset := world.NewValue([]byte(strings.Repeat("x", assetShardLimit-len("ca"))))
	cases := map[string]struct {
		reason  string
		options world.Options
		config  promconfig.Result
		rules   rules.Plan
		want    Fill
	}{
		"Empty":   {"nothing takes no room", world.Options{ConfigParts: 16, AssetShards: 4, RuleShards: 16}, promconfig.Result{}, rules.Plan{Fill: make([]int, 16), Capacity: 100}, Fill{}},
		"NoRules": {"a Prometheus without rules has no room for them, and is not full", world.Options{ConfigParts: 16, AssetShards: 4}, promconfig.Result{}, rules.Plan{}, Fill{}},
		"Half": {
			"each store by what the pods mount of it", world.Options{ConfigParts: 4, AssetShards: 2},
			promconfig.Result{Stored: []byte("x"), Fill: []int{promconfig.PartRoom, 0, promconfig.PartRoom, 0}, Assets: map[string]world.Value{"ca": asset}},
			rules.Plan{Fill: []int{60, 0, 40, 100}, Capacity: 100}, Fill{Config: 0.5, Rules: 0.5, Assets: 0.5},
		},
		"Full": {
			"one is full, as no part takes more", world.Options{ConfigParts: 1, AssetShards: 1},
			promconfig.Result{Stored: []byte("x"), Fill: []int{promconfig.PartRoom}, Assets: map[string]world.Value{"ca": asset}},
			rules.Plan{Fill: []int{100}, Capacity: 100}, Fill{Config: 1, Rules: 1, Assets: 1},
		},
		"Text": {
			"what compresses well comes near the other bound first", world.Options{ConfigParts: 1, AssetShards: 1},
			promconfig.Result{Fill: []int{promconfig.PartRoom / 8}, Text: promconfig.TextRoom / 2}, rules.Plan{}, Fill{Config: 0.5},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := someWorld(0)
			w.Options.ConfigParts, w.Options.AssetShards = tc.options.ConfigParts, tc.options.AssetShards
			if diff := cmp.Diff(tc.want, fill(w, tc.config, tc.rules), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// The share that is told is that of the parts which are written.
func TestFillCountsThePartsThatStand(t *testing.T) {
	w, p := bulkyWorld(5), planner()
	pl := p.For(w)
	bytes := 0
	for _, part := range pl.Config.Parts {
		bytes += len(part.Stored)
	}
	if want := float64(bytes) / (16 * promconfig.PartRoom); len(pl.Config.Parts) < 2 || math.Abs(pl.Fill.Config-want) > 1e-9 {
		t.Errorf("%d parts take %d bytes: %v of the room, told is %v", len(pl.Config.Parts), bytes, want, pl.Fill.Config)
	}
	if total := float64(sum(pl.Config.Fill)) / (16 * promconfig.PartRoom); math.Abs(total-pl.Fill.Config) > 1e-9 {
		t.Errorf("the fill of each part sums up to %v, told is %v", total, pl.Fill.Config)
	}
}

// What stays because nothing new can be published is still there, and still fills the room.
func TestFillCountsWhatStays(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*world.World)
	}{
		"NoRoom":   {"a configuration that is too large leaves the one before", func(w *world.World) { w.ServiceMonitors = bulkyWorld(9).ServiceMonitors }},
		"Version":  {"nothing can be rendered for a version that can't be read", func(w *world.World) { w.Prometheus.Spec.Version = "latest" }},
		"Selector": {"nobody knows which rules are wanted", func(w *world.World) { w.Prometheus.Spec.RuleSelector = unreadable }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w, p := bulkyWorld(5), planner()
			w.Options.ConfigParts = 3
			w.Rules = someWorld(5).Rules
			w.ServiceMonitors[0].Spec.Endpoints[0].TLSConfig, w.Values = withCA()
			settle(w, p.For(w))
			before := p.For(w)
			w.Prometheus = w.Prometheus.DeepCopy()
			tc.change(w)
			after := p.For(w)
			if after.Verdicts[self(w)].Accepted() || before.Fill.Config*before.Fill.Rules*before.Fill.Assets == 0 {
				t.Fatalf("%s: verdict %v, before %v", tc.reason, after.Verdicts[self(w)], before.Fill)
			}
			sizes := func(pl Plan) any { return []any{pl.Fill, pl.Config.Fill, pl.Config.Text, pl.Rules.Fill} }
			if diff := cmp.Diff(sizes(before), sizes(after)); diff != "" {
				t.Errorf("%s (-before +after):\n%s", tc.reason, diff)
			}
		})
	}
}

// withCA refers to a certificate that stands in a Secret.
func withCA() (*v1.TLSConfig, world.Values) {
	key := corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "tls"}, Key: "ca"}
	tls := &v1.TLSConfig{}
	tls.CA.Secret = &key
	return tls, world.NewValues(map[world.Reference]world.Value{world.SecretKey("ns", key): world.NewValue(random.SecretData()["cert"])}, nil)
}

// The reloaders' memory goes by what the parts unpack to: each says it.
func TestPartsSayTheirLength(t *testing.T) {
	w, p := bulkyWorld(5), planner()
	pl := p.For(w)
	text, err := pl.Config.Plain()
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, o := range pl.Writes {
		if n := o.GetAnnotations()[world.UnpackedAnnotation]; n != "" {
			length, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			said += length
		}
	}
	if len(pl.Config.Parts) < 2 || said != len(text) {
		t.Errorf("%d parts say that they unpack to %d bytes together; it is %d", len(pl.Config.Parts), said, len(text))
	}
}

func TestShrinksTellOfTheLossOfMost(t *testing.T) {
	config := func(digest string, count int) contract.Manifest {
		return contract.Manifest{Version: contract.ManifestVersion, Domain: contract.Config, Digest: digest, Count: count}
	}
	cases := map[string]struct {
		reason string
		last   contract.Manifest
		next   contract.Manifest
		want   []Shrink
	}{
		"First":   {"there was nothing to lose", contract.Manifest{}, config("b", 0), nil},
		"Grown":   {"more is no loss", config("a", 3), config("b", 9), nil},
		"Half":    {"exactly half is not most", config("a", 10), config("b", 5), nil},
		"Most":    {"more than half is", config("a", 10), config("b", 4), []Shrink{{contract.Config, 10, 4}}},
		"All":     {"and all, of course", config("a", 1), config("b", 0), []Shrink{{contract.Config, 1, 0}}},
		"Written": {"it is told when it happens, not for as long as it lasts", config("b", 4), config("b", 4), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := someWorld(0)
			if tc.last.Digest != "" {
				w.Owned.ConfigManifest = &corev1.Secret{Data: map[string][]byte{contract.ManifestKey: encode(tc.last)}}
			}
			if diff := cmp.Diff(tc.want, shrinks(w, delivery.Wanted{Config: tc.next})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	w := someWorld(0)
	rule := func(digest string, count int) contract.Manifest {
		return contract.Manifest{Version: contract.ManifestVersion, Domain: contract.Rules, Digest: digest, Count: count}
	}
	w.Owned.RulesManifest = &corev1.ConfigMap{Data: map[string]string{contract.ManifestKey: string(encode(rule("a", 7)))}}
	if diff := cmp.Diff([]Shrink{{contract.Rules, 7, 2}}, shrinks(w, delivery.Wanted{Rules: rule("b", 2)})); diff != "" {
		t.Errorf("rules are told of as well (-want +got):\n%s", diff)
	}
}
