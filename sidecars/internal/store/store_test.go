package store_test

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/store"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, root string, d contract.Domain) *store.Store {
	s := &store.Store{Root: root, Domain: d}
	if d == contract.Config {
		s.Alias, s.File = filepath.Join(root, "prometheus.env.yaml"), "f"
	}
	must(t, s.Prepare())
	return s
}

// load does what a whole transaction does.
func load(t *testing.T, s *store.Store, id string) {
	stage(t, s, id)
	disk, err := s.Disk()
	must(t, err)
	entry := transaction.Entry{Domain: s.Domain, From: disk.Good.ID, To: id}
	must(t, s.Journal(entry))
	must(t, s.Flip(s.Domain, id))
	must(t, s.Commit(entry, true))
	must(t, s.Collect([]string{id}))
}

func stage(t *testing.T, s *store.Store, id string) {
	must(t, s.Stage(transaction.Set{ID: id, Digest: "digest of " + id, Generation: 5}, func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "f"), []byte(id), 0o640)
	}))
}

func TestTwoGenerationsAreKeptTheOlderCompressed(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, contract.Config)
	for _, id := range []string{"a", "b", "c"} {
		load(t, s, id)
	}
	got, err := filepath.Glob(filepath.Join(root, "config", "gen", "*", "*"))
	must(t, err)
	want := []string{filepath.Join(root, "config/gen/b/f.gz"), filepath.Join(root, "config/gen/c/f")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if text, err := os.ReadFile(filepath.Join(root, "prometheus.env.yaml")); err != nil || string(text) != "c" {
		t.Errorf("Prometheus reads %q, %v", text, err)
	}
	f, err := os.Open(want[0])
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	if text, err := io.ReadAll(z); err != nil || string(text) != "b" {
		t.Errorf("the older one reads %q, %v", text, err)
	}
}

func TestGenerationThatWasCompressedIsWrittenAgain(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, contract.Config)
	for _, id := range []string{"a", "b", "a"} {
		load(t, s, id)
	}
	if text, err := os.ReadFile(filepath.Join(root, "prometheus.env.yaml")); err != nil || string(text) != "a" {
		t.Errorf("Prometheus reads %q, %v", text, err)
	}
}

