package plan

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// bulky is a monitor whose job takes about 380 KiB compressed, so that two have room in a Secret and three have not.
func bulky(n int, seed uint64) *v1.ServiceMonitor {
	random := rand.New(rand.NewPCG(uint64(n), seed))
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ns", Name: fmt.Sprintf("bulky-%02d", n), UID: types.UID(fmt.Sprint("bulky", n)), Generation: int64(seed) + 1,
	}}
	step := v1.RelabelConfig{TargetLabel: "unlike", Action: "replace"}
	for range 6 {
		text := make([]byte, 64<<10)
		for i := range text {
			text[i] = byte('0' + random.IntN(64))
		}
		value := strings.ReplaceAll(string(text), "\\", "_")
		step.Replacement = &value
		m.Spec.Endpoints = []v1.Endpoint{{Port: "web", RelabelConfigs: append(slices.Clone(relabelings(m)), step)}}
	}
	return m
}

func relabelings(m *v1.ServiceMonitor) []v1.RelabelConfig {
	if len(m.Spec.Endpoints) == 0 {
		return nil
	}
	return m.Spec.Endpoints[0].RelabelConfigs
}

func bulkyWorld(monitors int) *world.World {
	w := someWorld(0)
	for n := range monitors {
		w.ServiceMonitors = append(w.ServiceMonitors, bulky(n, 0))
	}
	return w
}

// prune takes what is surplus out of the world, as the API server would.
func prune(w *world.World, pl Plan) {
	for _, o := range pl.Prune {
		w.Owned.Secrets = slices.DeleteFunc(w.Owned.Secrets, func(s *corev1.Secret) bool { return s.Name == o.GetName() })
	}
}

// volume is what a kubelet shows of some versions of the Secrets: files by name.
func volume(secrets []*corev1.Secret) map[string][]byte {
	files := map[string][]byte{}
	for _, s := range secrets {
		for key, data := range s.Data {
			files[key] = data
		}
	}
	return files
}

// load does what docs/contract.md asks of a reloader: the text of a set that is complete by its manifest.
func load(t *testing.T, files map[string][]byte) (digest, text string, complete bool) {
	t.Helper()
	m, err := contract.DecodeManifest(files[contract.ManifestKey])
	if err != nil {
		return "", "", false
	}
	var joined []byte
	for _, p := range m.Parts {
		if contract.PartDigest(m.Salt, files[p.Key]) != p.Digest {
			return m.Digest, "", false
		}
		joined = append(joined, files[p.Key]...)
	}
	z, err := gzip.NewReader(bytes.NewReader(joined))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return m.Digest, string(plain), contract.ConfigDigest(m.Salt, m.Parts) == m.Digest
}

func TestLargeConfigurationIsPublishedInParts(t *testing.T) {
	w, p := bulkyWorld(5), planner()
	first := p.For(w)
	settle(w, first)
	want := []string{"*v1.Secret/prometheus-main", "*v1.Secret/prometheus-main-config-1", "*v1.Secret/prometheus-main-config-2", "*v1.Secret/prometheus-main-config-manifest"}
	isConfig := func(name string) bool { return name == want[0] || strings.Contains(name, "-config-") }
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(only(names(first.Writes), isConfig)))); diff != "" {
		t.Fatalf("writes (-want +got):\n%s", diff)
	}
	settle(w, p.For(w))
	steps := []struct {
		reason string
		change func()
		writes int // the parts and the manifest
		prune  int
	}{
		{"nothing changed", func() {}, 0, 0},
		{"one changed", func() { w.ServiceMonitors[4] = bulky(4, 1) }, 2, 0},
		{"one is new that its part has no room for", func() { w.ServiceMonitors = append(w.ServiceMonitors, bulky(5, 0)) }, 2, 0},
		{"a small one is new", func() { w.ServiceMonitors = slices.Insert(w.ServiceMonitors, 0, someWorld(1).ServiceMonitors[0]) }, 2, 0},
		{"one Secret is enough again", func() { w.ServiceMonitors = w.ServiceMonitors[:2] }, 2, 3},
	}
	for _, step := range steps {
		step.change()
		w.Now = w.Now.Add(time.Minute)
		for name, planner := range map[string]*Planner{"remembering": p, "after a restart": planner()} {
			pl := planner.For(w)
			if len(pl.Writes) != step.writes || len(pl.Prune) != step.prune {
				t.Errorf("%s, %s: writes %v, prunes %v", step.reason, name, names(pl.Writes), names(pl.Prune))
			}
		}
		pl := p.For(w)
		settle(w, pl)
		prune(w, pl)
	}
}

func only(names []string, keep func(string) bool) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !keep(name) })
}

