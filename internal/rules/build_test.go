package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// object is a PrometheusRule in namespace "team-a" unless its name says another one as namespace/name.
func object(name string, groups ...v1.RuleGroup) *v1.PrometheusRule {
	namespace, short, found := strings.Cut(name, "/")
	if !found {
		namespace, short = "team-a", name
	}
	return &v1.PrometheusRule{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: short, UID: types.UID(name), Generation: 1},
		Spec:       v1.PrometheusRuleSpec{Groups: groups},
	}
}

func group(name string, members ...v1.Rule) v1.RuleGroup {
	return v1.RuleGroup{Name: name, Rules: members}
}

func record(name, expr string) v1.Rule {
	return v1.Rule{Record: name, Expr: intstr.FromString(expr)}
}

func alert(name, expr string) v1.Rule {
	return v1.Rule{Alert: name, Expr: intstr.FromString(expr)}
}

// sized is a group whose text has at least the given number of bytes.
func sized(name string, bytes int) v1.RuleGroup {
	g := group(name)
	for n := 0; n*1000 < bytes; n++ {
		a := alert(fmt.Sprintf("Sized%d", n), "up == 0")
		a.Annotations = map[string]string{"text": strings.Repeat("x", 950)}
		g.Rules = append(g.Rules, a)
	}
	return g
}

func prometheus() *v1.Prometheus {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
	p.Spec.RuleSelector = &metav1.LabelSelector{}
	p.Spec.RuleNamespaceSelector = &metav1.LabelSelector{}
	return p
}

// cluster holds what plans have written, as a kube-apiserver would.
type cluster struct {
	prometheus *v1.Prometheus
	shards     int
	limits     rules.Limits
	configMaps map[int]*corev1.ConfigMap
	manifest   *corev1.ConfigMap
	now        time.Time
	revision   int
}

func newCluster(shards int) *cluster {
	return &cluster{
		prometheus: prometheus(), shards: shards, limits: rules.DefaultLimits(shards),
		configMaps: map[int]*corev1.ConfigMap{}, now: time.Unix(1_800_000_000, 0),
	}
}

// world observes the cluster. As a cache does, it gives another copy each time of what has not changed.
func (c *cluster) world() *world.World {
	w := &world.World{Now: c.now, Prometheus: c.prometheus, Options: world.Options{RuleShards: c.shards}}
	for i := range c.shards {
		if cm := c.configMaps[i]; cm != nil {
			seen := *cm
			w.Owned.RuleShards = append(w.Owned.RuleShards, &seen)
		}
	}
	w.Owned.RulesManifest = c.manifest
	return w
}

// write stores one shard, as the operator's write of its ConfigMap does.
func (c *cluster) write(s rules.Shard) {
	c.revision++
	meta := metav1.ObjectMeta{Namespace: "monitoring", Name: world.RuleShardName("main", s.Index), UID: types.UID(fmt.Sprint(s.Index))}
	meta.ResourceVersion = fmt.Sprint(c.revision)
	c.configMaps[s.Index] = &corev1.ConfigMap{ObjectMeta: meta, Data: s.Files}
}

func (c *cluster) writeManifest(t testing.TB, m contract.Manifest) {
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.manifest = manifestObject(data)
}

// apply plans with a planner that remembers nothing, and writes all of it.
func (c *cluster) apply(t testing.TB, objects ...*v1.PrometheusRule) rules.Plan {
	pl := rules.NewPlanner(c.limits).For(c.world(), objects)
	store(t, c, pl)
	return pl
}

// store writes a plan and returns the number of ConfigMaps that were written.
func store(t testing.TB, c *cluster, pl rules.Plan) int {
	written := 0
	for _, s := range pl.Shards {
		if s.Changed {
			c.write(s)
			written++
		}
	}
	c.writeManifest(t, pl.Manifest)
	return written
}

// files are all files of a plan, by name.
func files(pl rules.Plan) map[string]string {
	out := map[string]string{}
	for _, s := range pl.Shards {
		for name, content := range s.Files {
			out[name] = content
		}
	}
	return out
}

func verdict(pl rules.Plan, o *v1.PrometheusRule) world.Verdict {
	return pl.Verdicts[ruleID(o)]
}

func ruleID(o *v1.PrometheusRule) world.Object {
	return world.Object{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: o.Namespace, Name: o.Name}}
}

func manifestObject(data []byte) *corev1.ConfigMap {
	return &corev1.ConfigMap{Data: map[string]string{contract.ManifestKey: string(data)}}
}
