package promconfig

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// crowd is a cluster in which a namespace may have no more than most bytes of jobs.
type crowd struct {
	most     int
	renderer *Renderer
	world    *world.World
	objects  map[string]*v1.ServiceMonitor // by namespace/name
}

func newCrowd(most int) *crowd {
	c := &crowd{most: most, renderer: NewRenderer(), objects: map[string]*v1.ServiceMonitor{}}
	c.renderer.room.namespace = most
	c.world = &world.World{Prometheus: &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "main"}}}
	return c
}

// set gives a monitor this many endpoints.
func (c *crowd) set(namespace, name string, endpoints int) {
	id, generation := namespace+"/"+name, int64(1)
	if before := c.objects[id]; before != nil {
		generation = before.Generation + 1
	}
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: generation}}
	m.Spec.Endpoints = make([]v1.Endpoint, endpoints)
	c.objects[id] = m
}

// publish renders, and puts the configuration into the cluster. It returns the length of the jobs by object.
func (c *crowd) publish(t rapid.TB) (map[string]int, Result) {
	t.Helper()
	result := c.renderer.Render(c.world, selection.Result{ServiceMonitors: slices.Collect(maps.Values(c.objects))})
	text, err := result.Plain()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, job := range readPublished(text).jobs {
		out[strings.Join(strings.Split(job.name, "/")[1:3], "/")] += len(job.text)
	}
	c.world.Owned.ConfigSecret = &corev1.Secret{Data: map[string][]byte{world.ConfigPartKey(0): result.Stored}}
	c.world.Owned.ConfigSecret.Annotations = map[string]string{SettingsAnnotation: result.Settings}
	return out, result
}

// Whatever a namespace does, it never has more than its share, what it had stays, and another namespace notices nothing.
func TestNoNamespaceHasMoreThanItsShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd(20_000)
		c.set("good", "good", 1)
		before, _ := c.publish(t)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			name := rapid.StringMatching("[a-d]").Draw(t, "name")
			if c.objects["full/"+name] != nil && rapid.Bool().Draw(t, "delete") {
				delete(c.objects, "full/"+name)
			} else {
				c.set("full", name, rapid.IntRange(0, 8).Draw(t, "endpoints"))
			}
			have, result := c.publish(t)
			sum := 0
			for id, length := range have {
				if strings.HasPrefix(id, "full/") {
					sum += length
				}
			}
			if sum > c.most {
				t.Fatalf("the namespace has %d bytes, it may have %d", sum, c.most)
			}
			for id, length := range before {
				if id != "full/"+name && have[id] < length {
					t.Fatalf("%s has %d bytes, it had %d, and full/%s was changed", id, have[id], length, name)
				}
			}
			for id, verdict := range result.Verdicts {
				if id.Namespace != "full" {
					t.Fatalf("%v is refused: %v", id, verdict)
				}
			}
			if again, _ := c.publish(t); !maps.Equal(again, have) {
				t.Fatalf("what is published changes by itself: %v, then %v", have, again)
			}
			before = have
		}
	})
}

func TestAFullNamespace(t *testing.T) {
	t.Parallel()
	c := newCrowd(1)
	c.set("full", "m", 1)
	c.renderer.room.namespace = 1 << 20
	one, _ := c.publish(t)
	c.renderer.room.namespace = 3*one["full/m"] + 100

	for step, tc := range []struct {
		reason string
		do     func()
		want   map[string]int // endpoints that run
		held   string
	}{
		{"there is room for three", func() { c.set("full", "n", 2) }, map[string]int{"m": 1, "n": 2}, ""},
		{"an earlier name takes nobody's place", func() { c.set("full", "a", 1) }, map[string]int{"m": 1, "n": 2}, "a"},
		{"what grows stays as it was", func() { c.set("full", "m", 2) }, map[string]int{"m": 1, "n": 2}, "m"},
		{"room that is given up goes to who waits", func() { c.set("full", "m", 1); c.set("full", "n", 1) }, map[string]int{"a": 1, "m": 1, "n": 1}, ""},
	} {
		tc.do()
		have, result := c.publish(t)
		got := map[string]int{}
		for id, length := range have {
			got[strings.TrimPrefix(id, "full/")] = (length + 20) / one["full/m"]
		}
		if !maps.Equal(got, tc.want) {
			t.Errorf("step %d, %s: endpoints by object are %v, want %v", step, tc.reason, got, tc.want)
		}
		verdict := result.Verdicts[world.Object{Kind: world.ServiceMonitor, NamespacedName: types.NamespacedName{Namespace: "full", Name: tc.held}}]
		if tc.held == "" && len(result.Verdicts) > 0 {
			t.Errorf("step %d, %s: %v", step, tc.reason, result.Verdicts)
		}
		if tc.held != "" && (verdict.Reason != QuotaExceeded || !strings.Contains(verdict.Message, fmt.Sprint(c.renderer.room.namespace))) {
			t.Errorf("step %d, %s: the verdict is %v", step, tc.reason, verdict)
		}
	}
}
