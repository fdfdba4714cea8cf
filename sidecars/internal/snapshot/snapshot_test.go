package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/promloop/promloop/sidecars/internal/snapshot"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// version writes a version of a kubelet's volume and swaps it in; the one before stays.
func version(t *testing.T, dir, name string, files map[string]string) {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	for file, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name, file), []byte(text), 0o644))
	}
	must(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
	must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
}

func TestViewStaysWithTheVersionItOpened(t *testing.T) {
	dir := t.TempDir()
	version(t, dir, "..one", map[string]string{"a": "1", "b": "1"})
	v, err := snapshot.Open(dir)
	must(t, err)
	defer v.Close()
	version(t, dir, "..two", map[string]string{"a": "2"})
	for _, name := range []string{"a", "b"} {
		if data, err := v.ReadFile(name, 10); err != nil || string(data) != "1" {
			t.Errorf("%s: got %q, %v; the view shows two versions", name, data, err)
		}
	}
	if names, err := v.Names(); err != nil || len(names) != 2 {
		t.Errorf("names %v, %v", names, err)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "..one")))
	if _, err := v.ReadFile("a", 10); !errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded: the version is gone", err)
	}
	if _, err := v.Names(); !errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
}

func TestARemovedMountIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "volume")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(dir) // as a mount holds it
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	mounted := fmt.Sprintf("/proc/self/fd/%d", held.Fd())
	if _, err := snapshot.Open(mounted); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v; it was looked at again for ever if it counted as changing", err)
	}
}

func TestMissingFileOfAWholeVersionIsJustMissing(t *testing.T) {
	dir := t.TempDir()
	version(t, dir, "..one", map[string]string{"a": "1"})
	v, err := snapshot.Open(dir)
	must(t, err)
	defer v.Close()
	if _, err := v.OpenFile("b"); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
}

func TestHandMadeDirectoryMayHoldLinksThatLeadOut(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "a"), []byte("1"), 0o644))
	must(t, os.Symlink(filepath.Join(outside, "a"), filepath.Join(dir, "a")))
	v, err := snapshot.Open(dir)
	must(t, err)
	defer v.Close()
	if data, err := v.ReadFile("a", 10); err != nil || string(data) != "1" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := v.ReadFile("a", 0); err == nil {
		t.Error("a file longer than its limit is read")
	}
}

func TestStampsDiffer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "volume")
	must(t, os.Mkdir(dir, 0o755))
	seen := map[string]string{snapshot.Stamp(filepath.Join(dir, "nowhere")): "missing"}
	note := func(what string) {
		stamp := snapshot.Stamp(dir)
		if before, ok := seen[stamp]; ok {
			t.Errorf("%q has the stamp of %q", what, before)
		}
		seen[stamp] = what
	}
	note("empty")
	must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("1"), 0o644))
	note("with a file")
	must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("22"), 0o644))
	note("with a longer file")
	version(t, dir, "..one", nil)
	note("with a version")
	version(t, dir, "..two", nil)
	note("with another version")
	must(t, os.Rename(dir, dir+"-old"))
	must(t, os.Mkdir(dir, 0o755))
	version(t, dir, "..two", nil)
	note("a new directory with a version of the same name")
}

func TestTheVolumesOwnNamesDoNotCount(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, ".hidden"), nil, 0o644))
	stamp := snapshot.Stamp(dir)
	must(t, os.WriteFile(filepath.Join(dir, "..tmp"), nil, 0o644))
	if snapshot.Stamp(dir) != stamp {
		t.Error("a file that only passes through changes the stamp")
	}
	v, err := snapshot.Open(dir)
	must(t, err)
	defer v.Close()
	if names, err := v.Names(); err != nil || len(names) != 1 || names[0] != "a" {
		t.Errorf("got %v, %v", names, err)
	}
}

func TestAVersionThatIsGoneIsSuperseded(t *testing.T) {
	dir := t.TempDir()
	version(t, dir, "..one", nil)
	must(t, os.Remove(filepath.Join(dir, "..one")))
	if _, err := snapshot.Open(dir); !errors.Is(err, snapshot.ErrSuperseded) {
		t.Errorf("got %v, want ErrSuperseded", err)
	}
}

func TestWatcherTellsOfEveryKindOfChange(t *testing.T) {
	for name, every := range map[string]time.Duration{"ByInotify": time.Hour, "ByPolling": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			above := filepath.Join(t.TempDir(), "pod")
			dir := filepath.Join(above, "volume")
			must(t, os.MkdirAll(dir, 0o755))
			changed := make(chan struct{}, 100)
			w := &snapshot.Watcher{Dirs: []string{dir}, Every: every, Log: slog.New(slog.DiscardHandler)}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- w.Run(ctx, func() { changed <- struct{}{} }) }()
			if every == time.Hour {
				for w.Stats().Watches == 0 {
					<-time.After(time.Millisecond)
				}
			}
			for _, change := range []func(){
				func() { version(t, dir, "..one", nil) },
				func() { version(t, dir, "..two", nil) },
				func() {
					must(t, os.Rename(above, above+"-old")) // a watch ends where its own directory is renamed
					must(t, os.MkdirAll(dir, 0o755))
					must(t, os.WriteFile(filepath.Join(above+"-old", "volume", "x"), nil, 0o644)) // wakes the watch on the old one
				},
				func() { version(t, dir, "..three", nil) },
			} {
				change()
				select {
				case <-changed:
				case <-time.After(5 * time.Second):
					t.Fatal("a swap is not told")
				}
			}
			cancel()
			must(t, <-done)
		})
	}
}

func TestAWatcherThatHangsIsOverdue(t *testing.T) {
	dir := t.TempDir()
	w := &snapshot.Watcher{Dirs: []string{dir}, Every: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	hangs, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- w.Run(ctx, func() {
			close(hangs)
			<-release
			cancel()
		})
	}()
	<-hangs
	for w.Stats().Overdue < 100*time.Millisecond {
		<-time.After(10 * time.Millisecond)
	}
	close(release)
	must(t, <-done)
}
