// Package rbac_test reads the rights of the operator as they are shipped.
package rbac_test

import (
	"os"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// Leases are other programs' locks too: the operator's own is all that a Role in its own namespace gives it.
func TestNoRightToLeasesOfTheWholeCluster(t *testing.T) {
	t.Parallel()
	if len(leases(read(t, "leader_election_role.yaml"))) == 0 {
		t.Fatal("the Role of leader election says nothing of Leases")
	}
	for _, rule := range leases(read(t, "role.yaml")) {
		t.Errorf("in every namespace: %+v", rule)
	}
	for _, rule := range leases(read(t, "leader_election_role.yaml")) {
		if !slices.Equal(rule.Verbs, []string{"create"}) && len(rule.ResourceNames) == 0 {
			t.Errorf("without a name: %+v", rule)
		}
	}
}

func read(t *testing.T, file string) rbacv1.ClusterRole {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole // a Role has the same rules
	if err := yaml.Unmarshal(data, &role); err != nil {
		t.Fatal(err)
	}
	return role
}

func leases(role rbacv1.ClusterRole) []rbacv1.PolicyRule {
	return slices.DeleteFunc(role.Rules, func(r rbacv1.PolicyRule) bool { return !slices.Contains(r.Resources, "leases") })
}
