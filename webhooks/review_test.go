package webhooks

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

func testScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return scheme
}

func testOptions() Options {
	o := DefaultOptions(world.Options{RuleShards: 2, ConfigParts: 1, AssetShards: 1})
	o.ReadTimeout = time.Second
	return o
}

// reviewer answers reviews from a cluster that has the given objects.
func reviewer(t testing.TB, objects ...client.Object) map[string]admission.Handler {
	t.Helper()
	c := fake.NewClientBuilder().WithScheme(testScheme(t)).WithObjects(objects...).Build()
	o := testOptions()
	o.References = c
	return handlers(c, rules.NewCapacity(o.Limits, o.World.RuleShards), o)
}

func request(t testing.TB, kind string, old, now any) admission.Request {
	t.Helper()
	req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "u", Operation: admissionv1.Create, Kind: metav1.GroupVersionKind{Group: "monitoring.coreos.com", Version: "v1", Kind: kind},
	}}
	req.Object.Raw = encoded(t, now)
	if old != nil {
		req.Operation, req.OldObject.Raw = admissionv1.Update, encoded(t, old)
	}
	return req
}

func encoded(t testing.TB, o any) []byte {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func selectAll(name string, change func(*v1.PrometheusSpec)) *v1.Prometheus {
	all := &metav1.LabelSelector{}
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name}}
	p.Spec.RuleSelector, p.Spec.RuleNamespaceSelector = all, all
	if change != nil {
		change(&p.Spec)
	}
	return p
}

func ruleObject(exprs ...string) *v1.PrometheusRule {
	o := &v1.PrometheusRule{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "r"}}
	g := v1.RuleGroup{Name: "g"}
	for _, expr := range exprs {
		g.Rules = append(g.Rules, v1.Rule{Record: "x", Expr: intstr.FromString(expr)})
	}
	o.Spec.Groups = []v1.RuleGroup{g}
	return o
}

