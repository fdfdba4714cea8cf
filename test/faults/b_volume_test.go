package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestB19_SwapDuringARead(t *testing.T) {
	prove(t, fault{
		id: "B19", what: "a volume without a manifest is swapped 1000 times a second while it is read",
		guard: "files are read through the links beside ..data instead of one resolved directory, and no stamp is compared",
		without: change{edits: []edit{
			{"snapshot/view.go", "	case err == nil:\n		return filepath.Join(dir, link), true, nil", "	case err == nil:\n		return dir, false, nil"},
			{"set/rules.go", "	if !view.Atomic() && snapshot.Stamp(v.Dir) != v.last.stamp {", "	if false {"},
		}},
		run: func(r *rig) {
			r.start()
			end := time.Now().Add(scaled(time.Minute, 4*time.Second))
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for n := 0; time.Now().Before(end); n++ {
				<-tick.C
				version := strconv.Itoa(n % 2) // what was seen before comes again: no digest is new enough to tell a mixture
				files := map[string][]byte{"base.yaml": []byte(ruleFile(version, "base"))}
				for i := range 5 {
					files[fmt.Sprintf("f%d.yaml", i)] = []byte(ruleFile(version, "g"+strconv.Itoa(i)))
				}
				r.write(rules, files)
				if n%20 == 0 {
					r.unmixed()
				}
			}
			r.await(time.Second, "the last set is loaded", func() bool { l := r.report(rules); return l.Wanted != "" && l.Loaded == l.Wanted })
			r.unmixed()
		},
	})
}

// unmixed sees that all rules that Prometheus runs are of one version.
func (r *rig) unmixed() {
	seen := map[string]bool{}
	versions := r.versions()
	for _, v := range versions {
		seen[v] = true
	}
	if len(seen) > 1 {
		r.failf("a mixture of versions is loaded: %v", versions)
	}
}

func TestB20_FilesRemovedUnderDanglingLinks(t *testing.T) {
	prove(t, fault{
		id: "B20", what: "100 rule objects deleted at once, their links dangle for a while",
		guard:   "files are read through the links beside ..data, and Prometheus reads the volume itself",
		without: change{env: []string{"RELOADER_OUTPUT_DIR="}},
		run: func(r *rig) {
			r.readVolumeIfUnguarded()
			files := map[string]string{"base.yaml": ruleFile("1", "base")}
			for i := range 100 {
				files[fmt.Sprintf("f%d.yaml", i)] = ruleFile("1", "g"+strconv.Itoa(i))
			}
			r.start()
			r.awaitLoaded(rules, r.setRules(files), soon)
			r.slowRemoval(files)
			r.pause(500 * time.Millisecond)
			if strings.Contains(r.prom.log(), "no such file") {
				r.failf("Prometheus met a dangling link")
			}
			r.awaitLoaded(rules, r.setRule("2"), soon)
		},
	})
}

// readVolumeIfUnguarded lets Prometheus read the rules where the kubelet writes them, as others do.
func (r *rig) readVolumeIfUnguarded() {
	if len(r.change.env) > 0 {
		r.rulesAt = r.path(rules)
	}
}

