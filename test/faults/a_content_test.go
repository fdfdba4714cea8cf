package faults

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plain writes a configuration without a manifest, as a hand-made Secret.
func (r *rig) plain(data []byte) { r.write(config, map[string][]byte{"prometheus.yaml.gz": data}) }

// refused waits for the reason and sees that nothing was loaded for it and that the fix is loaded at once.
func (r *rig) refused(reason string) {
	before := r.loads()
	l := r.awaitReason(config, reason)
	if l.Loaded == l.Wanted && l.Wanted != "" {
		r.failf("%s, and yet it is loaded: %+v", reason, l)
	}
	r.pause(300 * time.Millisecond)
	if n := r.loads() - before; n > 0 {
		r.failf("%s, and yet Prometheus loaded %d times", reason, n)
	}
	r.whole()
	r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
}

func TestA1_GzipTruncated(t *testing.T) {
	prove(t, fault{
		id: "A1", what: "gzip truncated: in its header, in the middle, in its trailer; one part of several",
		guard:   "damage ends the text instead of refusing it, and part digests are not compared",
		without: change{edits: []edit{dropGzipErrors, dropPartDigests}},
		run: func(r *rig) {
			r.start()
			whole := zipped(r.configText([]string{"base", "cut"}, ""))
			for _, length := range []int{5, len(whole) / 2, len(whole) - 3} {
				r.plain(whole[:length])
				r.refused("BadGzip")
			}
			head, tail, _ := strings.Cut(r.configText([]string{"base"}, ""), "scrape_configs:")
			parts := map[string][]byte{"prometheus.yaml.gz": zipped(head), "prometheus-1.yaml.gz": zipped("scrape_configs:" + tail)}
			m := configManifest(r.next(), 1, parts)
			r.write(config, map[string][]byte{"manifest.json": m.json(), "prometheus.yaml.gz": parts["prometheus.yaml.gz"], "prometheus-1.yaml.gz": parts["prometheus-1.yaml.gz"][:30]})
			if l := r.awaitReason(config, "Incomplete"); !strings.Contains(l.Error, "prometheus-1.yaml.gz") || !strings.Contains(l.Error, "generation") {
				r.failf("the error names neither part nor generation: %s", l.Error)
			}
			r.refused("Incomplete")
		},
	})
}

func TestA2_EmptyFile(t *testing.T) {
	prove(t, fault{
		id: "A2", what: "0-byte prometheus.yaml.gz, or none",
		guard:   "an empty text is not refused",
		without: change{edits: []edit{{"set/config.go", "if !seen.text {", "if false {"}}},
		run: func(r *rig) {
			r.start()
			r.plain(nil)
			r.refused("Empty")
			r.plain(zipped("\n \n"))
			r.refused("Empty")
			r.write(config, map[string][]byte{"other": []byte("x")})
			r.refused("Incomplete")
		},
	})
}

func TestA3_FewerJobsThanTheManifestSays(t *testing.T) {
	prove(t, fault{
		id: "A3", what: "valid gzip of a configuration with no jobs while the manifest says that there are some",
		guard:   "jobs are not counted",
		without: change{edits: []edit{{"set/config.go", "if have == expand.Unknown || have >= want {", "if true {"}}},
		run: func(r *rig) {
			r.start()
			text, _, _ := strings.Cut(r.configText(nil, ""), "scrape_configs:")
			r.setConfigText(text+"scrape_configs: []\n", 1)
			r.refused("TooFew")
			r.setConfigText("{}\n", 1)
			l := r.awaitReason(config, "TooFew")
			r.sampler.stop() // from here on there shall be none
			r.awaitLoaded(config, r.setConfigText(text, 0), soon)
			if len(r.jobs()) != 0 {
				r.failf("a configuration without jobs has %v after %+v", r.jobs(), l)
			}
		},
	})
}

