package faults

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"
)

const sampleEvery = 50 * time.Millisecond

// sampler asks Prometheus over and over which rule groups and which jobs it has, and counts those that went missing. While
// Prometheus is not ready there is nothing to ask.
type sampler struct {
	r     *rig
	mu    sync.Mutex
	rules map[string]int
	jobs  map[string]int
	first string // what was missed first, and when
	// whole says that everything was there since Prometheus last started: before that it is still finding its targets.
	whole bool

	keepRules, keepJobs []string
	quit                chan struct{}
	done                sync.WaitGroup
}

// start looks from now on that these rule groups and jobs stay.
func (s *sampler) start(groups, jobs []string) {
	s.keepRules, s.keepJobs = groups, jobs
	s.quit = make(chan struct{})
	began := time.Now()
	s.done.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-s.quit:
				return
			case <-tick.C:
				s.look(time.Since(began))
			}
		}
	})
}

func (s *sampler) look(at time.Duration) {
	groups, errGroups := s.r.askGroups()
	jobs, errJobs := s.r.askJobs()
	s.mu.Lock()
	defer s.mu.Unlock()
	if errGroups != nil || errJobs != nil {
		s.whole = false
		return
	}
	s.whole = s.whole || len(missing(s.keepRules, groups)) == 0 && len(missing(s.keepJobs, jobs)) == 0
	if s.whole {
		s.note(s.rules, "rule group", missing(s.keepRules, groups), at)
		s.note(s.jobs, "job", missing(s.keepJobs, jobs), at)
	}
}

func missing(keep, have []string) (gone []string) {
	for _, name := range keep {
		if !slices.Contains(have, name) {
			gone = append(gone, name)
		}
	}
	return gone
}

func (s *sampler) note(missed map[string]int, kind string, gone []string, at time.Duration) {
	for _, name := range gone {
		missed[name]++
		if s.first == "" {
			s.first = fmt.Sprintf("%s %s after %v", kind, name, at.Round(time.Millisecond))
		}
	}
}

func (s *sampler) stop() {
	if s.quit == nil {
		return
	}
	close(s.quit)
	s.done.Wait()
	s.quit = nil
}

func (s *sampler) lostRules() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.rules) }
func (s *sampler) lostJobs() int  { s.mu.Lock(); defer s.mu.Unlock(); return len(s.jobs) }

type ruleGroup struct {
	Name, File string
	Rules      []struct {
		Name   string
		Labels map[string]string
		Alerts []struct {
			State    string
			ActiveAt time.Time
		}
	}
}

func (r *rig) ruleGroups() ([]ruleGroup, error) {
	var answer struct{ Data struct{ Groups []ruleGroup } }
	err := r.get("/api/v1/rules", &answer)
	return answer.Data.Groups, err
}

func (r *rig) askGroups() ([]string, error) {
	groups, err := r.ruleGroups()
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
	}
	return names, err
}

func (r *rig) askJobs() ([]string, error) {
	var answer struct {
		Data struct {
			ActiveTargets []struct{ ScrapePool string }
		}
	}
	err := r.get("/api/v1/targets?state=active", &answer)
	var names []string
	for _, t := range answer.Data.ActiveTargets {
		names = append(names, t.ScrapePool)
	}
	sort.Strings(names)
	return slices.Compact(names), err
}

func (r *rig) groups() []string { names, _ := r.askGroups(); return names }
func (r *rig) jobs() []string   { names, _ := r.askJobs(); return names }

// versions are the values of the label v of all rules, by file.
func (r *rig) versions() map[string]string {
	groups, _ := r.ruleGroups()
	out := map[string]string{}
	for _, g := range groups {
		for _, rule := range g.Rules {
			out[filepath.Base(g.File)] = rule.Labels["v"]
		}
	}
	return out
}

// runningConfig is the configuration as Prometheus prints it.
func (r *rig) runningConfig() string {
	var answer struct{ Data struct{ YAML string } }
	_ = r.get("/api/v1/status/config", &answer)
	return answer.Data.YAML
}
