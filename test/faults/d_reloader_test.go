package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var dropJournal = edit{"store/journal.go", "	return writeJSON(filepath.Join(s.Root, journalFile), e)\n", "	return nil\n"}

// killPoints are all steps of a transaction that succeeds, and on which side of it the process dies. Those of the first row
// are passed at the start, too.
var killPoints = strings.Fields(`before-Observe after-Observe before-Probe after-Probe before-Lock after-Lock before-Unlock after-Unlock
	before-Render after-Render before-Journal after-Journal before-Flip after-Flip before-Post after-Post
	before-Confirm after-Confirm before-Commit after-Commit`)

// undoPoints are those of a transaction that is taken back.
var undoPoints = strings.Fields("after-Post before-Flip-2 after-Flip-2 before-Post-2 after-Post-2 before-Confirm after-Confirm before-Commit after-Commit")

func TestD42_KilledAtEveryStep(t *testing.T) {
	prove(t, fault{
		id: "D42", what: "each reloader is killed at every step of its transaction",
		guard:   "no journal is written",
		without: change{edits: []edit{dropJournal}},
		run: func(r *rig) {
			r.start()
			for _, domain := range []string{config, rules} {
				for n, point := range killPoints {
					r.killedAt(domain, point, fmt.Sprintf("job%d", n))
				}
			}
		},
	})
}

func TestD42_KilledWhileTakingBack(t *testing.T) {
	prove(t, fault{
		id: "D42", what: "each reloader is killed at every step of taking a refused set back",
		guard:   "no journal is written",
		without: change{edits: []edit{dropJournal}},
		run: func(r *rig) {
			r.start()
			for _, domain := range []string{config, rules} {
				for n, point := range undoPoints {
					r.killedUndoing(domain, point, fmt.Sprintf("job%d", n))
				}
			}
		},
	})
}

// killedAt lets a reloader die while it loads a set that is named so, and sees that its successor ends it well.
func (r *rig) killedAt(domain, point, name string) {
	r.dying(domain, point, !slices.Contains(killPoints[:8], point))
	digest, before := r.setNamed(domain, name), r.loads()
	r.await(soon, "it dies at "+point, func() bool { return !r.reloader(domain).alive() })
	r.whole()
	r.startReloader(domain)
	r.awaitLoaded(domain, digest, soon)
	if !r.runs(domain, name) {
		r.failf("killed %s: %s is reported as loaded, and Prometheus does not have it", point, name)
	}
	if n := r.loads() - before; n > 2 {
		r.failf("killed %s: %d reloads", point, n)
	}
	r.nothingLeft(domain)
}

// killedUndoing lets a reloader die while it takes back a set that Prometheus refused.
func (r *rig) killedUndoing(domain, point, name string) {
	r.awaitLoaded(domain, r.setNamed(domain, name), soon)
	r.dying(domain, point, true)
	r.setRefused(domain)
	r.await(soon, "it dies at "+point, func() bool { return !r.reloader(domain).alive() })
	r.whole()
	r.startReloader(domain)
	r.awaitReason(domain, "PrometheusRefused")
	if !r.runs(domain, name) {
		r.failf("killed %s: the set before, %s, does not run", point, name)
	}
	r.nothingLeft(domain)
}

// dying starts a reloader that kills itself at the point.
func (r *rig) dying(domain, point string, afterStart bool) {
	r.startReloader(domain, "RELOADER_KILL_AT="+point)
	if afterStart {
		r.await(soon, "it knows what runs", func() bool { return r.report(domain).Loaded != "" || !r.reloader(domain).alive() })
	}
}

func (r *rig) reloader(domain string) *process {
	if domain == config {
		return r.config
	}
	return r.rules
}

// setNamed writes a set that runs can tell from others by this name.
func (r *rig) setNamed(domain, name string) string {
	if domain == config {
		return r.setConfig("base", name)
	}
	return r.setRule(name)
}

func (r *rig) runs(domain, name string) bool {
	if domain == config {
		return strings.Contains(r.runningConfig(), "job_name: "+name)
	}
	return r.versions()["base.yaml"] == name
}