func TestA4_GzipBomb(t *testing.T) {
	prove(t, fault{
		id: "A4", what: "a gzip that inflates to 1000 times its size, alone and in 16 parts",
		guard:   "what comes out of gzip is not bounded",
		without: change{edits: []edit{{"set/config.go", "expand.Limit(io.MultiReader(text...), v.MaxBytes)", "io.MultiReader(text...)"}}},
		run: func(r *rig) {
			const limit = 8 << 20
			r.env[config] = []string{"RELOADER_MAX_BYTES=8388608"}
			r.start()
			bomb := zippedZeros(100 << 20)
			for _, n := range []int{1, 16} {
				parts := map[string][]byte{}
				for i := range n {
					parts[fmt.Sprintf("prometheus-%d.yaml.gz", i)] = bomb
				}
				most := int64(0)
				r.setParts(0, parts)
				r.await(soon, "TooLarge", func() bool {
					most = max(most, diskUse(r.path("out")))
					return r.report(config).Reason == "TooLarge"
				})
				if most > 2*limit {
					r.failf("%d bytes were written for a limit of %d", most, limit)
				}
				r.refused("TooLarge")
			}
			if most := r.config.mostMemory(); most > 32<<20 {
				r.failf("the reloader took %d bytes of memory", most)
			}
		},
	})
}

