package reloader_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// newPod is what an init container finds.
type newPod struct {
	t   *testing.T
	dir string
}

func (p newPod) path(elem ...string) string {
	return filepath.Join(append([]string{p.dir}, elem...)...)
}

func (p newPod) put(dir, name string, data []byte) {
	p.t.Helper()
	if err := os.MkdirAll(p.path(dir), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(dir, name), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// config puts a configuration of one job somewhere and returns its digest. Change may spoil its manifest.
func (p newPod) config(dir, manifest, job string, change func(*contract.Manifest)) string {
	text := "scrape_configs:\n- job_name: " + job + "\n"
	m := contract.Manifest{Version: 1, Domain: contract.Config, Generation: 7, Salt: []byte("salt"), Count: 1, Release: "staged", PrometheusVersion: "v3.16.0"}
	digest, err := contract.PartDigest(m.Salt, strings.NewReader(text))
	m.Parts = []contract.Part{{Key: "prometheus.yaml.gz", Digest: digest}}
	m.Digest = contract.ConfigDigest(m.Salt, m.Parts)
	p.finish(dir, manifest, m, err, change)
	p.put(dir, "prometheus.yaml.gz", []byte(text))
	return m.Digest
}

// rules does the same for one rule group.
func (p newPod) rules(dir, manifest, group string, change func(*contract.Manifest)) string {
	text := "groups:\n- name: " + group + "\n"
	m := contract.Manifest{Version: 1, Domain: contract.Rules, Generation: 7, Count: 1, Release: "all"}
	var err error
	m.Buckets, err = contract.BucketDigests(nil, []contract.File{{Name: "a.yaml", Size: int64(len(text)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}})
	m.Digest = contract.RulesDigest(nil, m.Buckets)
	p.finish(dir, manifest, m, err, change)
	p.put(dir, "a.yaml", []byte(text))
	return m.Digest
}

func (p newPod) finish(dir, name string, m contract.Manifest, err error, change func(*contract.Manifest)) {
	p.t.Helper()
	if change != nil {
		change(&m)
	}
	data, bad := json.Marshal(m)
	if err != nil || bad != nil {
		p.t.Fatal(err, bad)
	}
	p.put(dir, name, data)
}

// live puts a configuration and rules into their volumes.
func (p newPod) live(name string) {
	p.config("config", contract.ManifestFile, name, nil)
	p.rules("rules", contract.ManifestFile, name, nil)
}

// fallback keeps a configuration and rules as last known good.
func (p newPod) fallback(name string) {
	p.config("lkg", configFallback, name, nil)
	p.rules("lkg", rulesFallback, name, nil)
}

func (p newPod) refuse(dir, digest string) {
	p.put(dir, contract.ReleaseFile, []byte(`{"refused":["`+digest+`"]}`))
}

// init runs the init container; where it waits for something it is ended soon, and the error says for what.
func (p newPod) init() error {
	args := []string{"--once", "--config-file=" + p.path("config", "prometheus.yaml.gz"), "--config-envsubst-file=" + p.path("out", "prometheus.env.yaml")}
	o, err := reloader.Parse(contract.Config, args, env("PROMETHEUS_VERSION=v3.16.0", "RELOADER_MANIFEST=required", "RELOADER_RULES_DIR="+p.path("rules"),
		"RELOADER_FALLBACK_DIR="+p.path("lkg"), "RELOADER_RELEASE_FILE="+p.path("config", "release.json"), "RELOADER_WATCH_INTERVAL=50ms"), io.Discard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 200*time.Millisecond)
	defer cancel()
	return reloader.Run(ctx, o, slog.New(slog.DiscardHandler))
}

// staged is the job and the group that Prometheus would start on, and the domain of which the journal says that it is unproved.
type staged struct{ Job, Group, Journal, Waits string }

func (p newPod) staged(err error) (s staged) {
	if text, err := os.ReadFile(p.path("out", "prometheus.env.yaml")); err == nil {
		s.Job = strings.TrimSpace(string(text[strings.LastIndex(string(text), ":")+1:]))
	}
	if text, err := os.ReadFile(p.path("out", "rules", "current", "a.yaml")); err == nil {
		s.Group = strings.TrimSpace(string(text[strings.LastIndex(string(text), ":")+1:]))
	}
	var journal transaction.Entry
	if text, err := os.ReadFile(p.path("out", ".journal.json")); err == nil && json.Unmarshal(text, &journal) == nil && journal.Fresh {
		s.Journal = string(journal.Domain)
	}
	if err != nil {
		s.Waits, _, _ = strings.Cut(err.Error(), ":")
	}
	return s
}

const (
	configFallback = "config-manifest.json"
	rulesFallback  = "rules-manifest.json"
)

func TestWhatANewPodStartsOn(t *testing.T) {
	otherVersion := func(m *contract.Manifest) { m.PrometheusVersion = "v3.17.0" }
	tooFew := func(m *contract.Manifest) { m.Count = 2 }
	halfThere := func(m *contract.Manifest) { m.Parts = append(m.Parts, m.Parts[0]) }
	cases := map[string]struct {
		reason string
		lkg    bool // a fallback for both domains is kept
		spoil  func(p newPod)
		want   staged
	}{
		"NoFallback":     {"the first pod of all", false, nil, staged{Job: "live", Group: "live"}},
		"Unproved":       {"rules are in the first load, with a way back; there is one journal", true, nil, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"ConfigUnproved": {"the journal is free", true, func(p newPod) { p.rules("rules", contract.ManifestFile, "proved", nil) }, staged{Job: "live", Group: "proved", Journal: "config"}},
		"HalfThere":      {"what works is better than half", true, func(p newPod) { p.config("config", contract.ManifestFile, "live", halfThere) }, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"VolumeEmpty":    {"nothing arrived yet", true, func(p newPod) { _ = os.RemoveAll(p.path("config")) }, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"RefusedThere":   {"a new pod has no annotation yet", true, func(p newPod) { p.refuse("lkg", p.rules("rules", contract.ManifestFile, "live", nil)) }, staged{Job: "live", Group: "proved", Journal: "config"}},
		"RefusedHere":    {"the annotation came in time", true, func(p newPod) { p.refuse("config", p.config("config", contract.ManifestFile, "live", nil)) }, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"OtherVersion":   {"an upgrade does not fight its own rollout", true, func(p newPod) { p.config("config", contract.ManifestFile, "live", otherVersion) }, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"ContentRefused": {"init validates", true, func(p newPod) { p.config("config", contract.ManifestFile, "live", tooFew) }, staged{Job: "proved", Group: "live", Journal: "rules"}},
		"FallbackTooOld": {"the version rule is for both", true, func(p newPod) { p.config("lkg", configFallback, "proved", otherVersion) }, staged{Job: "live", Group: "live", Journal: "rules"}},
		"NeitherIsForUs": {"better wait than load what is for another version", true, func(p newPod) {
			p.config("lkg", configFallback, "proved", otherVersion)
			p.config("config", contract.ManifestFile, "live", otherVersion)
		}, staged{Group: "live", Journal: "rules", Waits: "OtherVersion"}},
		"NothingRefused":  {"there is nothing else", false, func(p newPod) { p.refuse("lkg", p.config("config", contract.ManifestFile, "live", nil)) }, staged{Group: "live", Waits: "RefusedElsewhere"}},
		"NothingComplete": {"a first load without rules would lose the state of alerts", false, func(p newPod) { _ = os.RemoveAll(p.path("rules")) }, staged{Waits: "Incomplete"}},
		"LiveIsTheProved": {"the usual case", true, func(p newPod) { p.live("proved") }, staged{Job: "proved", Group: "proved"}},
		"FallbackRefused": {"a refused set is never loaded, wherever it lies", true, func(p newPod) {
			p.refuse("lkg", p.config("lkg", configFallback, "proved", nil))
			_ = os.RemoveAll(p.path("config"))
		}, staged{Group: "live", Journal: "rules", Waits: "Incomplete"}},
		"FallbackSpoiled":  {"half a fallback is none", true, func(p newPod) { p.put("lkg", "a.yaml", []byte("groups: []\n")) }, staged{Job: "live", Group: "live", Journal: "config"}},
		"OnlyTheRulesKept": {"each domain stands alone", true, func(p newPod) { _ = os.Remove(p.path("lkg", configFallback)) }, staged{Job: "live", Group: "live", Journal: "rules"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPod{t, t.TempDir()}
			p.live("live")
			if tc.lkg {
				p.fallback("proved")
			}
			if tc.spoil != nil {
				tc.spoil(p)
			}
			if diff := cmp.Diff(tc.want, p.staged(p.init())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestASecondRunKeepsWhatRan runs init twice in one pod: a newer set is for the reloaders, in a transaction.
func TestASecondRunKeepsWhatRan(t *testing.T) {
	p := newPod{t, t.TempDir()}
	p.live("proved")
	p.fallback("proved")
	first := p.staged(p.init())
	p.live("newer")
	if second := p.staged(p.init()); first != second || second.Job != "proved" {
		t.Errorf("first %+v, then %+v; what was committed in this pod has to stay", first, second)
	}
}

func TestASecondRunTakesTheNewerOfWhatNeverRan(t *testing.T) {
	p := newPod{t, t.TempDir()}
	p.live("live")
	first := p.staged(p.init())
	p.live("newer")
	if second := p.staged(p.init()); first.Job != "live" || second.Job != "newer" || second.Group != "newer" {
		t.Errorf("first %+v, then %+v; no Prometheus ever ran the first, so nothing is lost", first, second)
	}
}

// TestAFallbackCountsAsProved runs init once more in the same pod: what another replica proved stays for the reloaders to go back to.
func TestAFallbackCountsAsProved(t *testing.T) {
	cases := map[string]struct {
		reason string
		spoil  func(newPod)
	}{
		"InPlaceOfLive":  {"nothing else was there", func(p newPod) { _ = os.RemoveAll(p.path("config")); _ = os.RemoveAll(p.path("rules")) }},
		"AsTheWayBack":   {"the live rules have a journal", func(newPod) {}},
		"ConfigsWayBack": {"the live configuration has it", func(p newPod) { p.rules("rules", contract.ManifestFile, "proved", nil) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPod{t, t.TempDir()}
			p.live("live")
			p.fallback("proved")
			tc.spoil(p)
			if err := p.init(); err != nil {
				t.Fatal(err)
			}
			p.live("newer")
			if got := p.staged(p.init()); got != (staged{Job: "proved", Group: "proved"}) {
				t.Errorf("%s: %+v; want what was proved, and no journal", tc.reason, got)
			}
		})
	}
}
