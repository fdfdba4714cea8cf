package faults

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	dropReadiness = edit{"prometheus/client.go", "	if p, bad := c.unready(status, body, err); bad {\n		c.start = time.Time{}\n		return p\n	}", "	if _, bad := c.unready(status, body, err); bad {\n		return transaction.Prom{Phase: transaction.Ready}\n	}"}
	dropLock      = edit{"store/lock.go", "err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)", "err = nil"}
)

func TestC30_NotUpYet(t *testing.T) {
	prove(t, fault{
		id: "C30", what: "Prometheus is not up yet",
		guard:   "readiness is not asked for",
		without: change{edits: []edit{dropReadiness}},
		run: func(r *rig) {
			c, ru := r.setConfig("base"), r.setRule("1")
			r.startReloaders()
			posts := func() float64 {
				return r.metric(config, "reloader_reloads_total") + r.metric(rules, "reloader_reloads_total")
			}
			r.during(scaled(5*time.Minute, 3*time.Second), "nothing is posted", func() bool { return posts() == 0 })
			r.await(soon, "the lock is free", r.unlocked)
			r.await(soon, "a first configuration is in place", func() bool { return r.current(config) != "" })
			r.startPrometheus()
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitLoaded(config, c, soon)
			r.awaitLoaded(rules, ru, soon)
			if n := posts(); n > 0 {
				r.failf("%v POSTs, though it started on what was there", n)
			}
		},
	})
}

func TestC31_LongReplay(t *testing.T) {
	prove(t, fault{
		id: "C31", what: "a long WAL replay, and a change during it",
		guard:   "readiness is not asked for",
		without: change{edits: []edit{dropReadiness}},
		run: func(r *rig) {
			p := r.through()
			segment := r.path("data", "wal", "00000000")
			r.must(os.MkdirAll(filepath.Dir(segment), 0o755), "WAL")
			r.must(syscall.Mkfifo(segment, 0o644), "a segment that takes its time")
			r.setConfig("base")
			r.setRule("1")
			r.init(true)
			r.startPrometheus()
			r.startReloaders()
			r.await(10*time.Second, "the replay has begun", func() bool { return strings.Contains(r.prom.log(), "Replaying WAL") })
			c := r.setConfig("base", "meanwhile")
			r.during(scaled(10*time.Minute, 2*time.Second), "nothing is posted", func() bool { return p.posts.Load() == 0 })
			end, err := os.OpenFile(segment, os.O_WRONLY, 0)
			r.must(err, "end the replay")
			r.must(end.Close(), "end the replay")
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitLoaded(config, c, soon)
			if n := r.loads(); n > 2 || p.early.Load() > 0 {
				r.failf("%d loads, %d early POSTs", n, p.early.Load())
			}
		},
	})
}

// slowConfig has a job whose scrapes take so long, and with them every reload that changes it.
func (r *rig) slowConfig(target string, d time.Duration, label string) string {
	return r.setConfigText(r.configText([]string{"base"}, "")+fmt.Sprintf("- job_name: slow\n  scrape_interval: %ds\n  scrape_timeout: %ds\n  static_configs:\n  - targets: [%q]\n    labels: {l: %s}\n",
		int(d.Seconds())+2, int(d.Seconds())+1, target, label), 2)
}

// startSlow brings up a pod in which the next change of the configuration takes so long to load.
func (r *rig) startSlow(d time.Duration) (target string, p *proxy) {
	p = r.through()
	r.start()
	scraped := make(chan struct{}, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		scraped <- struct{}{}
		select {
		case <-time.After(d):
		case <-req.Context().Done():
		}
	}))
	r.t.Cleanup(func() { r.stop(); s.CloseClientConnections(); s.Close() })
	target = strings.TrimPrefix(s.URL, "http://")
	r.awaitLoaded(config, r.slowConfig(target, d, "one"), soon)
	select {
	case <-scraped:
	case <-time.After(d + 10*time.Second):
		r.failf("the slow target is not scraped")
	}
	return target, p
}

func TestC32_SlowReload(t *testing.T) {
	prove(t, fault{
		id: "C32", what: "a reload that takes long, and a change of the other domain meanwhile",
		guard:   "the lock is not taken",
		without: change{edits: []edit{dropLock}},
		run: func(r *rig) {
			d := scaled(55*time.Second, 4*time.Second)
			target, p := r.startSlow(d)
			c := r.slowConfig(target, d, "two")
			r.await(soon, "the POST is under way", func() bool { return p.inFlight.Load() == 1 })
			ru := r.setRule("2")
			if l := r.awaitReason(rules, "LockBusy"); !strings.Contains(l.Error, "config") {
				r.failf("it does not say who holds the lock: %s", l.Error)
			}
			r.awaitLoaded(config, c, d+soon)
			r.awaitLoaded(rules, ru, soon)
			if p.most.Load() > 1 {
				r.failf("%d POSTs were in flight at once", p.most.Load())
			}
		},
	})
}