func zippedZeros(n int64) []byte {
	var b strings.Builder
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write([]byte("# "))
	_, _ = io.CopyN(z, letters{}, n)
	_ = z.Close()
	return []byte(b.String())
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func diskUse(dir string) (n int64) {
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}

func TestA5_NotGzip(t *testing.T) {
	prove(t, fault{
		id: "A5", what: "plain text under the key: taken only if its digest matches",
		guard:   "part digests are not compared",
		without: change{edits: []edit{dropPartDigests}},
		run: func(r *rig) {
			r.start()
			r.awaitLoaded(config, r.setParts(2, map[string][]byte{"prometheus.yaml.gz": []byte(r.configText([]string{"base", "text"}, ""))}), soon)
			m := configManifest(r.next(), 2, map[string][]byte{"prometheus.yaml.gz": []byte("what the manifest is about")})
			r.write(config, map[string][]byte{"manifest.json": m.json(), "prometheus.yaml.gz": []byte(r.configText([]string{"base", "other"}, ""))})
			r.refused("Incomplete")
		},
	})
}

func TestA6_VariableMissing(t *testing.T) {
	prove(t, fault{
		id: "A6", what: "$(POD_NAMEX) in external labels",
		guard:   "unknown variables are left as they are",
		without: change{edits: []edit{{"set/config.go", "vars.Strict = v.last.obs.HasManifest", "vars.Strict = false"}}},
		run: func(r *rig) {
			r.start()
			r.setConfigText(strings.Replace(r.configText([]string{"base"}, ""), "$(POD_NAME)", "$(POD_NAMEX)", 1), 1)
			r.refused("EnvMissing")
			if text := r.runningConfig(); strings.Contains(text, "$(") || !strings.Contains(text, "pod: pod-0") {
				r.failf("the loaded configuration has unexpanded text:\n%s", text)
			}
		},
	})
}

func TestA7_HostileValue(t *testing.T) {
	prove(t, fault{
		id: "A7", what: "a variable's value with quotes, newlines and another variable",
		guard:   "values are inserted whatever is in them",
		without: change{edits: []edit{{"expand/expand.go", "if ok && !isSafe(value) {", "if false {"}}},
		run: func(r *rig) {
			r.env[config] = []string{"RELOADER_EXPAND=POD_NAME,SHARD,EVIL", "EVIL=x\"\n    injected: \"$(POD_NAME)"}
			r.start()
			r.setConfigText(strings.Replace(r.configText([]string{"base"}, ""), "$(POD_NAME)", `"$(EVIL)"`, 1), 1)
			r.refused("EnvUnsafe")
			if text := r.runningConfig(); strings.Contains(text, "injected") {
				r.failf("the value broke out of its place:\n%s", text)
			}
		},
	})
}

func TestA8_ValidButWrong(t *testing.T) {
	prove(t, fault{
		id: "A8", what: "a job name twice, a timeout above its interval",
		guard:   "the link stays on what Prometheus refused",
		without: change{edits: []edit{dropFlipBack}},
		run: func(r *rig) {
			r.start()
			before := r.runningConfig()
			for _, text := range []string{
				r.configText([]string{"base", "twice", "twice"}, ""),
				strings.Replace(r.configText([]string{"base"}, ""), "scrape_timeout: 1s", "scrape_timeout: 9s", 1),
			} {
				r.setConfigText(text, 1)
				r.awaitReason(config, "PrometheusRefused")
				if now := r.runningConfig(); now != before {
					r.failf("the running configuration changed:\n%s", now)
				}
			}
			r.startPrometheus() // a restart has to come up on the last good one
			r.await(10*time.Second, "Prometheus starts again", r.ready)
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestA10_SetForAnotherVersion(t *testing.T) {
	prove(t, fault{
		id: "A10", what: "a set made for a newer Prometheus reaches a pod of the old version",
		guard:   "the manifest's version is not compared",
		without: change{edits: []edit{{"transaction/judge.go", "	sameVersion,\n", ""}}},
		run: func(r *rig) {
			r.env[rules] = []string{"PROMETHEUS_VERSION=v3.16.0"}
			r.start()
			files := map[string]string{"base.yaml": ruleFile("2", "base")}
			m := rulesManifest(r.next(), 1, files)
			m.PrometheusVersion = "v3.17.0"
			before := r.loads()
			r.write(rules, map[string][]byte{"manifest.json": m.json(), "base.yaml": []byte(files["base.yaml"])})
			if l := r.awaitReason(rules, "OtherVersion"); l.Refused != "" {
				r.failf("it is refused instead of held: %+v", l)
			}
			r.during(500*time.Millisecond, "nothing is loaded", func() bool { return r.loads() == before })
			m.PrometheusVersion = "v3.16.0"
			r.write(rules, map[string][]byte{"manifest.json": m.json(), "base.yaml": []byte(files["base.yaml"])})
			r.awaitLoaded(rules, m.Digest, soon)
		},
	})
}

func TestA11_DuplicateGroupNames(t *testing.T) {
	prove(t, fault{
		id: "A11", what: "the same group name in two rule objects",
		guard:   "rule objects do not keep a file each",
		without: change{edits: []edit{{"set/rules.go", "target := filepath.Join(dir, name)", `target := filepath.Join(dir, "all.yaml")`}}},
		run: func(r *rig) {
			r.start()
			r.awaitLoaded(rules, r.setRules(map[string]string{"base.yaml": ruleFile("2", "base"), "other.yaml": ruleFile("3", "base")}), soon)
			if got := r.versions(); got["base.yaml"] != "2" || got["other.yaml"] != "3" {
				r.failf("both groups shall be there with their files: %v", got)
			}
		},
	})
}

func TestA12_RuleMovesWhileFiring(t *testing.T) {
	prove(t, fault{
		id: "A12", what: "rules move and change around an alert that fires",
		guard:   "a rule's path contains its generation",
		without: change{edits: []edit{{"set/rules.go", "target := filepath.Join(dir, name)", `target := filepath.Join(dir, filepath.Base(dir)[5:]+name)`}}},
		run: func(r *rig) {
			firing := "groups:\n- name: firing\n  rules:\n  - alert: Fires\n    expr: vector(1)\n"
			r.start()
			r.awaitLoaded(rules, r.setRules(map[string]string{"base.yaml": ruleFile("2", "base"), "firing.yaml": firing}), soon)
			since := r.activeAt("Fires")
			r.awaitLoaded(rules, r.setRules(map[string]string{"base.yaml": ruleFile("3", "base"), "firing.yaml": firing, "x.yaml": ruleFile("1", "x")}), soon)
			r.pause(1500 * time.Millisecond)
			if now := r.activeAt("Fires"); !now.Equal(since) {
				r.failf("the alert is active since %v instead of %v", now, since)
			}
		},
	})
}

// activeAt waits for the alert and says since when it is active.
func (r *rig) activeAt(alert string) (at time.Time) {
	r.await(soon, alert+" is active", func() bool {
		groups, _ := r.ruleGroups()
		for _, g := range groups {
			for _, rule := range g.Rules {
				if rule.Name == alert && len(rule.Alerts) > 0 {
					at = rule.Alerts[0].ActiveAt
					return true
				}
			}
		}
		return false
	})
	return at
}

var (
	dropGzipErrors  = edit{"expand/expand.go", `err = refuse(contract.BadGzip, "%s: %w", g.name, err)`, "err = io.EOF"}
	dropPartDigests = edit{"set/config.go", "case digest != p.Digest:", `case digest == "":`}
	dropFlipBack    = edit{"transaction/outcome.go", "		return s.flip(o.From, thenPost)\n", "		return s.unlock()\n"}
)