// setRefused writes a whole set that Prometheus refuses.
func (r *rig) setRefused(domain string) {
	if domain == config {
		r.setConfigText(r.configText([]string{"base", "twice", "twice"}, ""), 3)
		return
	}
	r.setRules(map[string]string{"base.yaml": "groups:\n- name: base\n  rules:\n  - record: x\n    expr: \"(((\"\n"})
}

// whole sees that what Prometheus would start on is complete.
func (r *rig) whole() {
	text, err := os.ReadFile(r.path("out", "prometheus.env.yaml"))
	if err != nil || !strings.Contains(string(text), "job_name: base") || !strings.HasSuffix(string(text), "]\n") {
		r.failf("half a generation is in place: %v %q", err, text)
	}
	text, err = os.ReadFile(r.path("out", rules, "current", "base.yaml"))
	if err != nil || !strings.Contains(string(text), "name: base") || !strings.HasSuffix(string(text), "\n") {
		r.failf("half a generation is in place: %v %q", err, text)
	}
}

func (r *rig) nothingLeft(domain string) {
	r.await(time.Second, "nothing is left behind", func() bool {
		left, err := filepath.Glob(r.path("out", domain, "gen", ".tmp-*"))
		return err == nil && len(left) == 0
	})
}

func TestD44_MixedVersions(t *testing.T) {
	prove(t, fault{
		id: "D44", what: "a manifest of a format to come; a Secret without a manifest",
		guard:   "the format is not looked at",
		without: change{edits: []edit{{"transaction/judge.go", "	knownFormat,\n", ""}, {"set/volume.go", "	if !m.Known() {\n		return l, nil\n	}\n", ""}, {"contract/manifest.go", "	if head.Version != ManifestFormat {\n		return Manifest{Version: head.Version, Digest: head.Digest}, nil\n	}\n", ""}}},
		run: func(r *rig) {
			r.start()
			parts := map[string][]byte{"prometheus.yaml.gz": zipped(r.configText([]string{"base", "future"}, ""))}
			m := configManifest(r.next(), 2, parts)
			m.Version = 2
			r.write(config, map[string][]byte{"manifest.json": m.json(), "prometheus.yaml.gz": parts["prometheus.yaml.gz"]})
			r.awaitReason(config, "ManifestVersion")
			if has := r.jobs(); slices.Contains(has, "future") {
				r.failf("it is loaded: %v", has)
			}
			r.plain(zipped(r.configText([]string{"base", "legacy"}, "")))
			r.await(soon, "a Secret without a manifest is loaded", func() bool { return slices.Contains(r.jobs(), "legacy") })
			r.awaitLoaded(config, r.setConfig("base", "again"), soon)
		},
	})
}