func TestFailedStageLeavesNothing(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, contract.Config)
	failed := errors.New("disk full")
	err := s.Stage(transaction.Set{ID: "a"}, func(dir string) error {
		must(t, os.WriteFile(filepath.Join(dir, "f"), []byte("half"), 0o640))
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatalf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Join(root, "config", "gen"))
	must(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDiskTellsWhatIsCommitted(t *testing.T) {
	root := t.TempDir()
	c, r := open(t, root, contract.Config), open(t, root, contract.Rules)
	load(t, c, "a")
	stage(t, c, "b")
	entry := transaction.Entry{Domain: contract.Config, From: "a", To: "b"}
	must(t, c.Journal(entry))
	must(t, c.Flip(contract.Config, "b"))

	a := transaction.Set{ID: "a", Digest: "digest of a", Generation: 5}
	cases := map[string]struct {
		reason string
		store  *store.Store
		want   transaction.Disk
	}{
		"Own":   {"the good one is where the link led before", c, transaction.Disk{Good: a, Ran: true, Link: "b", Journal: &entry}},
		"Other": {"the other domain sees the same journal, and has nothing of its own", r, transaction.Disk{Link: "b", Journal: &entry}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := tc.store.Disk()
			must(t, err)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	if set, ran, err := c.Restore(); err != nil || set != a || !ran {
		t.Fatalf("restored %+v, %v, %v", set, ran, err)
	}
	if text, err := os.ReadFile(filepath.Join(root, "prometheus.env.yaml")); err != nil || string(text) != "a" {
		t.Errorf("after the restore Prometheus reads %q, %v", text, err)
	}
}

func TestLockIsSharedByBothDomains(t *testing.T) {
	root := t.TempDir()
	c, r := open(t, root, contract.Config), open(t, root, contract.Rules)
	if ok, _, err := c.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, holder, err := r.TryLock(); ok || err != nil || holder == "" {
		t.Fatalf("locked twice: %v %q %v", ok, holder, err)
	}
	must(t, c.Unlock())
	if ok, _, err := r.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	must(t, r.Unlock())
}

func TestDamagedJournalIsNotGuessedAt(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, contract.Config)
	for _, text := range []string{"", "{", `{"domain":"x","to":"y"}`, `{"domain":"config","to":"../../etc"}`} {
		must(t, os.WriteFile(filepath.Join(root, ".journal.json"), []byte(text), 0o640))
		if disk, err := s.Disk(); err == nil {
			t.Errorf("%q: taken for %+v", text, disk)
		}
	}
}

func TestWhatADeadPredecessorLeftIsRemoved(t *testing.T) {
	root := t.TempDir()
	left := filepath.Join(root, "config", "gen", ".tmp-1")
	must(t, os.MkdirAll(left, 0o750))
	open(t, root, contract.Rules)
	if _, err := os.Stat(left); err != nil {
		t.Error("the other domain's is taken away")
	}
	open(t, root, contract.Config)
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

func TestTheHolderOfTheLockIsNamed(t *testing.T) {
	root := t.TempDir()
	c, r := open(t, root, contract.Config), open(t, root, contract.Rules)
	for range 2 {
		_, _, err := c.TryLock()
		must(t, err)
		if locked, holder, err := r.TryLock(); locked || err != nil || !strings.HasPrefix(holder, "the config reloader since 20") {
			t.Errorf("locked %v, held by %q, %v", locked, holder, err)
		}
		must(t, c.Unlock())
	}
}

func TestTheCommittedSetIsNeverCollected(t *testing.T) {
	s := open(t, t.TempDir(), contract.Config)
	load(t, s, "a")
	must(t, s.Collect(nil))
	if text, err := os.ReadFile(filepath.Join(s.Current(), "f")); err != nil || string(text) != "a" {
		t.Errorf("Prometheus reads %q, %v", text, err)
	}
}

func TestTheLinkIsThereAtEveryMoment(t *testing.T) {
	s := open(t, t.TempDir(), contract.Config)
	load(t, s, "a")
	stage(t, s, "b")
	stop, missing := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				missing <- n
				return
			default:
				if _, err := os.ReadFile(s.Alias); err != nil {
					n++
				}
			}
		}
	}()
	for n := range 300 {
		must(t, s.Flip(contract.Config, []string{"a", "b"}[n%2]))
	}
	close(stop)
	if n := <-missing; n > 0 {
		t.Errorf("%d times there was no configuration", n)
	}
}

func TestWhatRanIsRememberedAndNothingElse(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, contract.Config)
	ran := func() bool {
		d, err := s.Disk()
		must(t, err)
		return d.Ran
	}
	stage(t, s, "a")
	entry := transaction.Entry{Domain: contract.Config, To: "a"}
	must(t, s.Journal(entry))
	must(t, s.Flip(contract.Config, "a"))
	must(t, s.Commit(entry, false))
	if ran() {
		t.Error("nobody saw it run")
	}
	must(t, s.Commit(entry, true))
	stage(t, s, "a")
	if !ran() {
		t.Error("it is forgotten that it ran, because it was staged once more")
	}
	must(t, os.WriteFile(filepath.Join(root, "config", "gen", "a.json"), []byte(`{"id":"other","digest":"d","ran":true}`), 0o640))
	if d, err := s.Disk(); err != nil || d.Ran || d.Good.Digest != "a" {
		t.Errorf("what is known of another set is believed of this one: %+v, %v", d, err)
	}
	must(t, os.RemoveAll(filepath.Join(root, "config", "gen", "a")))
	if d, err := s.Disk(); err != nil || d.Good.ID != "" || s.Current() != "" {
		t.Errorf("the link leads nowhere and counts as a set: %+v, %v", d, err)
	}
}
