package v1_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	apply "github.com/promloop/promloop/api/v1/applyconfiguration/api/v1"
)

// An apply configuration sends what was set and nothing else: a field sent by chance would become the caller's.
func TestApplyConfigurationSendsOnlyWhatIsSet(t *testing.T) {
	configuration := apply.ServiceMonitor("web", "shop").
		WithSpec(apply.ServiceMonitorSpec().WithEndpoints(apply.Endpoint().WithPort("http")))
	sent, err := json.Marshal(configuration)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"ServiceMonitor","apiVersion":"monitoring.coreos.com/v1","metadata":{"name":"web","namespace":"shop"},"spec":{"endpoints":[{"port":"http"}]}}`
	if diff := cmp.Diff(want, string(sent)); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	var received v1.ServiceMonitor
	if err := json.Unmarshal(sent, &received); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]v1.Endpoint{{Port: "http"}}, received.Spec.Endpoints); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(metav1.ObjectMeta{Name: "web", Namespace: "shop"}, received.ObjectMeta); diff != "" {
		t.Errorf("received (-want +got):\n%s", diff)
	}
}
