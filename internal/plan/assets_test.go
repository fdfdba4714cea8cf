package plan

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// Whatever assets come, go, grow and shrink: none is lost or twice, no Secret is too large, and none moves that still fits.
func TestAssetsStayWhereTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someWorld(0)
		assets := map[string]world.Value{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			name := fmt.Sprintf("0_ns_secret_%d", rapid.IntRange(0, 11).Draw(t, "asset"))
			if size := rapid.IntRange(0, 400_000).Draw(t, "size"); size < 20_000 {
				delete(assets, name)
			} else {
				assets[name] = world.NewValue(bytes.Repeat([]byte("x"), size))
			}
			before := standingAssets(w, 4)
			secrets, homeless := assetShards(w, assets)
			after := settleAssets(t, w, secrets)
			if len(after)+len(homeless) != len(assets) {
				t.Fatalf("%d files of %d are placed, %d have no room", len(after), len(assets), len(homeless))
			}
			for name, at := range after {
				was, stood := before[name]
				if stood && was.index != at.index && len(was.content) >= len(at.content) {
					t.Fatalf("%s moved from %d to %d without need", name, was.index, at.index)
				}
			}
		}
	})
}

// settleAssets puts the Secrets into the world and returns where each file is.
func settleAssets(t *rapid.T, w *world.World, secrets []workload.Object) map[string]placedAsset {
	w.Owned.Secrets = nil
	files := 0
	for _, o := range secrets {
		s := o.(*corev1.Secret)
		if size := dataSize(s.Data); size > assetShardLimit {
			t.Fatalf("%s has %d bytes", s.Name, size)
		}
		files += len(s.Data)
		w.Owned.Secrets = append(w.Owned.Secrets, s)
	}
	out := standingAssets(w, 4)
	if len(out) != files {
		t.Fatal("a file is in two Secrets")
	}
	return out
}

func TestAMovingAssetIsInItsNewPlaceFirst(t *testing.T) {
	w := someWorld(0)
	value := func(size int) world.Value { return world.NewValue(bytes.Repeat([]byte("x"), size)) }
	assets := map[string]world.Value{"a": value(500_000), "b": value(400_000)}
	first, _ := assetShards(w, assets)
	for _, o := range first {
		w.Owned.Secrets = append(w.Owned.Secrets, o.(*corev1.Secret))
	}
	assets["b"] = value(600_000)
	moved, _ := assetShards(w, assets)
	if got := names(moved); !slices.Equal(got, []string{"*v1.Secret/prometheus-main-tls-assets-1", "*v1.Secret/prometheus-main-tls-assets-0"}) {
		t.Errorf("in between, the file would be missing: %v", got)
	}
	if _, homeless := assetShards(w, map[string]world.Value{"a": value(2_000_000)}); !slices.Equal(homeless, []string{"a"}) {
		t.Errorf("a file larger than a Secret has no room: %v", homeless)
	}
}

func TestAssetsOfALoadedConfigurationStay(t *testing.T) {
	w := someWorld(0)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main-0"}}
	w.Pods = []*corev1.Pod{pod}
	w.Owned.Secrets = []*corev1.Secret{{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main-tls-assets-0"}, Data: map[string][]byte{"old": []byte("certificate")},
	}}
	m := contract.Manifest{Digest: "new"}
	needed := func(report *contract.Loaded) []string {
		w.Reports = map[string]world.Report{pod.Name: {Config: report}}
		return assetNames(neededAssets(w, promconfig.Result{Assets: map[string]world.Value{}}, m))
	}
	cases := map[string]struct {
		report *contract.Loaded
		want   []string
	}{
		"Unknown":  {nil, []string{"old"}},
		"Refused":  {&contract.Loaded{Loaded: "old", Refused: "new"}, []string{"old"}},
		"Replaced": {&contract.Loaded{Loaded: "new"}, nil},
	}
	for name, tc := range cases {
		if got := needed(tc.report); !slices.Equal(got, tc.want) {
			t.Errorf("%s: Prometheus opens certificates with every connection: got %v, want %v", name, got, tc.want)
		}
	}
}