func TestRuleReviews(t *testing.T) {
	t.Parallel()
	main := selectAll("main", nil)
	old := selectAll("old", func(s *v1.PrometheusSpec) { s.Version = "v2.45.0" })
	legacy := selectAll("legacy", func(s *v1.PrometheusSpec) { s.NameValidationScheme = ptr.To(v1.LegacyNameValidationScheme) })
	unquoted := selectAll("unquoted", func(s *v1.PrometheusSpec) { s.EnableFeatures = []v1.EnableFeature{"promql-unquoted-utf8-names"} })
	elsewhere := selectAll("elsewhere", func(s *v1.PrometheusSpec) {
		s.RuleSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "db"}}
	})
	const escape = `label_replace(up, "namespace", "other", "", "")`
	choosy := selectAll("choosy", func(s *v1.PrometheusSpec) {
		s.RuleSelector, s.EnforcedNamespaceLabel = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "web"}}, "namespace"
	})
	enforcing := selectAll("tenants", func(s *v1.PrometheusSpec) { s.EnforcedNamespaceLabel = "namespace" })
	for name, tc := range map[string]struct {
		cluster []client.Object
		old     *v1.PrometheusRule
		object  *v1.PrometheusRule
		refused []string // parts of the message; none means allowed
		warned  []string
	}{
		"good":                       {cluster: []client.Object{main}, object: ruleObject("up")},
		"broken":                     {cluster: []client.Object{main}, object: ruleObject("up", "up =="), refused: []string{"spec.groups[0].rules[1].expr: 1:6: parse error", `group "g"`, `record "x"`}},
		"all at once":                {cluster: []client.Object{main}, object: ruleObject("up ==", "("), refused: []string{"rules[0].expr", "\nspec.groups[0].rules[1].expr"}},
		"nobody selects":             {cluster: []client.Object{elsewhere}, object: ruleObject("up"), warned: []string{"no Prometheus selects this object: monitoring/elsewhere: spec.ruleSelector: the object lacks label team"}},
		"nobody is there":            {object: ruleObject("up"), warned: []string{"there is none"}},
		"broken and nobody selects":  {object: ruleObject("up =="), refused: []string{"parse error"}, warned: []string{"there is none"}},
		"newer than one Prometheus":  {cluster: []client.Object{main, old}, object: ruleObject("double_exponential_smoothing(up[1h], 0.5, 0.5)"), refused: []string{"for Prometheus monitoring/main: 1:1: parse error: function", "promql-experimental-functions"}},
		"older than one Prometheus":  {cluster: []client.Object{old}, object: withOffset(ruleObject("up")), warned: []string{"for Prometheus monitoring/old: spec.groups[0].query_offset: query_offset needs Prometheus 2.53 or later, this one runs 2.45.0 (group \"g\"); the rules stay, without it"}},
		"name that one can't have":   {cluster: []client.Object{main, old}, object: ruleObject(`{"a.b"}`), warned: []string{`for Prometheus monitoring/old: spec.groups[0].rules[0].expr: the name in quotes "a.b" needs Prometheus 3.0 or later, this one runs 2.45.0`}},
		"names by a flag":            {object: ruleObject("job.up"), warned: []string{"there is none"}},
		"names by a flag of another": {cluster: []client.Object{main, unquoted}, object: ruleObject("job.up"), refused: []string{"for Prometheus monitoring/main: 1:4: parse error"}},
		"name that one won't write":  {cluster: []client.Object{main, legacy}, object: named(ruleObject("up"), "a.b"), refused: []string{"for Prometheus monitoring/legacy", "a.b", "legacy naming scheme"}},
		"name of another's series":   {cluster: []client.Object{main, legacy}, object: ruleObject(`{"a.b"}`)},
		"way out of the namespace":   {cluster: []client.Object{main, enforcing}, object: ruleObject("info(up)"), refused: []string{"for Prometheus monitoring/tenants"}},
		"legal and doubtful":         {cluster: []client.Object{main}, object: ruleObject("rate(up[5m])"), warned: []string{"might not be a counter"}},
		"unchanged":                  {cluster: []client.Object{main}, old: ruleObject("up =="), object: annotated(ruleObject("up =="))},
		"label on what is bad":       {cluster: []client.Object{main}, old: ruleObject("up =="), object: labelled(ruleObject("up ==")), warned: []string{"wrong as before: spec.groups[0].rules[0].expr: 1:6: parse error"}},
		"label makes it bad":         {cluster: []client.Object{main, choosy}, old: ruleObject(escape), object: labelled(ruleObject(escape)), refused: []string{"for Prometheus monitoring/choosy"}},
		"changed from bad to bad":    {cluster: []client.Object{main}, old: ruleObject("up =="), object: ruleObject("up >="), refused: []string{"parse error"}},
		"on its way out":             {cluster: []client.Object{main}, object: deleting(ruleObject("up =="))},
		"twins":                      {cluster: []client.Object{main}, object: ruleObject("up", "up"), warned: []string{"same name and labels as spec.groups[0].rules[0]"}},
		"larger than any ConfigMap":  {cluster: []client.Object{main}, object: padded(1_100_000), refused: []string{"983040", "spread"}},
		"larger than the API allows": {cluster: []client.Object{main}, object: padded(1_500_000), refused: []string{"1310720"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before any
			if tc.old != nil {
				before = tc.old
			}
			resp := reviewer(t, tc.cluster...)[upstreamValidatePath].Handle(t.Context(), request(t, "PrometheusRule", before, tc.object))
			check(t, resp, tc.refused, tc.warned)
		})
	}
}

