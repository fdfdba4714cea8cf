package webhooks

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// During a migration two operators share a cluster: what is the other one's must not be refused, or warned of, by this one.
func TestAnotherOperatorsBusinessIsNotJudged(t *testing.T) {
	t.Parallel()
	const (
		ruleReviews       = upstreamValidatePath
		prometheusReviews = "/validate-monitoring-coreos-com-v1-prometheus"
	)
	enforcing := func(s *v1.PrometheusSpec) { s.EnforcedNamespaceLabel = "namespace" }
	misversioned := func(s *v1.PrometheusSpec) { s.Version = "latest" }
	migrating, one := world.Scope{ControllerID: "promloop"}, world.Scope{Namespaces: []string{"monitoring"}}
	for name, tc := range map[string]struct {
		reason  string
		scope   world.Scope
		path    string
		cluster []client.Object
		object  client.Object
		refused []string
		warned  []string
	}{
		"RuleOfAnother":        {"what only another's Prometheus refuses passes, without a word", migrating, ruleReviews, []client.Object{selectAll("theirs", enforcing)}, ruleObject("info(up)"), nil, nil},
		"RuleOfAnotherIsFull":  {"room in another's ConfigMaps is not counted", migrating, ruleReviews, []client.Object{selectAll("full", nil)}, padded(10_000), nil, nil},
		"RuleOfBoth":           {"one Prometheus of this operator is enough to be judged", migrating, ruleReviews, []client.Object{selectAll("theirs", nil), handedOver(selectAll("ours", enforcing))}, ruleObject("info(up)"), []string{"for Prometheus monitoring/ours"}, nil},
		"RuleThatNobodyTakes":  {"what is wrong for every Prometheus is refused, whoever has it", migrating, ruleReviews, []client.Object{selectAll("theirs", nil)}, ruleObject("up =="), []string{"parse error"}, nil},
		"NamespaceNotSeen":     {"an object of another namespace is taken by none of ours", one, ruleReviews, []client.Object{selectAll("ours", enforcing)}, ruleObject("info(up)"), nil, nil},
		"PrometheusOfAnother":  {"another operator may know what this one does not", migrating, prometheusReviews, nil, selectAll("theirs", misversioned), nil, nil},
		"PrometheusOfOurs":     {"our own is judged", migrating, prometheusReviews, nil, handedOver(selectAll("ours", misversioned)), []string{"spec.version"}, []string{"selects no PrometheusRule"}},
		"RulesOutOfOurBounds":  {"objects that are not seen are selected by nobody", one, prometheusReviews, []client.Object{ruleObject("up")}, selectAll("ours", nil), nil, []string{"selects no PrometheusRule"}},
		"RulesWithinOurBounds": {"those that are seen are", world.Scope{}, prometheusReviews, []client.Object{ruleObject("up")}, selectAll("ours", nil), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := fake.NewClientBuilder().WithScheme(testScheme(t)).WithObjects(tc.cluster...).Build()
			o := testOptions()
			o.Scope, o.References = tc.scope, c
			capacity := rules.NewCapacity(o.Limits, o.World.RuleShards)
			for i := range o.World.RuleShards {
				full := map[string]string{"other_x.yaml": strings.Repeat("#", o.Limits.ShardBytes-1000)}
				capacity.Observe(nameOf(selectAll("full", nil)), world.RuleShardName("full", i), full)
			}
			kind := "PrometheusRule"
			if tc.path == prometheusReviews {
				kind = "Prometheus"
			}
			check(t, handlers(c, capacity, o)[tc.path].Handle(t.Context(), request(t, kind, nil, tc.object)), tc.refused, tc.warned)
			if t.Failed() {
				t.Log(tc.reason)
			}
		})
	}
}

// Of namespaces that are not watched nobody knows what exists there.
func TestReferencesOutOfOurBoundsAreNotLookedFor(t *testing.T) {
	t.Parallel()
	key := corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "later"}, Key: "key"}
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "web"}}
	m.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
	m.Spec.Endpoints[0].BasicAuth = &v1.BasicAuth{Username: key, Password: key}
	for namespace, warned := range map[string]bool{"elsewhere": false, "team-a": true} {
		c := fake.NewClientBuilder().WithScheme(testScheme(t)).Build()
		o := testOptions()
		o.Scope, o.References = world.Scope{Namespaces: []string{namespace}}, c
		review := handlers(c, rules.NewCapacity(o.Limits, o.World.RuleShards), o)["/validate-monitoring-coreos-com-v1-servicemonitor"]
		resp := review.Handle(t.Context(), request(t, "ServiceMonitor", nil, m))
		if told := strings.Contains(strings.Join(resp.Warnings, "\n"), "Secret team-a/later does not exist"); !resp.Allowed || told != warned {
			t.Errorf("--namespaces=%s: allowed is %t, with the warnings %v", namespace, resp.Allowed, resp.Warnings)
		}
	}
}

// handedOver annotates a Prometheus as one that is promloop's, as docs/migrating.md does.
func handedOver(p *v1.Prometheus) *v1.Prometheus {
	p.Annotations = map[string]string{world.ControllerIDAnnotation: "promloop"}
	return p
}