func TestC33_LifecycleDisabled(t *testing.T) {
	prove(t, fault{
		id: "C33", what: "reloading by HTTP is forbidden; then by signal instead",
		guard:   "it is tried again at once",
		without: change{edits: []edit{{"transaction/outcome.go", "	s = s.retryLater()\n	o := s.Open", "	o := s.Open"}}},
		run: func(r *rig) {
			p := r.through()
			r.noLifecycle = true
			r.ownPrometheus()
			r.start()
			before := r.current(config)
			c := r.setConfig("base", "signalled")
			r.awaitReason(config, "ReloadForbidden")
			r.pause(scaled(29*time.Second, 2*time.Second))
			if now := r.current(config); now != before {
				r.failf("the link is on %s instead of %s", now, before)
			}
			if n := p.posts.Load(); n != 1 {
				r.failf("%d POSTs instead of 1", n)
			}
			r.startReloader(config, "RELOADER_RELOAD_METHOD=signal", "RELOADER_PROCESS_EXECUTABLE_NAME="+filepath.Base(r.binary))
			r.awaitLoaded(config, c, soon)
			if !strings.Contains(r.runningConfig(), "job_name: signalled") {
				r.failf("it is reported as loaded, and Prometheus does not have it")
			}
		},
	})
}

// ownPrometheus gives the program a name that no other test's Prometheus has, so that a signal finds the right one.
func (r *rig) ownPrometheus() {
	data, err := os.ReadFile(r.binary)
	r.must(err, "read Prometheus")
	own := r.path("prometheus-" + filepath.Base(r.dir))
	r.must(os.WriteFile(own, data, 0o755), "copy Prometheus")
	r.binary = own
}

func TestC37_KilledDuringAReload(t *testing.T) {
	prove(t, fault{
		id: "C37", what: "Prometheus is killed in the middle of a reload",
		guard:   "the link stays on the candidate when the connection breaks",
		without: change{edits: []edit{{"transaction/outcome.go", "	return s.flip(o.From, thenProbe)\n", "	return s.unlock()\n"}, {"transaction/next.go", "	case s.first(want), s.rescue(want), s.fallen():", "	case s.first(want), s.rescue(want):"}}},
		run: func(r *rig) {
			const d = 3 * time.Second
			target, _ := r.startSlow(d)
			r.url = ""
			r.startReloaders() // without the proxy: a refused connection has to look like one
			r.await(soon, "settled", func() bool { return r.report(config).Loaded != "" && r.report(rules).Loaded != "" })
			good := r.current(config)
			c, loads := r.slowConfig(target, d, "deadly"), r.loads()
			r.await(soon, "the reload is under way", func() bool { return r.loads() > loads && r.current(config) != good })
			r.prom.kill()
			r.await(soon, "the link is back", func() bool { return r.current(config) == good })
			r.startPrometheus()
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitLoaded(config, c, d+soon) // once more: it may not have been the candidate's fault
		},
	})
}