// Where a Prometheus is only too old for a part of an object, there must be room for the rest of it.
func TestRoomIsJudgedBesideWarnings(t *testing.T) {
	t.Parallel()
	old := selectAll("old", func(s *v1.PrometheusSpec) { s.Version = "v2.45.0" })
	c := fake.NewClientBuilder().WithScheme(testScheme(t)).WithObjects(old).Build()
	o := testOptions()
	capacity := rules.NewCapacity(o.Limits, o.World.RuleShards)
	for i := range o.World.RuleShards {
		full := map[string]string{"other_x.yaml": strings.Repeat("#", o.Limits.ShardBytes-1000)}
		capacity.Observe(nameOf(old), world.RuleShardName("old", i), full)
	}
	object := padded(20_000)
	object.Spec.Groups = append(object.Spec.Groups, withOffset(ruleObject("up")).Spec.Groups...)
	object.Spec.Groups[1].Name = "newer"
	resp := handlers(c, capacity, o)[upstreamValidatePath].Handle(t.Context(), request(t, "PrometheusRule", nil, object))
	check(t, resp, []string{"Prometheus monitoring/old: the rules take 20"}, []string{"query_offset needs Prometheus 2.53"})
}

func withOffset(o *v1.PrometheusRule) *v1.PrometheusRule {
	offset := v1.Duration("1m")
	o.Spec.Groups[0].QueryOffset = &offset
	return o
}

func annotated(o *v1.PrometheusRule) *v1.PrometheusRule {
	o.Annotations = map[string]string{"touched": "true"}
	return o
}

func labelled(o *v1.PrometheusRule) *v1.PrometheusRule {
	o.Labels = map[string]string{"team": "web"}
	return o
}

func named(o *v1.PrometheusRule, record string) *v1.PrometheusRule {
	o.Spec.Groups[0].Rules[0].Record = record
	return o
}

func deleting(o *v1.PrometheusRule) *v1.PrometheusRule {
	now := metav1.Now()
	o.DeletionTimestamp, o.Finalizers = &now, []string{"x/y"}
	return o
}

func padded(bytes int) *v1.PrometheusRule {
	o := ruleObject()
	for range bytes / 10_000 {
		r := v1.Rule{Alert: "A", Expr: intstr.FromString("up"), Annotations: map[string]string{"text": strings.Repeat("x", 10_000)}}
		o.Spec.Groups[0].Rules = append(o.Spec.Groups[0].Rules, r)
	}
	return o
}

func check(t *testing.T, resp admission.Response, refused, warned []string) {
	t.Helper()
	message := ""
	if resp.Result != nil {
		message = resp.Result.Message
	}
	if resp.Allowed != (len(refused) == 0) {
		t.Fatalf("allowed is %t: %s", resp.Allowed, message)
	}
	for _, part := range refused {
		if !strings.Contains(message, part) {
			t.Errorf("the message must say %q: %s", part, message)
		}
	}
	warnings := strings.Join(resp.Warnings, "\n")
	if len(warned) == 0 && warnings != "" {
		t.Errorf("no warning expected: %s", warnings)
	}
	for _, part := range warned {
		if !strings.Contains(warnings, part) {
			t.Errorf("the warnings must say %q: %s", part, warnings)
		}
	}
}

