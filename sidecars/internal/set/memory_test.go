package set_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// TestMemoryDoesNotGrowWithTheSet counts every byte that is allocated on the way from a volume to a generation: a set that is 16 times as
// large takes no more of them.
func TestMemoryDoesNotGrowWithTheSet(t *testing.T) {
	const slack = 256 << 10
	for _, domain := range []contract.Domain{contract.Config, contract.Rules} {
		small, large := allocated(t, domain, 1<<20), allocated(t, domain, 16<<20)
		if large > small+slack {
			t.Errorf("%s: %d bytes are allocated for 1 MiB, %d for 16 MiB", domain, small, large)
		}
	}
}

// allocated is what it takes to look at a set of this size and to write it out, in bytes.
func allocated(t *testing.T, domain contract.Domain, size int) uint64 {
	t.Helper()
	dir, out := t.TempDir(), t.TempDir()
	v := volume(dir)
	v.MaxBytes = 1 << 30
	name := v.Key
	if domain == contract.Rules {
		v, name = rules(dir, ""), "a.yaml"
		v.MaxBytes = 1 << 30
	}
	writeLarge(t, filepath.Join(dir, name), domain, size)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	o, err := v.Observe()
	must(t, err)
	must(t, v.Render(out))
	runtime.ReadMemStats(&after)
	if !o.Complete {
		t.Fatalf("not complete: %+v", o)
	}
	return after.TotalAlloc - before.TotalAlloc
}

// writeLarge writes a configuration, compressed, or rules of this size.
func writeLarge(t *testing.T, path string, domain contract.Domain, size int) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	w, end := bufio.NewWriter(f), func() error { return nil }
	section, item := "groups:\n", "- name: group-%d\n  rules: []\n"
	if domain == contract.Config {
		z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
		must(t, err)
		w, end = bufio.NewWriter(z), z.Close
		section, item = head+"scrape_configs:\n", "- job_name: job-%d\n  honor_labels: true\n"
	}
	fmt.Fprint(w, section)
	for n, written := 0, 0; written < size; n++ {
		m, err := fmt.Fprintf(w, item, n)
		must(t, err)
		written += m
	}
	must(t, w.Flush())
	must(t, end())
}
