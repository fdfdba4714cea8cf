package chart_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

const namespace = "promloop-system"

var repository = filepath.Join("..", "..", "..", "..")

func chartDir(name string) string { return filepath.Join(repository, "charts", name) }

// rendered are a chart's objects by kind and name, as Helm would apply them.
func rendered(t *testing.T, name, namespace string, values map[string]any) map[string]any {
	t.Helper()
	chart, err := loader.Load(chartDir(name))
	if err != nil {
		t.Fatal(err)
	}
	release := common.ReleaseOptions{Name: name, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := engine.Render(chart, all)
	if err != nil {
		t.Fatal(err)
	}
	var objects []tree.Object
	for file, text := range texts {
		if !strings.HasSuffix(file, ".yaml") {
			continue
		}
		parsed, err := tree.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v\n%s", file, err, text)
		}
		objects = append(objects, parsed...)
	}
	return byName(objects)
}

func byName(objects []tree.Object) map[string]any {
	out := map[string]any{}
	for _, o := range objects {
		out[o.GetKind()+"/"+o.GetName()] = o.Object
	}
	return out
}

func kustomized(t *testing.T, dir string, keep func(kind string) bool) map[string]any {
	t.Helper()
	objects, err := tree.Build(filepath.Join(repository, "config", filepath.FromSlash(dir)))
	if err != nil {
		t.Fatal(err)
	}
	return byName(slices.DeleteFunc(objects, func(o tree.Object) bool { return !keep(o.GetKind()) }))
}

func TestDefaultValuesRenderWhatKustomizeBuilds(t *testing.T) {
	t.Parallel()
	want := kustomized(t, "default", operators)
	if diff := cmp.Diff(want, rendered(t, "promloop", namespace, nil)); diff != "" {
		t.Errorf("kustomize is the source (-kustomize +helm):\n%s", diff)
	}
}

func operators(kind string) bool { return kind != "Namespace" && kind != "CustomResourceDefinition" }

func TestCertManagerIsTheComponentOfKustomize(t *testing.T) {
	t.Parallel()
	values := func(webhook bool) map[string]any {
		return map[string]any{"webhook": map[string]any{"enabled": webhook, "certManager": map[string]any{"enabled": true}}}
	}
	want := kustomized(t, "overlays/cert-manager", operators)
	if diff := cmp.Diff(want, rendered(t, "promloop", namespace, values(true))); diff != "" {
		t.Errorf("kustomize is the source (-kustomize +helm):\n%s", diff)
	}
	off := rendered(t, "promloop", namespace, map[string]any{"webhook": map[string]any{"enabled": false}})
	if diff := cmp.Diff(off, rendered(t, "promloop", namespace, values(false))); diff != "" {
		t.Errorf("without the webhook there is no certificate to keep (-without +with):\n%s", diff)
	}
}

func TestCRDsAreThoseOfKustomizeAndAreKept(t *testing.T) {
	t.Parallel()
	want := kustomized(t, "default", func(kind string) bool { return kind == "CustomResourceDefinition" })
	if diff := cmp.Diff(want, rendered(t, "promloop-crds", namespace, map[string]any{"keep": false})); diff != "" {
		t.Errorf("kustomize is the source (-kustomize +helm):\n%s", diff)
	}
	for name, o := range rendered(t, "promloop-crds", namespace, nil) {
		crd := &unstructured.Unstructured{Object: o.(map[string]any)}
		if crd.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s would be deleted with the chart, and all its objects with it", name)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"promloop", "promloop-crds"} {
		result := lint.RunAll(chartDir(name), nil, namespace)
		for _, message := range result.Messages {
			if message.Severity > support.InfoSev {
				t.Errorf("%s: %v", name, message)
			}
		}
	}
}