func TestOtherReviews(t *testing.T) {
	t.Parallel()
	const prometheuses, monitors = "/validate-monitoring-coreos-com-v1-prometheus", "/validate-monitoring-coreos-com-v1-servicemonitor"
	wants := selectAll("main", func(s *v1.PrometheusSpec) { s.ServiceMonitorSelector = &metav1.LabelSelector{} })
	unreadable := selectAll("main", func(s *v1.PrometheusSpec) {
		s.RuleSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Like"}}}
	})
	monitor := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "m"}}
	monitor.Spec.Endpoints = []v1.Endpoint{{Port: "web"}, {Port: "web", BearerTokenFile: "/x"}}
	wanting := func(change func(*v1.PrometheusSpec)) *v1.Prometheus {
		return selectAll("main", func(s *v1.PrometheusSpec) { s.ServiceMonitorSelector = &metav1.LabelSelector{}; change(s) })
	}
	denying := wanting(func(s *v1.PrometheusSpec) { s.ArbitraryFSAccessThroughSMs.Deny = true })
	limiting := wanting(func(s *v1.PrometheusSpec) { s.EnforcedSampleLimit = ptr.To[int64](1000) })
	older := wanting(func(s *v1.PrometheusSpec) { s.Version = "v2.45.0" })
	classed, limited, renamed := endpoint("main", v1.Endpoint{}), endpoint("main", v1.Endpoint{}), endpoint("main", v1.Endpoint{})
	classed.Spec.ScrapeClassName, limited.Spec.SampleLimit = ptr.To("unknown-class"), ptr.To[int64](5000)
	renamed.Spec.Endpoints[0].RelabelConfigs = []v1.RelabelConfig{{SourceLabels: []v1.LabelName{"a"}, TargetLabel: "b.c"}}
	misconfigured := selectAll("main", func(s *v1.PrometheusSpec) { s.RemoteWrite = []v1.RemoteWriteSpec{{URL: "::"}} })
	tooNew := selectAll("main", func(s *v1.PrometheusSpec) {
		s.Version, s.KeepDroppedTargets = "v2.45.0", ptr.To[int64](1)
	})
	for name, tc := range map[string]struct {
		path, kind      string
		cluster         []client.Object
		object          client.Object
		refused, warned []string
	}{
		"version":             {prometheuses, "Prometheus", nil, selectAll("main", func(s *v1.PrometheusSpec) { s.Version = "latest" }), []string{"spec.version", "latest"}, []string{"spec.ruleSelector"}},
		"unreadable":          {prometheuses, "Prometheus", nil, unreadable, []string{"spec.ruleSelector", "Like"}, nil},
		"selects nothing":     {prometheuses, "Prometheus", []client.Object{ruleObject("up")}, wants, nil, []string{"spec.serviceMonitorSelector selects no ServiceMonitor"}},
		"deprecated":          {prometheuses, "Prometheus", []client.Object{ruleObject("up")}, selectAll("main", func(s *v1.PrometheusSpec) { s.BaseImage = "x" }), nil, []string{"spec.baseImage is deprecated: use image"}},
		"monitor unselected":  {monitors, "ServiceMonitor", []client.Object{selectAll("main", nil)}, monitor, nil, []string{"no Prometheus selects", "spec.endpoints[1].bearerTokenFile is deprecated"}},
		"timeout":             {monitors, "ServiceMonitor", []client.Object{wants}, endpoint("main", v1.Endpoint{Interval: "10s", ScrapeTimeout: "30s"}), []string{"spec.endpoints[0].scrapeTimeout", "longer than the interval"}, nil},
		"secret to come":      {monitors, "ServiceMonitor", []client.Object{wants}, endpoint("main", v1.Endpoint{HTTPConfigWithProxyAndTLSFiles: basicAuth("later")}), nil, []string{"Secret monitoring/later does not exist"}},
		"secret is there":     {monitors, "ServiceMonitor", []client.Object{wants, secretNamed("now")}, endpoint("main", v1.Endpoint{HTTPConfigWithProxyAndTLSFiles: basicAuth("now")}), nil, nil},
		"file that is denied": {monitors, "ServiceMonitor", []client.Object{denying}, endpoint("main", v1.Endpoint{BearerTokenFile: "/token"}), nil, []string{"for Prometheus monitoring/main: spec.endpoints[0].bearerTokenFile"}},
		"scrape class":        {monitors, "ServiceMonitor", []client.Object{wants}, classed, nil, []string{"for Prometheus monitoring/main: spec.scrapeClass", "unknown-class"}},
		"limit above":         {monitors, "ServiceMonitor", []client.Object{limiting}, limited, nil, []string{"for Prometheus monitoring/main: spec.sampleLimit is 5000, and it enforces 1000"}},
		"limit as enforced":   {monitors, "ServiceMonitor", []client.Object{wanting(func(s *v1.PrometheusSpec) { s.EnforcedSampleLimit = ptr.To[int64](5000) })}, limited, nil, nil},
		"limit not enforced":  {monitors, "ServiceMonitor", []client.Object{wanting(func(s *v1.PrometheusSpec) { s.EnforcedSampleLimit = ptr.To[int64](0) })}, limited, nil, nil},
		"name too new":        {monitors, "ServiceMonitor", []client.Object{older}, renamed, nil, []string{"for Prometheus monitoring/main: spec.endpoints[0].relabelings[0]", "b.c"}},
		"own text is wrong":   {prometheuses, "Prometheus", []client.Object{ruleObject("up")}, misconfigured, []string{"spec.remoteWrite[0].url"}, nil},
		"newer field":         {prometheuses, "Prometheus", []client.Object{ruleObject("up")}, tooNew, nil, []string{"needs Prometheus"}},
		"foreign kind":        {monitors, "Secret", nil, monitor, []string{"reviews ServiceMonitor.monitoring.coreos.com, not Secret"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, reviewer(t, tc.cluster...)[tc.path].Handle(t.Context(), request(t, tc.kind, nil, tc.object)), tc.refused, tc.warned)
		})
	}
}

