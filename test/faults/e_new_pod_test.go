package faults

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// proved keeps a configuration with the job "base" and its rules as the operator does once a replica has proved them.
func (r *rig) proved(refused ...string) {
	parts := map[string][]byte{"prometheus.yaml.gz": zipped(r.configText([]string{"base"}, ""))}
	files := map[string]string{"base.yaml": ruleFile("1", "base")}
	kept := map[string][]byte{
		"config-manifest.json": configManifest(r.next(), 1, parts).json(), "prometheus.yaml.gz": parts["prometheus.yaml.gz"],
		"rules-manifest.json": rulesManifest(r.next(), 1, files).json(), "base.yaml": []byte(files["base.yaml"]),
		"release.json": []byte(`{"refused":["` + strings.Join(refused, `","`) + `"]}`),
	}
	r.write(fallback, kept)
}

// newPod takes the place of the pod that ran: nothing is left of it but what is in its volumes. Containers start in order.
func (r *rig) newPod() {
	r.sampler.stop()
	for _, p := range []*process{r.config, r.rules, r.prom} {
		p.kill()
	}
	r.must(os.RemoveAll(r.path("out")), "a new pod")
	r.must(os.Mkdir(r.path("out"), 0o755), "a new pod")
	r.init(true)
	r.startPrometheus()
	r.startReloaders()
}

// serves waits until the last good rules and jobs are back and looks from then on that they stay.
func (r *rig) serves() {
	r.await(15*time.Second, "the last good set is served", func() bool {
		return slices.Contains(r.jobs(), "base") && slices.Contains(r.groups(), "base")
	})
	r.sampler.start([]string{"base"}, []string{"base"})
}

func TestE52_NewPodWithABadSecret(t *testing.T) {
	prove(t, fault{
		id: "E52", what: "a pod is created anew while its Secret was edited by hand",
		guard:   "there is no last known good set",
		without: change{env: []string{"RELOADER_FALLBACK_DIR="}},
		run: func(r *rig) {
			r.start()
			r.proved()
			parts := map[string][]byte{"prometheus.yaml.gz": zipped(r.configText([]string{"base", "live"}, ""))}
			m := configManifest(r.next(), 2, parts)
			r.write(config, map[string][]byte{"manifest.json": m.json(), "prometheus.yaml.gz": zipped("by hand")})
			r.newPod()
			r.serves()
			r.awaitReason(config, "Incomplete")
			r.write(config, map[string][]byte{"manifest.json": m.json(), "prometheus.yaml.gz": parts["prometheus.yaml.gz"]})
			r.awaitLoaded(config, m.Digest, soon)
		},
	})
}

func TestE52_NewPodOnASetThatCannotStart(t *testing.T) {
	prove(t, fault{
		id: "E52", what: "a pod is created anew on a set that nobody has tried and on which Prometheus ends",
		guard:   "init leaves no way back",
		without: change{edits: []edit{{"reloader/once.go", "s.store.Journal(entry))", "ignore(entry))"}, {"reloader/once.go", "// failed says", "func ignore(transaction.Entry) error { return nil }\n\n// failed says"}}},
		shorter: []edit{{"transaction/next.go", "rescueTime = time.Minute", "rescueTime = 2 * time.Second"}},
		run: func(r *rig) {
			r.start()
			r.proved()
			r.setConfigText(r.configText([]string{"base", "twice", "twice"}, ""), 3)
			r.newPod()
			r.await(scaled(90*time.Second, 15*time.Second), "Prometheus starts", func() bool {
				if !r.prom.alive() {
					r.startPrometheus() // as the kubelet does
				}
				return r.ready()
			})
			r.serves()
			r.awaitReason(config, "PrometheusRefused")
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}

func TestE53_NewReplicaOnARefusedSet(t *testing.T) {
	prove(t, fault{
		id: "E53", what: "a replica is added while the live set is one that another refused",
		guard:   "refused sets are not looked up before the first start",
		without: change{edits: []edit{{"reloader/once.go", "slices.Contains(s.refused(), o.Digest)", "slices.Contains([]string(nil), o.Digest)"}}},
		run: func(r *rig) {
			r.start()
			bad := r.setConfigText(r.configText([]string{"base", "twice", "twice"}, ""), 3)
			r.awaitReason(config, "PrometheusRefused")
			r.proved(bad)
			r.newPod()
			r.await(10*time.Second, "Prometheus starts at once", func() bool { return r.prom.alive() && r.ready() })
			r.serves()
			if l := r.report(config); l.Loaded == bad {
				r.failf("it runs what was refused")
			}
			r.awaitLoaded(config, r.setConfig("base", "fixed"), soon)
		},
	})
}
