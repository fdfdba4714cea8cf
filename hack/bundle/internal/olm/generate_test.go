package olm_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/hack/bundle/internal/olm"
	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

const webhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: extra}
webhooks:
- name: extra.promloop.dev
  admissionReviewVersions: [v1]
  clientConfig: {service: {name: extra, namespace: promloop-system, path: /extra}}
  failurePolicy: Ignore
  matchPolicy: Equivalent
  objectSelector: {}
  sideEffects: None
  timeoutSeconds: 10
  rules:
  - {apiGroups: [monitoring.coreos.com], apiVersions: [v1], operations: [CREATE], resources: [prometheusrules], scope: '*'}
`

const service = `
apiVersion: v1
kind: Service
metadata: {name: extra}
spec:
  selector: {control-plane: controller-manager}
  ports:
  - {port: 443, targetPort: probes}
`

// with adds objects to the real tree.
func with(t *testing.T, documents ...string) olm.Input {
	t.Helper()
	in := input(t)
	added, err := tree.Parse([]byte(strings.Join(documents, "\n---\n")))
	if err != nil {
		t.Fatal(err)
	}
	in.Objects = slices.Concat(in.Objects, added)
	return in
}

func generatedCSV(t *testing.T, files map[string][]byte) v1alpha1.ClusterServiceVersion {
	t.Helper()
	var csv v1alpha1.ClusterServiceVersion
	if err := yaml.UnmarshalStrict(files[csvFile], &csv); err != nil {
		t.Fatal(err)
	}
	return csv
}

func TestWebhookBecomesADefinition(t *testing.T) {
	t.Parallel()
	files := generate(t, with(t, webhook, service))
	definitions := generatedCSV(t, files).Spec.WebhookDefinitions
	i := slices.IndexFunc(definitions, func(d v1alpha1.WebhookDescription) bool { return d.GenerateName == "extra.promloop.dev" })
	if i < 0 {
		t.Fatalf("no definition of the webhook among %d", len(definitions))
	}
	ignore, equivalent, none, path := admissionv1.Ignore, admissionv1.Equivalent, admissionv1.SideEffectClassNone, "/extra"
	timeout, port, scope := int32(10), intstr.FromInt32(8081), admissionv1.AllScopes
	want := v1alpha1.WebhookDescription{
		GenerateName: "extra.promloop.dev", Type: v1alpha1.ValidatingAdmissionWebhook, DeploymentName: "promloop-controller-manager",
		ContainerPort: 443, TargetPort: &port, WebhookPath: &path, FailurePolicy: &ignore, MatchPolicy: &equivalent, SideEffects: &none,
		TimeoutSeconds: &timeout, AdmissionReviewVersions: []string{"v1"}, ObjectSelector: definitions[i].ObjectSelector,
		Rules: []admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{"monitoring.coreos.com"}, APIVersions: []string{"v1"}, Resources: []string{"prometheusrules"}, Scope: &scope},
		}},
	}
	if diff := cmp.Diff(want, definitions[i]); diff != "" {
		t.Errorf("OLM makes configuration, Service and certificate from it (-want +got):\n%s", diff)
	}
	if _, ok := files["bundle/manifests/extra_v1_service.yaml"]; ok {
		t.Error("the webhook's Service is in the bundle, and OLM makes one of its own")
	}
}

func TestWhatABundleCannotSayIsAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		objects []string
		want    string
	}{
		"NamespaceSelector": {
			reason:  "OLM sets it itself, so ours would be lost",
			objects: []string{strings.Replace(webhook, "objectSelector: {}", "namespaceSelector: {matchLabels: {a: b}}", 1), service},
			want:    "OLM has no namespaceSelector",
		},
		"MatchConditions": {
			reason:  "OLM has no field for them",
			objects: []string{webhook + "  matchConditions: [{name: a, expression: 'true'}]\n", service},
			want:    "OLM has no matchConditions",
		},
		"NoPodBehindTheService": {
			reason:  "OLM must know which Deployment serves the webhook",
			objects: []string{webhook, strings.Replace(service, "control-plane: controller-manager", "app: other", 1)},
			want:    "no Deployment behind port 443",
		},
		"NoSuchPort": {
			reason:  "a name that no container port has leads nowhere",
			objects: []string{webhook, strings.Replace(service, "probes", "nowhere", 1)},
			want:    "no Deployment behind port 443",
		},
		"UnknownKind": {
			reason:  "an object that is dropped silently is missing on the cluster",
			objects: []string{"apiVersion: batch/v1\nkind: Job\nmetadata: {name: setup}"},
			want:    "Job setup: a bundle can't carry this kind",
		},
		"MissingRole": {
			reason: "the operator would lack the right everywhere",
			objects: []string{`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: more}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: absent}
subjects: [{kind: ServiceAccount, name: promloop-controller-manager, namespace: promloop-system}]`},
			want: "its role ClusterRole/absent is not in config/rbac",
		},
		"UnlistedKind": {
			reason: "a CRD that the CSV does not own belongs to nobody",
			objects: []string{`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: others.example.com}
spec:
  group: example.com
  names: {kind: Other, plural: others}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]`},
			want: "others.example.com/v1 has no entry under owned",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := olm.Generate(with(t, tc.objects...))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: want an error with %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

var defaultVersion = regexp.MustCompile(`const DefaultPrometheusVersion = "(.+)"`)

func TestMirrorsCopyThePrometheusThatRunsByDefault(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(root("internal", "world", "prometheus.go"))
	if err != nil {
		t.Fatal(err)
	}
	version := defaultVersion.FindSubmatch(source)
	if version == nil {
		t.Fatal("DefaultPrometheusVersion has moved: find it again")
	}
	want := v1alpha1.RelatedImage{Name: "prometheus", Image: "quay.io/prometheus/prometheus:" + string(version[1])}
	if images := generatedCSV(t, generate(t, input(t))).Spec.RelatedImages; !slices.Contains(images, want) {
		t.Errorf("relatedImages lacks %s: change it in config/manifests/bases", want.Image)
	}
}