// slowRemoval does what AtomicWriter does when all files but base.yaml go, with a pause before the links are removed.
func (r *rig) slowRemoval(files map[string]string) {
	dir := r.path(rules)
	base := map[string]string{"base.yaml": files["base.yaml"]}
	stamp := "..2030_01_01_00_00_00.1"
	r.must(os.Mkdir(filepath.Join(dir, stamp), 0o755), "new version")
	r.must(os.WriteFile(filepath.Join(dir, stamp, "base.yaml"), []byte(base["base.yaml"]), 0o644), "file")
	r.must(os.WriteFile(filepath.Join(dir, stamp, "manifest.json"), rulesManifest(r.next(), 1, base).json(), 0o644), "manifest")
	old, err := os.Readlink(filepath.Join(dir, "..data"))
	r.must(err, "..data")
	r.must(os.Symlink(stamp, filepath.Join(dir, "..data_tmp")), "link")
	r.must(os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")), "swap")
	r.pause(2 * time.Second)
	for name := range files {
		if name != "base.yaml" {
			r.must(os.Remove(filepath.Join(dir, name)), "remove link")
		}
	}
	r.must(os.RemoveAll(filepath.Join(dir, old)), "old version")
}

func TestB23_VolumeEmptied(t *testing.T) {
	prove(t, fault{
		id: "B23", what: "the kubelet removes a mounted volume and makes another in its place",
		guard:   "a removed directory passes for an empty one",
		without: change{edits: []edit{{"snapshot/watch.go", "if deleted && l.alive {", "if false {"}}},
		run: func(r *rig) {
			r.mountConfig()
			r.start()
			prometheus, other := r.prom, r.rules
			r.must(os.RemoveAll(r.path("host")), "remove the volume on the host")
			r.await(soon, "the config reloader ends, so that it gets a new mount", func() bool { return !r.config.alive() })
			if !strings.Contains(r.config.log(), "deleted underneath") {
				r.failf("it ends without saying why")
			}
			r.startReloader(config) // still on the old mount: it must not end again and again
			r.awaitReason(config, "Incomplete")
			r.during(scaled(10*time.Second, 2*time.Second), "it waits", r.config.alive)
			r.must(syscall.Unmount(r.path(config), syscall.MNT_DETACH), "unmount")
			r.mountConfig()
			r.awaitLoaded(config, r.setConfig("base", "again"), soon)
			if !prometheus.alive() || !other.alive() || !r.config.alive() {
				r.failf("more than one container ended")
			}
		},
	})
}

// mountConfig mounts the volume of the configuration from a directory of the host, as a container runtime does.
func (r *rig) mountConfig() {
	r.must(os.Mkdir(r.path("host"), 0o755), "volume on the host")
	r.must(syscall.Mount(r.path("host"), r.path(config), "", syscall.MS_BIND, ""), "bind mount")
	r.t.Cleanup(func() { _ = syscall.Unmount(r.path(config), syscall.MNT_DETACH) })
}

func TestB24_InotifyExhausted(t *testing.T) {
	prove(t, fault{
		id: "B24", what: "no inotify instance is left",
		guard:   "no poll beneath inotify",
		without: change{env: []string{"RELOADER_WATCH_INTERVAL=1h"}},
		shorter: []edit{{"snapshot/watch.go", "reopenEvery = 30 * time.Second", "reopenEvery = time.Second"}},
		run: func(r *rig) {
			r.limit = "max_inotify_instances"
			r.start()
			if !strings.Contains(r.config.log(), "inotify is not available") {
				r.failf("inotify works here, so nothing is shown")
			}
			r.awaitLoaded(config, r.setConfig("base", "polled"), 3*time.Second)
			if r.metric(config, "reloader_watch_errors_total") == 0 {
				r.failf("the metrics do not tell")
			}
			r.must(os.WriteFile(r.path("unlimited"), nil, 0o644), "lift the limit")
			r.await(scaled(time.Minute, soon), "it returns to inotify", func() bool { return r.metric(config, "reloader_watches") > 0 })
		},
	})
}

func TestB25_InotifyOverflow(t *testing.T) {
	prove(t, fault{
		id: "B25", what: "the event queue overflows before the swap is seen",
		guard: "only an event for ..data counts, a lost queue is ignored, and there is no poll",
		without: change{env: []string{"RELOADER_WATCH_INTERVAL=1h"}, edits: []edit{
			{"snapshot/watch.go", "forced = ok && e.Op != fsnotify.Chmod", "if !ok || e.Name[len(e.Name)-6:] != \"..data\" {\n continue\n}"},
			{"snapshot/watch.go", "			forced = true\n		case <-poll.C:", "			continue\n		case <-poll.C:"},
		}},
		run: func(r *rig) {
			r.start()
			r.config.signal(syscall.SIGSTOP)
			r.overflow(r.path(config))
			digest := r.setConfig("base", "late")
			r.config.signal(syscall.SIGCONT)
			r.awaitLoaded(config, digest, soon)
		},
	})
}

// overflow makes more events than the kernel queues.
func (r *rig) overflow(dir string) {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	r.must(err, "limit of the queue")
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	r.must(err, "limit of the queue")
	path := filepath.Join(dir, "..noise")
	for range limit/2 + 1000 {
		r.must(os.WriteFile(path, nil, 0o644), "noise")
		r.must(os.Remove(path), "noise")
	}
}

func TestB26_InotifyNeverDelivered(t *testing.T) {
	prove(t, fault{
		id: "B26", what: "inotify takes no watch and never says anything, as on gVisor and Kata",
		guard:   "no poll beneath inotify",
		without: change{env: []string{"RELOADER_WATCH_INTERVAL=1h"}},
		run: func(r *rig) {
			r.limit = "max_inotify_watches"
			r.start()
			r.awaitLoaded(config, r.setConfig("base", "polled"), 3*time.Second)
			r.awaitLoaded(rules, r.setRule("2"), 3*time.Second)
		},
	})
}

func TestB27_OutputFull(t *testing.T) {
	prove(t, fault{
		id: "B27", what: "the memory volume is full",
		guard:   "what could not be written whole is left behind",
		without: change{edits: []edit{{"store/store.go", "	defer os.RemoveAll(tmp)\n", ""}}},
		run: func(r *rig) {
			r.mount("tmpfs", r.path("out"), "tmpfs", 0, "size=1m")
			r.start()
			filler := r.path("out", "filler")
			big := r.configText([]string{"base", "big"}, "") + strings.Repeat("# "+strings.Repeat("x", 998)+"\n", 400)
			r.must(os.WriteFile(filler, make([]byte, 800<<10), 0o644), "fill it")
			digest := r.setConfigText(big, 2)
			before := r.current(config)
			if l := r.awaitReason(config, "WriteFailed"); !strings.Contains(l.Error, "no space left") {
				r.failf("the error does not say why: %s", l.Error)
			}
			left, err := filepath.Glob(r.path("out", "config", "gen", ".tmp-*"))
			r.must(err, "look for what is left")
			if len(left) > 0 {
				r.failf("half a generation is left: %s", left[0])
			}
			if r.current(config) != before {
				r.failf("the link moved")
			}
			r.must(os.Remove(filler), "make room")
			r.awaitLoaded(config, digest, soon)
		},
	})
}

func TestB27_NoFileCanBeMade(t *testing.T) {
	prove(t, fault{
		id: "B27", what: "the memory volume takes only so many files more: each call that makes one fails in turn",
		guard:   "what could not be written whole is left behind",
		without: change{edits: []edit{{"store/store.go", "	defer os.RemoveAll(tmp)\n", ""}}},
		run: func(r *rig) {
			r.mount("tmpfs", r.path("out"), "tmpfs", 0, "nr_inodes=100")
			r.start()
			failed := 0
			for room := range 8 {
				fillers := r.fillInodes(room)
				digest := r.setConfig("base", fmt.Sprintf("room%d", room))
				r.await(soon, "loaded, or it says why not", func() bool { l := r.report(config); return l.Loaded == digest || l.Reason == "WriteFailed" })
				if l := r.report(config); l.Reason == "WriteFailed" {
					failed++
					r.nothingLeft(config)
				}
				r.whole()
				for _, f := range fillers {
					r.must(os.Remove(f), "make room")
				}
				r.awaitLoaded(config, digest, soon)
			}
			if failed < 3 {
				r.failf("only %d calls failed", failed)
			}
		},
	})
}

// fillInodes makes files in the output directory until only so many more can be made.
func (r *rig) fillInodes(room int) (made []string) {
	for n := 0; ; n++ {
		path := r.path("out", fmt.Sprintf("filler-%d", n))
		f, err := os.Create(path)
		if err != nil {
			break
		}
		r.must(f.Close(), "fill it")
		made = append(made, path)
	}
	if len(made) <= room {
		r.failf("only %d files fit", len(made))
	}
	for _, path := range made[len(made)-room:] {
		r.must(os.Remove(path), "leave room")
	}
	return made[:len(made)-room]
}

func TestB28_OutputReadOnly(t *testing.T) {
	prove(t, fault{
		id: "B28", what: "the output directory is read-only",
		guard:   "it ends instead of waiting",
		without: change{edits: []edit{{"transaction/driver.go", "		return orFault(nil, errors.Join(err, d.Store.Unlock()))", "		panic(err)"}}},
		run: func(r *rig) {
			r.start()
			out := r.path("out")
			r.mount(out, out, "", syscall.MS_BIND, "")
			r.must(syscall.Mount(out, out, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""), "make it read-only")
			r.startReloader(config)
			if l := r.awaitReason(config, "WriteFailed"); !strings.Contains(l.Error, out) {
				r.failf("the error does not name the path: %s", l.Error)
			}
			if r.healthy(config, "/readyz") {
				r.failf("it counts as ready")
			}
			r.during(2*time.Second, "it waits", func() bool { return r.config.alive() && r.healthy(config, "/healthz") })
			r.must(syscall.Unmount(out, 0), "make it writable again")
			r.awaitLoaded(config, r.setConfig("base", "written"), soon)
		},
	})
}

func TestB57_PartsOfTwoGenerations(t *testing.T) {
	prove(t, fault{
		id: "B57", what: "parts of two generations beside each other; one missing; two swapped; fewer than before",
		guard:   "part digests are not compared",
		without: change{edits: []edit{dropPartDigests}},
		run: func(r *rig) {
			r.start()
			parts := func(v string, jobs ...string) map[string][]byte {
				head, tail, _ := strings.Cut(r.configText(append([]string{"base"}, jobs...), ""), "- job_name: base")
				return map[string][]byte{"prometheus-1.yaml.gz": zipped(head + "# " + v + "\n"), "prometheus-2.yaml.gz": zipped("- job_name: base" + tail)}
			}
			six, seven := parts("6", "six"), parts("7", "seven")
			r.awaitLoaded(config, r.setParts(2, six), soon)
			m := configManifest(r.next(), 2, seven)
			before := r.loads()
			for what, mixed := range map[string]map[string][]byte{
				"mixed":   {"prometheus-1.yaml.gz": seven["prometheus-1.yaml.gz"], "prometheus-2.yaml.gz": six["prometheus-2.yaml.gz"]},
				"missing": {"prometheus-1.yaml.gz": seven["prometheus-1.yaml.gz"]},
				"swapped": {"prometheus-1.yaml.gz": seven["prometheus-2.yaml.gz"], "prometheus-2.yaml.gz": seven["prometheus-1.yaml.gz"]},
			} {
				mixed["manifest.json"] = m.json()
				r.write(config, mixed)
				r.awaitReason(config, "Incomplete")
				r.during(200*time.Millisecond, what+" parts are not loaded", func() bool { return r.loads() == before })
			}
			whole := map[string][]byte{"manifest.json": m.json(), "prometheus-9.yaml.gz": []byte("left over")}
			for k, v := range seven {
				whole[k] = v
			}
			r.write(config, whole)
			r.awaitLoaded(config, m.Digest, soon)
			r.awaitLoaded(config, r.setConfig("base"), soon)
		},
	})
}

// mount mounts in the namespace of the tests until the end of this one.
func (r *rig) mount(source, target, kind string, flags uintptr, data string) {
	r.must(syscall.Mount(source, target, kind, flags, data), "mount "+target)
	r.t.Cleanup(func() {
		r.stop()
		_ = syscall.Unmount(target, syscall.MNT_DETACH)
	})
}
