package snapshot

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// B23: what is left of a volume whose mount the kubelet lost.
func TestB23_AnEmptiedVolumeEndsTheWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill := func() {
		if err := os.MkdirAll(filepath.Join(dir, "..1"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("..1", filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	empty := func() {
		for _, name := range []string{"..data", "..1"} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := time.Now()
	var l life
	for _, step := range []struct {
		reason string
		do     func()
		after  time.Duration
		over   bool
	}{
		{"it was never filled: the kubelet may be slow", func() {}, 8 * emptyFor, false},
		{"or a hand-made directory may have nothing in it", func() {}, 10 * emptyFor, false},
		{"it is filled", fill, 11 * emptyFor, false},
		{"it is emptied", empty, 12 * emptyFor, false},
		{"the kubelet may fill it again soon", func() {}, 13*emptyFor - time.Second, false},
		{"the kubelet filled it again", fill, 14 * emptyFor, false},
		{"it is emptied again", empty, 15 * emptyFor, false},
		{"it stays empty", func() {}, 16 * emptyFor, true},
	} {
		step.do()
		if got := l.over(dir, start.Add(step.after)); got != step.over {
			t.Fatalf("%s: over is %t, want %t", step.reason, got, step.over)
		}
	}
}

// B23: the container started when the volume had been emptied already.
func TestB23_AVolumeThatIsNeverFilledEndsTheWatch(t *testing.T) {
	t.Parallel()
	dir, start := t.TempDir(), time.Now()
	l := life{volume: true}
	for _, step := range []struct {
		reason string
		after  time.Duration
		over   bool
	}{
		{"it is seen for the first time", 0, false},
		{"the kubelet may fill it", emptyFor - time.Second, false},
		{"it stays empty", emptyFor, true},
	} {
		if got := l.over(dir, start.Add(step.after)); got != step.over {
			t.Fatalf("%s: over is %t, want %t", step.reason, got, step.over)
		}
	}
}
