package world

import (
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/promloop/promloop/api/v1"
)

func TestScope(t *testing.T) {
	cases := map[string]struct {
		reason        string
		scope         Scope
		sees, manages bool
	}{
		"Everything":    {"without flags the whole cluster counts", Scope{}, true, true},
		"Allowed":       {"a listed namespace counts for both", Scope{Namespaces: []string{"a"}}, true, true},
		"NotAllowed":    {"another one counts for nothing", Scope{Namespaces: []string{"b"}}, false, false},
		"Denied":        {"a denied namespace counts for nothing", Scope{DenyNamespaces: []string{"a"}}, false, false},
		"InstancesOnly": {"Prometheuses may be elsewhere than what they select", Scope{Namespaces: []string{"b"}, InstanceNamespaces: []string{"a"}}, false, true},
		"OtherLabels":   {"the instance selector chooses Prometheuses, not monitors", Scope{InstanceSelector: labels.SelectorFromSet(labels.Set{"x": "y"})}, true, false},
		"OtherOperator": {"a Prometheus of another operator is left alone", Scope{ControllerID: "mine"}, true, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &v1.Prometheus{}
			p.Namespace = "a"
			if got := tc.scope.Sees("a"); got != tc.sees {
				t.Errorf("%s: Sees is %v", tc.reason, got)
			}
			if got := tc.scope.Manages(p); got != tc.manages {
				t.Errorf("%s: Manages is %v", tc.reason, got)
			}
		})
	}
}