func TestD58_HolderKilled(t *testing.T) {
	prove(t, fault{
		id: "D58", what: "a reloader is killed between flip and POST with a set that Prometheus refuses; the other one is next",
		guard:   "the journal is not read",
		without: change{edits: []edit{{"store/journal.go", "	data, err := os.ReadFile(path)\n	if errors", "	data, err := os.ReadFile(path + \"x\")\n	if errors"}}},
		run: func(r *rig) {
			r.start()
			good := r.current(config)
			r.startReloader(config, "RELOADER_KILL_AT=after-Flip")
			r.await(soon, "it knows what runs", func() bool { return r.report(config).Loaded != "" })
			r.setConfigText(r.configText([]string{"base", "twice", "twice"}, ""), 3)
			r.await(soon, "it dies", func() bool { return !r.config.alive() })
			before := r.loads()
			r.awaitLoaded(rules, r.setRule("2"), soon)
			if r.current(config) != good {
				r.failf("the dead reloader's flip was not taken back")
			}
			if n := r.loads() - before; n > 3 {
				r.failf("%d reloads", n)
			}
			r.startReloader(config)
			r.awaitReason(config, "PrometheusRefused")
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestD59_HolderHangs(t *testing.T) {
	prove(t, fault{
		id: "D59", what: "a reloader hangs while it holds the lock",
		guard:   "the lock is not taken",
		without: change{edits: []edit{dropLock}},
		run: func(r *rig) {
			r.start()
			r.startReloader(config, "RELOADER_STOP_AT=before-Post")
			r.await(soon, "it knows what runs", func() bool { return r.report(config).Loaded != "" })
			c := r.setConfig("base", "hung")
			r.await(soon, "it hangs", r.config.stopped)
			before := r.current(rules)
			r.client.Timeout = time.Second
			ru := r.setRule("2")
			if l := r.awaitReason(rules, "LockBusy"); !strings.Contains(l.Error, "config") || !strings.Contains(l.Error, "since") {
				r.failf("it says neither who holds the lock nor since when: %s", l.Error)
			}
			r.during(scaled(time.Minute, time.Second), "the lock is not stolen", func() bool { return r.current(rules) == before })
			if r.healthy(config, "/healthz") {
				r.failf("the holder counts as healthy")
			}
			r.config.signal(syscall.SIGKILL) // as its probe would have it
			r.startReloader(config)
			r.awaitLoaded(config, c, soon)
			r.awaitLoaded(rules, ru, soon)
		},
	})
}

func TestD60_BothDomainsAtOnce(t *testing.T) {
	prove(t, fault{
		id: "D60", what: "both domains change in the same moment, again and again",
		guard:   "the lock is not taken",
		without: change{edits: []edit{dropLock}},
		run: func(r *rig) {
			p := r.through()
			r.start()
			rounds := 20
			if *soak {
				rounds = 100
			}
			for n := range rounds {
				before := p.posts.Load()
				c, ru := r.setConfig("base", fmt.Sprintf("job%d", n)), r.setRule(fmt.Sprint(n+2))
				r.awaitLoaded(config, c, soon)
				r.awaitLoaded(rules, ru, soon)
				if posts := p.posts.Load() - before; posts > 2 || p.most.Load() > 1 {
					r.failf("round %d: %d POSTs, %d at once", n, posts, p.most.Load())
				}
			}
		},
	})
}

func TestD61_OneGoodOneBad(t *testing.T) {
	prove(t, fault{
		id: "D61", what: "one domain gets a good set and the other a bad one, and the reverse",
		guard:   "the link stays on what Prometheus refused",
		without: change{edits: []edit{dropFlipBack}},
		run: func(r *rig) {
			r.start()
			r.setRefused(rules)
			c := r.setConfig("base", "good")
			r.awaitLoaded(config, c, soon)
			r.awaitReason(rules, "PrometheusRefused")
			r.awaitLoaded(rules, r.setRule("2"), soon)
			r.setRefused(config)
			r.awaitLoaded(rules, r.setRule("3"), soon)
			r.awaitReason(config, "PrometheusRefused")
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestD62_FirstLoadWithoutRules(t *testing.T) {
	prove(t, fault{
		id: "D62", what: "a pod starts anew while an alert is pending for an hour",
		guard:   "the init container stages no rules",
		without: change{env: []string{"RELOADER_RULES_DIR="}},
		run: func(r *rig) {
			r.start()
			pending := map[string]string{"base.yaml": ruleFile("2", "base"), "pending.yaml": "groups:\n- name: pending\n  rules:\n  - alert: Pends\n    expr: vector(1)\n    for: 1h\n"}
			ru := r.setRules(pending)
			r.awaitLoaded(rules, ru, soon)
			since := r.activeAt("Pends")
			r.pause(6 * time.Second)
			r.stop()
			r.must(os.RemoveAll(r.path("out")), "a new pod")
			r.must(os.Mkdir(r.path("out"), 0o755), "a new pod")
			r.init(true)
			down := time.Now()
			r.startPrometheus()
			r.await(15*time.Second, "Prometheus is ready", r.ready)
			r.startReloaders() // the slowest container of all
			r.awaitLoaded(rules, ru, 15*time.Second)
			r.pause(2 * time.Second)
			// Prometheus does not count the time that it was down.
			if now := r.activeAt("Pends"); now.Sub(since) > time.Since(down)+time.Second {
				r.failf("the alert waits since %v instead of %v: its hour began anew", now, since)
			}
		},
	})
}