func TestValuesReachTheDeployment(t *testing.T) {
	t.Parallel()
	objects := rendered(t, "promloop", "elsewhere", map[string]any{
		"replicas":          3,
		"images":            map[string]any{"operator": "mirror/a@sha256:1", "configReloader": "mirror/b:2", "rulesReloader": "mirror/c:3"},
		"imagePullSecrets":  []any{map[string]any{"name": "pull"}},
		"kubeletService":    "",
		"extraArgs":         []any{"--log-level=debug", `--labels=a="b"`},
		"resources":         map[string]any{"requests": map[string]any{"cpu": "1"}, "limits": nil},
		"nodeSelector":      map[string]any{"pool": "system"},
		"tolerations":       []any{map[string]any{"operator": "Exists"}},
		"priorityClassName": "system-cluster-critical",
		"env":               []any{map[string]any{"name": "GOMEMLIMIT", "value": "900MiB"}},
		"affinity":          map[string]any{"podAntiAffinity": nil, "nodeAffinity": map[string]any{}},
		"hostNetwork":       true,
		"podLabels":         map[string]any{"team": "a"},
		"podAnnotations":    map[string]any{"note": "b"},

		"topologySpreadConstraints": []any{map[string]any{"maxSkew": 1}},
	})
	deployment, _ := objects["Deployment/promloop-controller-manager"].(map[string]any)
	template, _, _ := unstructured.NestedMap(deployment, "spec", "template")
	pod, _ := template["spec"].(map[string]any)
	manager, _ := pod["containers"].([]any)[0].(map[string]any)
	arguments, _ := manager["args"].([]any)
	variables, _ := manager["env"].([]any)
	replicas, _, _ := unstructured.NestedInt64(deployment, "spec", "replicas")
	got := map[string]any{
		"replicas": replicas, "image": manager["image"], "pull": pod["imagePullSecrets"], "nodes": pod["nodeSelector"],
		"tolerations": pod["tolerations"], "priority": pod["priorityClassName"], "requests": manager["resources"].(map[string]any)["requests"],
		"kubelets": slices.Contains(arguments, any("--kubelet-service=")), "arguments": arguments[len(arguments)-2:], "sidecars": sidecarImages(manager),
		"variable": variables[len(variables)-1], "affinity": pod["affinity"], "host": pod["hostNetwork"], "spread": pod["topologySpreadConstraints"],
		"pod": template["metadata"],
	}
	want := map[string]any{
		"replicas": int64(3), "image": "mirror/a@sha256:1", "pull": []any{map[string]any{"name": "pull"}},
		"nodes": map[string]any{"pool": "system"}, "tolerations": []any{map[string]any{"operator": "Exists"}},
		"priority": "system-cluster-critical", "requests": map[string]any{"cpu": "1", "memory": "200Mi"},
		"kubelets": true, "arguments": []any{"--log-level=debug", `--labels=a="b"`}, "sidecars": []any{"mirror/b:2", "mirror/c:3"},
		"variable": map[string]any{"name": "GOMEMLIMIT", "value": "900MiB"}, "affinity": map[string]any{"nodeAffinity": map[string]any{}}, "host": true,
		"spread": []any{map[string]any{"maxSkew": int64(1)}},
		"pod": map[string]any{
			"labels":      map[string]any{"app.kubernetes.io/name": "promloop", "control-plane": "controller-manager", "team": "a"},
			"annotations": map[string]any{"kubectl.kubernetes.io/default-container": "manager", "note": "b"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("every value has an effect (-want +got):\n%s", diff)
	}
}

func sidecarImages(container map[string]any) []any {
	var images []any
	variables, _ := container["env"].([]any)
	for _, v := range variables {
		variable, _ := v.(map[string]any)
		if name, _ := variable["name"].(string); strings.HasPrefix(name, "RELATED_IMAGE_") {
			images = append(images, variable["value"])
		}
	}
	return images
}

// The Prometheus that is most common selects monitors and rules by a label of its own release.
func TestValuesReachTheOtherObjects(t *testing.T) {
	t.Parallel()
	more := map[string]any{"labels": map[string]any{"release": "mine"}}
	objects := rendered(t, "promloop", namespace, map[string]any{
		"serviceMonitor": more, "prometheusRule": more, "dashboard": more,
		"serviceAccount": map[string]any{"annotations": map[string]any{"role": "reader"}},
		"webhook":        map[string]any{"failurePolicy": "Fail"},
	})
	for _, name := range []string{"ServiceMonitor/promloop-controller-manager", "PrometheusRule/promloop-alerts", "ConfigMap/promloop-dashboards"} {
		labels, _, _ := unstructured.NestedStringMap(objects[name].(map[string]any), "metadata", "labels")
		if labels["release"] != "mine" || labels["app.kubernetes.io/name"] != "promloop" {
			t.Errorf("%s: a label is added to those it has, got %v", name, labels)
		}
	}
	account, _ := objects["ServiceAccount/promloop-controller-manager"].(map[string]any)
	if role, _, _ := unstructured.NestedString(account, "metadata", "annotations", "role"); role != "reader" {
		t.Errorf("the account has %v", account["metadata"])
	}
	var hooks []any
	for _, name := range []string{"Validating", "Mutating"} {
		name += "WebhookConfiguration/promloop-" + strings.ToLower(name) + "-webhook-configuration"
		configuration, _ := objects[name].(map[string]any)
		more, _, _ := unstructured.NestedSlice(configuration, "webhooks")
		if len(more) == 0 {
			t.Errorf("%s has no webhook to set a policy of", name)
		}
		hooks = append(hooks, more...)
	}
	for _, h := range hooks {
		if hook, _ := h.(map[string]any); hook["failurePolicy"] != "Fail" {
			t.Errorf("%v is %v", hook["name"], hook["failurePolicy"])
		}
	}
}

func TestNothingIsLeftInTheDefaultNamespace(t *testing.T) {
	t.Parallel()
	for name, o := range rendered(t, "promloop", "elsewhere", nil) {
		text, err := (&unstructured.Unstructured{Object: o.(map[string]any)}).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), namespace) {
			t.Errorf("%s names %s although the release is elsewhere", name, namespace)
		}
	}
}