func TestC37_KilledTwiceByTheSameSet(t *testing.T) {
	prove(t, fault{
		id: "C37", what: "Prometheus is killed in the middle of a reload, and again when the same set is tried once more",
		guard:   "a set is never suspected",
		without: change{edits: []edit{{"transaction/outcome.go", "	if s.Broke >= maxBroke {", "	if false {"}}},
		run: func(r *rig) {
			r.start()
			endless := r.path("endless.yaml")
			r.must(syscall.Mkfifo(endless, 0o644), "rules that take for ever to read")
			good, loads := r.current(config), r.loads()+1
			r.setConfigText(strings.Replace(r.configText([]string{"base", "deadly"}, ""), "rule_files:\n", "rule_files:\n- "+endless+"\n", 1), 2)
			for range 2 {
				r.await(2*soon, "the reload is under way", func() bool { return r.loads() == loads && r.current(config) != good })
				r.prom.kill()
				r.await(soon, "the link is back", func() bool { return r.current(config) == good })
				r.startPrometheus()
				loads += 2 // one to start, one to try again
				r.await(10*time.Second, "Prometheus is ready", r.ready)
			}
			r.await(soon, "the set before is proved", func() bool { return r.report(config).Loaded != "" })
			posts := r.metric(config, "reloader_reloads_total")
			r.during(scaled(25*time.Second, 3*time.Second), "it is not tried a third time", func() bool {
				return r.metric(config, "reloader_reloads_total") == posts && r.current(config) == good
			})
			r.awaitReason(config, "Unreachable")
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestC38_RestartBetweenFlipAndPost(t *testing.T) {
	prove(t, fault{
		id: "C38", what: "Prometheus restarts between flip and POST, with a set that it could not start on",
		guard:   "the link stays on the candidate when the connection is refused",
		without: change{edits: []edit{{"transaction/outcome.go", "	return s.flip(o.From, thenProbe)\n", "	return s.unlock()\n"}, {"transaction/next.go", "	case s.first(want), s.rescue(want), s.fallen():", "	case s.first(want), s.rescue(want):"}}},
		run: func(r *rig) {
			r.start()
			r.startReloader(rules, "RELOADER_STOP_AT=before-Post")
			r.await(soon, "it knows what runs", func() bool { return r.report(rules).Loaded != "" })
			r.setRules(map[string]string{"base.yaml": "groups:\n- name: base\n  rules:\n  - record: x\n    expr: \"(((\"\n"})
			r.await(soon, "it stopped before its POST", func() bool { return r.rules.stopped() })
			r.prom.kill()
			r.rules.signal(syscall.SIGCONT)
			r.await(soon, "the link is back", func() bool { return strings.Contains(r.readCurrentRule(), `v: "1"`) })
			r.startPrometheus()
			r.await(10*time.Second, "Prometheus is ready", r.ready)
			r.awaitReason(rules, "PrometheusRefused")
			r.awaitLoaded(rules, r.setRule("2"), soon)
		},
	})
}

func (r *rig) readCurrentRule() string {
	data, err := os.ReadFile(r.path("out", rules, "current", "base.yaml"))
	if err != nil {
		return ""
	}
	return string(data)
}

func TestC39_PartialApply(t *testing.T) {
	prove(t, fault{
		id: "C39", what: "a set of which Prometheus applies one half and refuses the other",
		guard:   "no second POST after the link is back",
		without: change{edits: []edit{{"transaction/outcome.go", "		return s.flip(o.From, thenPost)\n", "		return s.flip(o.From, thenCommit)\n"}}},
		run: func(r *rig) {
			r.start()
			before := r.runningConfig()
			r.must(os.WriteFile(r.path("bad.yaml"), []byte("groups: [{name: x, rules: [{record: y, expr: '((('}]}]\n"), 0o644), "bad rules")
			r.setConfigText(strings.Replace(r.configText([]string{"base", "half"}, ""), "rule_files:\n", "rule_files:\n- "+r.path("bad.yaml")+"\n", 1), 2)
			r.awaitReason(config, "PrometheusRefused")
			r.await(soon, "the last good set is loaded again", func() bool { return r.report(config).Loaded != "" })
			if now := r.runningConfig(); now != before || slices.Contains(r.jobs(), "half") {
				r.failf("half of the refused set still runs: jobs %v", r.jobs())
			}
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestC40_SomebodyElsePosts(t *testing.T) {
	prove(t, fault{
		id: "C40", what: "somebody else reloads Prometheus all the time",
		guard:   "a load by somebody else passes for ours",
		without: change{edits: []edit{{"transaction/driver.go", "		outcome, problem := d.Prometheus.Reload(ctx)\n", "		outcome, problem := Accepted, Problem{}\n"}}},
		run: func(r *rig) {
			r.start()
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					case <-time.After(300 * time.Millisecond):
						if res, err := http.Post(r.base()+"/-/reload", "", nil); err == nil {
							res.Body.Close()
						}
					}
				}
			}()
			defer func() { close(stop); <-done }()
			for n := range 10 {
				job := fmt.Sprintf("job%d", n)
				r.awaitLoaded(config, r.setConfig("base", job), soon)
				if !strings.Contains(r.runningConfig(), job) {
					r.failf("%s is reported as loaded, and Prometheus does not have it", job)
				}
			}
		},
	})
}

func TestC41_Hangs(t *testing.T) {
	prove(t, fault{
		id: "C41", what: "Prometheus hangs in the middle of a reload",
		guard:   "a POST may take for ever",
		without: change{edits: []edit{{"prometheus/client.go", "context.WithTimeout(ctx, c.ReloadTimeout)", "context.WithTimeout(ctx, 1000*c.ReloadTimeout)"}}},
		run: func(r *rig) {
			r.env[""] = []string{"RELOADER_RELOAD_TIMEOUT=" + scaled(2*time.Minute, time.Second).String()}
			const d = 2 * time.Second
			target, p := r.startSlow(d)
			c := r.slowConfig(target, d, "hung")
			r.await(soon, "the POST is under way", func() bool { return p.inFlight.Load() == 1 })
			r.prom.signal(syscall.SIGSTOP)
			r.awaitReasonWithin(config, "ReloadTimeout", scaled(3*time.Minute, 4*time.Second))
			r.await(soon, "the lock is free", r.unlocked)
			r.pause(scaled(5*time.Minute, 2*time.Second))
			loads, posts := r.loads(), p.posts.Load()
			r.prom.signal(syscall.SIGCONT)
			r.awaitLoaded(config, c, d+soon)
			if r.loads()-loads > 2 || p.posts.Load()-posts > 1 {
				r.failf("%d loads and %d POSTs after it went on", r.loads()-loads, p.posts.Load()-posts)
			}
		},
	})
}

func (r *rig) awaitReasonWithin(domain, reason string, within time.Duration) {
	r.await(within, "the "+domain+" reloader says "+reason, func() bool { return r.report(domain).Reason == reason })
}

// unlocked tries the lock that both reloaders share.
func (r *rig) unlocked() bool {
	f, err := os.Open(r.path("out", ".lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
