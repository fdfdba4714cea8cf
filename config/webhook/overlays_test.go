// Package webhook_test builds the webhook's overlays as users do.
package webhook_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// kinds of webhooks that are shipped.
const kinds = 6

func TestShipped(t *testing.T) {
	t.Parallel()
	built := build(t)
	hooks := decode[admissionregistrationv1.ValidatingWebhookConfiguration](t, built["ValidatingWebhookConfiguration"])
	if len(hooks.Webhooks) != kinds {
		t.Fatalf("want a webhook for each of %d kinds, got %d", kinds, len(hooks.Webhooks))
	}
	for _, w := range hooks.Webhooks {
		if *w.FailurePolicy != admissionregistrationv1.Ignore {
			t.Errorf("%s: an install must not fail when the operator is down", w.Name)
		}
		if *w.SideEffects != admissionregistrationv1.SideEffectClassNone {
			t.Errorf("%s: without side effects a dry run is reviewed too", w.Name)
		}
		if skip := w.ObjectSelector; skip == nil || skip.MatchExpressions[0].Key != "promloop.dev/admission" {
			t.Errorf("%s: want the label that skips the review, got %+v", w.Name, skip)
		}
		if s := w.ClientConfig.Service; s.Name != "promloop-webhook-service" || s.Namespace != "promloop-system" {
			t.Errorf("%s calls %s/%s", w.Name, s.Namespace, s.Name)
		}
	}
}

// The webhook that turns numbers into text goes the way of the others, in every overlay.
func TestMutating(t *testing.T) {
	t.Parallel()
	for overlay, want := range map[string]struct {
		policy admissionregistrationv1.FailurePolicyType
		from   string
	}{
		"":             {admissionregistrationv1.Ignore, ""},
		"fail":         {admissionregistrationv1.Fail, ""},
		"cert-manager": {admissionregistrationv1.Ignore, "promloop-system/promloop-webhook"},
	} {
		built := build(t, strings.Fields(overlay)...)
		hooks := decode[admissionregistrationv1.MutatingWebhookConfiguration](t, built["MutatingWebhookConfiguration"])
		if hooks.Name != "promloop-mutating-webhook-configuration" || len(hooks.Webhooks) != 1 {
			t.Fatalf("%q: %d webhooks in %q", overlay, len(hooks.Webhooks), hooks.Name)
		}
		w := hooks.Webhooks[0]
		if s := w.ClientConfig.Service; s.Name != "promloop-webhook-service" || s.Namespace != "promloop-system" {
			t.Errorf("%q: it calls %s/%s", overlay, s.Namespace, s.Name)
		}
		if *w.FailurePolicy != want.policy || hooks.Annotations["cert-manager.io/inject-ca-from"] != want.from {
			t.Errorf("%q: %s, authority of %v", overlay, *w.FailurePolicy, hooks.Annotations)
		}
		if skip := w.ObjectSelector; skip == nil || skip.MatchExpressions[0].Key != "promloop.dev/admission" {
			t.Errorf("%q: want the label that skips the review, got %+v", overlay, skip)
		}
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	hooks := decode[admissionregistrationv1.ValidatingWebhookConfiguration](t, build(t, "fail")["ValidatingWebhookConfiguration"])
	for _, w := range hooks.Webhooks {
		if *w.FailurePolicy != admissionregistrationv1.Fail {
			t.Errorf("%s is %s", w.Name, *w.FailurePolicy)
		}
		for _, r := range w.Rules {
			if !slices.Equal(r.APIGroups, []string{"monitoring.coreos.com"}) {
				t.Errorf("%s blocks %v: nothing but our own kinds may hang on the operator", w.Name, r.APIGroups)
			}
		}
	}
	if len(hooks.Webhooks) != kinds {
		t.Errorf("got %d webhooks", len(hooks.Webhooks))
	}
}

func TestCertManager(t *testing.T) {
	t.Parallel()
	built := build(t, "cert-manager", "fail")
	hooks := decode[admissionregistrationv1.ValidatingWebhookConfiguration](t, built["ValidatingWebhookConfiguration"])
	if from := hooks.Annotations["cert-manager.io/inject-ca-from"]; from != "promloop-system/promloop-webhook" {
		t.Errorf("cert-manager is told to inject the authority of %q", from)
	}
	if *hooks.Webhooks[kinds-1].FailurePolicy != admissionregistrationv1.Fail {
		t.Error("both components can be had together")
	}
	for name, parts := range map[string][]string{
		"Issuer/promloop-webhook-root":    {"selfSigned: {}"},
		"Certificate/promloop-webhook-ca": {"isCA: true", "name: promloop-webhook-root", "secretName: promloop-webhook-ca"},
		"Issuer/promloop-webhook":         {"ca:", "secretName: promloop-webhook-ca"}, // the authority outlives a renewal of what it signs
		"Certificate/promloop-webhook":    {"name: promloop-webhook\n", "secretName: promloop-webhook-cert", "promloop-webhook-service.promloop-system.svc"},
	} {
		for _, part := range parts {
			if !strings.Contains(string(built[name]), part) {
				t.Errorf("want %s in %s", part, name)
			}
		}
	}
	for name := range built {
		if strings.HasSuffix(name, "/promloop-webhook-certificate") || strings.HasSuffix(name, "/promloop-webhook-authority") {
			t.Errorf("%s is a right to keep a certificate that somebody else keeps", name)
		}
	}
	pod := decode[appsv1.Deployment](t, built["Deployment"]).Spec.Template.Spec
	manager := pod.Containers[0]
	const dir = "/tmp/k8s-webhook-server/serving-certs"
	if !slices.Contains(manager.Args, "--webhook-cert-source=dir") || !slices.Contains(manager.Args, "--webhook-cert-path="+dir) {
		t.Errorf("the operator is told to read the certificate: %v", manager.Args)
	}
	mounted := slices.ContainsFunc(manager.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == "webhook-cert" && m.MountPath == dir })
	volume := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
		return v.Name == "webhook-cert" && v.Secret != nil && v.Secret.SecretName == "promloop-webhook-cert"
	})
	if !mounted || !volume {
		t.Errorf("the Secret is mounted there: %v, %v", manager.VolumeMounts, pod.Volumes)
	}
}

// build returns what an overlay of config/default with the given components consists of, by kind and by kind/name; of several of a kind the last.
func build(t *testing.T, components ...string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	config, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	up, err := filepath.Rel(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	overlay := fmt.Sprintf("resources:\n- %s/default\ncomponents:\n", up)
	for _, c := range components {
		overlay += fmt.Sprintf("- %s/webhook/%s\n", up, c)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=hack/tools/go.mod", "kustomize", "build", dir)
	cmd.Dir = filepath.Dir(config)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kustomize: %v\n%s", err, problems.String())
	}
	built := map[string][]byte{}
	for document := range bytes.SplitSeq(out, []byte("\n---\n")) {
		o := decode[metav1.PartialObjectMetadata](t, document)
		built[o.Kind], built[o.Kind+"/"+o.Name] = document, document
	}
	return built
}

func decode[T any](t *testing.T, document []byte) T {
	t.Helper()
	var out T
	if err := yaml.Unmarshal(document, &out); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return out
}