func TestSwitchesTurnObjectsOff(t *testing.T) {
	t.Parallel()
	all := rendered(t, "promloop", namespace, nil)
	kinds := map[string]string{
		"networkPolicies": "NetworkPolicy/", "podDisruptionBudget": "PodDisruptionBudget/", "serviceMonitor": "ServiceMonitor/",
		"prometheusRule": "PrometheusRule/", "admissionPolicy": "ValidatingAdmissionPolicy",
		"webhook": "-webhook-", "userRoles": "ClusterRole/promloop-monitoring-",
	}
	for value, part := range kinds {
		left := rendered(t, "promloop", namespace, map[string]any{value: map[string]any{"enabled": false}})
		want := maps.Clone(all)
		maps.DeleteFunc(want, func(name string, _ any) bool { return strings.Contains(name, part) })
		if len(want) == len(all) {
			t.Errorf("no object of %s in the chart", part)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(left))); diff != "" {
			t.Errorf("%s turns off %s and nothing else (-want +got):\n%s", value, part, diff)
		}
	}
}

// Without the webhook the operator keeps no certificate, for which it would lack the right.
func TestTheOperatorIsToldOfNoWebhook(t *testing.T) {
	t.Parallel()
	for _, enabled := range []bool{true, false} {
		objects := rendered(t, "promloop", namespace, map[string]any{"webhook": map[string]any{"enabled": enabled}})
		deployment, _ := objects["Deployment/promloop-controller-manager"].(map[string]any)
		containers, _, _ := unstructured.NestedSlice(deployment, "spec", "template", "spec", "containers")
		arguments, _ := containers[0].(map[string]any)["args"].([]any)
		if off := slices.Contains(arguments, any("--webhook-port=0")); off == enabled {
			t.Errorf("webhook.enabled is %t, and the arguments are %v", enabled, arguments)
		}
	}
}

func TestUnknownValuesAreRefused(t *testing.T) {
	t.Parallel()
	chart, err := loader.Load(chartDir("promloop"))
	if err != nil {
		t.Fatal(err)
	}
	for reason, values := range map[string]map[string]any{
		"a misspelt value would be ignored":  {"replica": 3},
		"a misspelt image would be ignored":  {"images": map[string]any{"manager": "a:1"}},
		"a number of replicas is a number":   {"replicas": "two"},
		"a switch has one word: enabled":     {"serviceMonitor": map[string]any{"enable": true}},
		"a policy is Ignore or Fail":         {"webhook": map[string]any{"failurePolicy": "Warn"}},
		"a Service has a namespace too":      {"kubeletService": "kubelet"},
		"an empty image would start nothing": {"images": map[string]any{"operator": ""}},
	} {
		if _, err := util.ToRenderValues(chart, values, common.ReleaseOptions{}, common.DefaultCapabilities); err == nil {
			t.Errorf("%v is taken, but %s", values, reason)
		}
	}
}
