package delivery

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/internal/contract"
)

func TestTurns(t *testing.T) {
	staged := wanted
	staged.Config.Release = contract.ReleaseStaged
	says := func(seen, reason string) *contract.Loaded {
		return &contract.Loaded{Loaded: "c1", Wanted: seen, Reason: reason}
	}
	told := func(config string, attempt int) string {
		return fmt.Sprintf(`{"config":%q,"rules":"r1","attempt":%d}`, config, attempt)
	}
	old := told("c1", 1)
	ok := says("c2", "NotReleased")
	cases := map[string]struct {
		reason string
		told   []string
		config []*contract.Loaded
		want   []string // the configuration that each pod may load
	}{
		"Able":         {"the lowest ordinal goes first", []string{old, old}, []*contract.Loaded{ok, ok}, []string{"c2", ""}},
		"NotReady":     {"a replica that replays its log or crashes holds up nobody", []string{old, old}, []*contract.Loaded{says("c2", contract.PrometheusNotReady), ok}, []string{"", "c2"}},
		"OtherVersion": {"nor does one that waits to be replaced, whatever it was told", []string{told("c2", 1), old}, []*contract.Loaded{says("c2", contract.OtherVersion), ok}, []string{"", "c2"}},
		"HalfSilent":   {"nor one whose other sidecar alone answers", []string{old, old}, []*contract.Loaded{nil, ok}, []string{"", "c2"}},
		"NoneReady":    {"where all are hindered the lowest ordinal goes first", []string{old, old}, []*contract.Loaded{says("c2", contract.PrometheusNotReady), says("c2", contract.OtherVersion)}, []string{"c2", ""}},
		"Felled":       {"it may be this very set that Prometheus can't bear: no second one gets it", []string{told("c2", 1), old}, []*contract.Loaded{says("c2", contract.PrometheusNotReady), ok}, []string{"c2", ""}},
		"Holds":        {"who has the turn keeps it when a lower ordinal comes back", []string{old, told("c2", 1)}, []*contract.Loaded{ok, says("c2", "")}, []string{"", "c2"}},
		"Slow":         {"a kubelet may take some seconds", []string{told("c2", patience-1), old}, []*contract.Loaded{says("c1", ""), ok}, []string{"c2", ""}},
		"Stopped":      {"one that never brings the set costs its pod the turn", []string{told("c2", patience), old}, []*contract.Loaded{says("c1", ""), ok}, []string{"", "c2"}},
		"Loading":      {"a pod that has the set may take its time", []string{told("c2", patience), old}, []*contract.Loaded{says("c2", ""), ok}, []string{"c2", ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := make([]string, len(tc.want))
			w := replicas(tc.told, tc.config)
			pokes := For(w, staged).Pokes
			if len(pokes) != len(got) {
				t.Fatalf("%d pokes, want one for each pod: all have rules to load", len(pokes))
			}
			for n, p := range pokes {
				got[n] = contract.DecodeRelease(p.Value).Config
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
