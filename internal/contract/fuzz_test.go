package contract

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzManifest reads any text as a manifest: what can be read is written back as the same one, and has a successor with a higher
// generation, or none when it describes the same set.
func FuzzManifest(f *testing.F) {
	f.Add(`{"version":1,"domain":"rules","generation":7,"buckets":{"0":"ab"},"count":-1,"release":"all"}`)
	f.Add(`{"version":1,"domain":"config","salt":"AAAA","parts":[{"key":"prometheus.yaml.gz","digest":"x"}],"assets":["a"],"release":"staged"}`)
	f.Add(`{"version":2}`)
	f.Add("null")
	f.Fuzz(func(t *testing.T, stored string) {
		m, err := DecodeManifest([]byte(stored))
		if err != nil {
			return
		}
		data, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeManifest(data)
		if err != nil {
			t.Fatalf("%s can't be read back: %v", data, err)
		}
		again, err := back.Encode()
		if diff := cmp.Diff(string(data), string(again)); err != nil || diff != "" {
			t.Fatalf("%v, written twice (-first +second):\n%s", err, diff)
		}
		now := time.UnixMilli(1_800_000_000_000)
		if same := m.After(m, now); same.Generation != m.Generation {
			t.Errorf("the same set has a new generation: %d after %d", same.Generation, m.Generation)
		}
		other := m
		other.Digest += "x"
		if next := other.After(m, now); next.Generation <= m.Generation && m.Generation+1 > m.Generation {
			t.Errorf("generation %d comes after %d", next.Generation, m.Generation)
		}
	})
}