func endpoint(name string, e v1.Endpoint) *v1.ServiceMonitor {
	o := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name}}
	o.Spec.Endpoints = []v1.Endpoint{e}
	return o
}

func basicAuth(secret string) (c v1.HTTPConfigWithProxyAndTLSFiles) {
	key := func(name string) corev1.SecretKeySelector {
		return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: name}
	}
	c.BasicAuth = &v1.BasicAuth{Username: key("user"), Password: key("password")}
	return c
}

func secretNamed(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: name}}
}

func TestMutateDoesAsUpstream(t *testing.T) {
	t.Parallel()
	raw := map[string]any{"spec": map[string]any{"groups": []any{map[string]any{"rules": []any{
		map[string]any{"labels": map[string]any{"a/b": 1, "c": "text", "id": 1234567890}, "annotations": map[string]any{"on": true}},
	}}}}}
	resp := mutateRule(context.Background(), request(t, "PrometheusRule", nil, raw))
	var got []string
	for _, p := range resp.Patches {
		got = append(got, p.Json())
	}
	for _, want := range []string{
		`{"op":"replace","path":"/spec/groups/0/rules/0/labels/a~1b","value":"1"}`,
		`{"op":"replace","path":"/spec/groups/0/rules/0/labels/id","value":"1234567890"}`,
		`{"op":"replace","path":"/spec/groups/0/rules/0/annotations/on","value":"true"}`,
		`{"op":"add","path":"/metadata/annotations","value":{}}`,
		`{"op":"add","path":"/metadata/annotations/prometheus-operator-validated","value":"true"}`,
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("want %s among\n%s", want, strings.Join(got, "\n"))
		}
	}
	if !resp.Allowed || len(got) != 5 {
		t.Errorf("allowed is %t with %d patches: %v", resp.Allowed, len(got), got)
	}
}

func TestMutateLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	raw := map[string]any{"spec": map[string]any{"groups": []any{map[string]any{"rules": []any{
		map[string]any{"labels": map[string]any{"empty": nil}},
	}}}}}
	for name, tc := range map[string]struct {
		reason  string
		change  func(*admission.Request)
		allowed bool
		patches int
	}{
		"null":        {"a null is the API server's to judge", func(*admission.Request) {}, true, 2},
		"kind":        {"the path is that of rules", func(r *admission.Request) { r.Kind.Kind = "PodMonitor" }, false, 0},
		"group":       {"another group may have the kind", func(r *admission.Request) { r.Kind.Group = "example.com" }, false, 0},
		"deletion":    {"what goes needs no mark", func(r *admission.Request) { r.Operation = admissionv1.Delete }, true, 0},
		"subresource": {"a status has no rules", func(r *admission.Request) { r.SubResource = "status" }, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "PrometheusRule", nil, raw)
			tc.change(&req)
			if resp := mutateRule(t.Context(), req); resp.Allowed != tc.allowed || len(resp.Patches) != tc.patches {
				t.Errorf("%s: allowed is %t with %v", tc.reason, resp.Allowed, resp.Patches)
			}
		})
	}
}