// A kubelet reads every Secret for itself and may lag in each by any number of writes. Whatever it shows, a set that is complete by
// its manifest is a configuration that was published as a whole.
func TestNoMixtureOfPartsIsComplete(t *testing.T) {
	for seed := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 0))
		w, p := bulkyWorld(3), planner()
		published := map[string]string{}          // text by digest
		versions := map[string][]*corev1.Secret{} // by name, oldest first; nil where it was deleted
		show := func(lag int) map[string][]byte {
			var seen []*corev1.Secret
			for _, history := range versions {
				if s := history[max(0, len(history)-1-random.IntN(lag+1))]; s != nil {
					seen = append(seen, s)
				}
			}
			return volume(seen)
		}
		for step := range 5 {
			changeAtRandom(w, random, step)
			w.Now = w.Now.Add(time.Second)
			pl := p.For(w)
			text, err := pl.Config.Plain()
			if err != nil {
				t.Fatal(err)
			}
			published[pl.Wanted.Config.Digest] = string(text)
			note := func(name string, s *corev1.Secret) {
				versions[name] = append(versions[name], s)
				for range 6 {
					if digest, text, complete := load(t, show(2)); complete && published[digest] != text {
						t.Fatalf("seed %d, step %d: a mixture counts as the set %s", seed, step, digest)
					}
				}
			}
			for _, o := range pl.Writes {
				if s, ok := o.(*corev1.Secret); ok {
					note(s.Name, s)
				}
			}
			settle(w, pl)
			for _, o := range pl.Prune {
				note(o.GetName(), nil)
			}
			prune(w, pl)
			if digest, _, complete := load(t, show(0)); !complete || digest != pl.Wanted.Config.Digest {
				t.Fatalf("seed %d, step %d: what was written last is not complete", seed, step)
			}
		}
	}
}

func changeAtRandom(w *world.World, random *rand.Rand, step int) {
	n := random.IntN(len(w.ServiceMonitors))
	switch random.IntN(3) {
	case 0:
		w.ServiceMonitors[n] = bulky(n, uint64(step)+1)
	case 1:
		w.ServiceMonitors = append(w.ServiceMonitors, bulky(len(w.ServiceMonitors), 0))
	default:
		w.ServiceMonitors = w.ServiceMonitors[:max(1, n)]
	}
}

func TestWhatHasNoRoomLeavesWhatIsPublished(t *testing.T) {
	w, p := bulkyWorld(2), planner()
	w.Options.ConfigParts = 1
	settle(w, p.For(w))
	before := p.For(w).Wanted.Config
	w.ServiceMonitors = append(w.ServiceMonitors, bulky(2, 0))
	pl := p.For(w)
	if got := append(names(pl.Writes), names(pl.Prune)...); len(got) > 0 {
		t.Errorf("it would touch %v", got)
	}
	if diff := cmp.Diff(before, pl.Wanted.Config); diff != "" {
		t.Errorf("what is published stays wanted (-before +after):\n%s", diff)
	}
	if verdict := pl.Verdicts[self(w)]; verdict.Reason != "NoRoom" || !strings.Contains(verdict.Message, "--config-parts") {
		t.Errorf("the Prometheus must say what to do: %+v", verdict)
	}
}

// A job that takes more than half of a part is left out alone, also where it was smaller before.
func TestAJobThatIsTooLargeIsLeftOutAlone(t *testing.T) {
	huge := func(n int, seed uint64) *v1.ServiceMonitor {
		m := bulky(n, seed)
		steps := m.Spec.Endpoints[0].RelabelConfigs
		m.Spec.Endpoints[0].RelabelConfigs = append(slices.Clone(steps), relabelings(bulky(n, seed+100))...)
		return m
	}
	w, p := bulkyWorld(2), planner()
	settle(w, p.For(w))
	before := p.For(w).Config
	grown := huge(1, 1)
	w.ServiceMonitors = []*v1.ServiceMonitor{bulky(0, 1), grown, huge(2, 0)} // the first is edited, too
	pl := p.For(w)
	if pl.Config.Jobs != 2 || len(pl.Config.Stored) == 0 {
		t.Fatalf("there are %d jobs: the one that is edited, and the one that has grown in its last accepted form", pl.Config.Jobs)
	}
	if text, was := jobOf(t, pl.Config, grown.Name), jobOf(t, before, grown.Name); text == "" || text != was {
		t.Errorf("%d bytes of the job that has grown, it had %d", len(text), len(was))
	}
	if jobOf(t, pl.Config, bulky(0, 1).Name) == jobOf(t, before, bulky(0, 1).Name) {
		t.Error("the other edit is held up")
	}
	for _, m := range w.ServiceMonitors {
		verdict := pl.Verdicts[world.Object{Kind: world.ServiceMonitor, NamespacedName: types.NamespacedName{Namespace: m.Namespace, Name: m.Name}}]
		if large := len(relabelings(m)) > 6; large != (verdict.Reason == "TooLarge") || large && !strings.Contains(verdict.Message, "/"+m.Name+"/0 takes") {
			t.Errorf("%s is told %+v", m.Name, verdict)
		}
	}
	if verdict := pl.Verdicts[self(w)]; !verdict.Accepted() {
		t.Errorf("the Prometheus has room: %+v", verdict)
	}
}

// jobOf is the text of the job of a monitor.
func jobOf(t *testing.T, c promconfig.Result, monitor string) string {
	t.Helper()
	text, err := c.Plain()
	if err != nil {
		t.Fatal(err)
	}
	_, job, _ := strings.Cut(string(text), "- job_name: serviceMonitor/ns/"+monitor+"/0\n")
	job, _, _ = strings.Cut(job, "- job_name: ")
	return job
}
