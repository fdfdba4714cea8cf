package generator

// Figures: the "ratio" lines. They need no quiet machine, since both sides run on the same one, one after the other.

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// The limits that these figures are held to, as upstream's figure over ours. The best of several runs counts on each side, which
// takes most of a busy machine's noise out.
const (
	coldTime      = 5
	coldAllocated = 10
	changeTime    = 100
)

// Both sides go from objects to bytes ready to be written into the Secret, compression included. Ours are judged, theirs are not.
func TestRatio(t *testing.T) {
	for _, n := range []int{1_000, 10_000} {
		w, sel := random.Monitors(n, "v3.13.1")
		in, err := InputOf(w, sel)
		if err != nil {
			t.Fatal(err)
		}
		theirs := best(3, func() { theirBytes(t, in) })
		cold := best(3, func() { ourBytes(t, promconfig.NewRenderer(), w, sel) })
		warm := promconfig.NewRenderer()
		ourBytes(t, warm, w, sel)
		change := best(20, func() { random.Touch(sel); ourBytes(t, warm, w, sel) })

		report(t, fmt.Sprintf("render-%d-time-ms", n), cold.time, theirs.time, coldTime)
		report(t, fmt.Sprintf("render-%d-allocated-MiB", n), cold.allocated, theirs.allocated, coldAllocated)
		report(t, fmt.Sprintf("change-%d-time-ms", n), change.time, theirs.time, changeTime)
		report(t, fmt.Sprintf("change-%d-allocated-MiB", n), change.allocated, theirs.allocated, 0)
	}
}

func theirBytes(t *testing.T, in Input) []byte {
	text, err := in.Render()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ourBytes(t *testing.T, r *promconfig.Renderer, w *world.World, sel selection.Result) {
	res := r.Render(w, sel)
	if res.Jobs != len(sel.ServiceMonitors) || len(res.Verdicts) > 0 {
		t.Fatalf("%d jobs of %d, verdicts %v", res.Jobs, len(sel.ServiceMonitors), res.Verdicts)
	}
}

type figures struct {
	time      float64 // milliseconds
	allocated float64 // MiB
}

// best is the fastest of several runs.
func best(runs int, run func()) figures {
	out := figures{}
	for i := range runs {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		run()
		took := float64(time.Since(start).Microseconds()) / 1000
		runtime.ReadMemStats(&after)
		allocated := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20)
		if i == 0 || took < out.time {
			out = figures{took, allocated}
		}
	}
	return out
}

// report prints both figures and how far apart they are, which has to be at least so many times.
func report(t *testing.T, name string, ours, theirs, least float64) {
	fmt.Printf("ratio %s %.2f %.2f %.1f\n", name, ours, theirs, theirs/ours)
	if theirs/ours < least {
		t.Errorf("%s: %.1f times better than upstream, want %.0f", name, theirs/ours, least)
	}
}
