package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
)

// asProgram in the environment makes the test binary the operator.
const asProgram = "PROMLOOP_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestNamespacedRights runs the whole program as a user who has the rights of the shipped ClusterRole in two namespaces, and no right
// outside of them: none on namespaces either.
func TestNamespacedRights(t *testing.T) {
	startCluster(t, "team-a", "team-b", "other")
	config, err := (&apiServer{}).config()
	if err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(config, client.Options{Scheme: newScheme()})
	if err != nil {
		t.Fatal(err)
	}
	role := shippedRole(t)
	grant(t, admin, "team-a", role)
	grant(t, admin, "team-b", without(role, "secrets"))
	probes := freeAddress(t)
	arguments := []string{
		"--namespaces=team-a,team-b", "--as=tenant", "--webhook-port=0", "--kubelet-service=",
		"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=" + probes,
	}
	err = run(t.Context(), arguments, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "may not list secrets in namespace team-b: grant it") {
		t.Fatalf("want the right that is missing named, got %v", err)
	}
	grant(t, admin, "team-b", role)

	program := exec.Command(os.Args[0], arguments...) // a process holds one operator
	program.Env, program.Stderr = append(os.Environ(), asProgram+"=1"), t.Output()
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	t.Cleanup(func() {
		if err := errors.Join(program.Process.Signal(os.Interrupt), <-ended); err != nil {
			t.Errorf("it ends with %v", err)
		}
	})
	if err := eventuallyReady(t, "http://"+probes+"/readyz", ended); err != nil {
		t.Error(err)
	}
	turnsChangesIntoSecrets(t, admin)
}

// turnsChangesIntoSecrets has a Prometheus in one namespace select the monitors of the other, by the label that each namespace has.
func turnsChangesIntoSecrets(t *testing.T, c client.Client) {
	t.Helper()
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "main"}}
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	p.Spec.ServiceMonitorNamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "team-b"}}
	if err := c.Create(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	var before []byte
	for _, name := range []string{"first", "second"} {
		m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{Namespace: "team-b", Name: name}}
		m.Spec.Endpoints = []v1.Endpoint{{Port: "web"}}
		if err := c.Create(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		before = published(t, c, before)
	}
}

// published waits for a configuration other than before.
func published(t *testing.T, c client.Client, before []byte) []byte {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var secret corev1.Secret
		err := c.Get(t.Context(), client.ObjectKey{Namespace: "team-a", Name: "prometheus-main"}, &secret)
		if now := secret.Data["prometheus.yaml.gz"]; err == nil && len(now) > 0 && !bytes.Equal(now, before) {
			return now
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no configuration after a minute: %v", err)
		}
	}
}

func shippedRole(t *testing.T) []rbacv1.PolicyRule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("config", "rbac", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(data, &role); err != nil {
		t.Fatal(err)
	}
	return role.Rules
}

func without(rules []rbacv1.PolicyRule, resource string) []rbacv1.PolicyRule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].Resources = slices.DeleteFunc(slices.Clone(out[i].Resources), func(r string) bool { return r == resource })
	}
	return slices.DeleteFunc(out, func(r rbacv1.PolicyRule) bool { return len(r.Resources) == 0 })
}

// grant gives the user tenant rights in a namespace, in the place of those before.
func grant(t *testing.T, c client.Client, namespace string, rules []rbacv1.PolicyRule) {
	t.Helper()
	name := metav1.ObjectMeta{Namespace: namespace, Name: "promloop"}
	role := &rbacv1.Role{ObjectMeta: name, Rules: rules}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "tenant"}},
	}
	err := c.Create(t.Context(), role)
	if client.IgnoreAlreadyExists(err) == nil && err != nil {
		if err := c.Update(t.Context(), role); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, err := range []error{err, c.Create(t.Context(), binding)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}
