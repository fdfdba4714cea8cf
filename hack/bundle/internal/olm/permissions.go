package olm

import (
	"fmt"
	"slices"

	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// grant is a role bound to an account of the CSV.
type grant struct {
	account string
	role    string // <kind>/<name>
	cluster bool   // in every namespace
	rules   []rbacv1.PolicyRule
}

// addPermissions turns the bindings of the deployments' accounts into the CSV's permissions.
func addPermissions(csv *v1alpha1.ClusterServiceVersion, objects []tree.Object) error {
	grants, err := grantsOf(objects, accounts(csv))
	if err != nil {
		return err
	}
	strategy := &csv.Spec.InstallStrategy.StrategySpec
	for _, g := range grants {
		list := &strategy.Permissions
		if g.cluster {
			list = &strategy.ClusterPermissions
		}
		i := slices.IndexFunc(*list, func(p v1alpha1.StrategyDeploymentPermissions) bool { return p.ServiceAccountName == g.account })
		if i < 0 {
			i = len(*list)
			*list = append(*list, v1alpha1.StrategyDeploymentPermissions{ServiceAccountName: g.account})
		}
		(*list)[i].Rules = append((*list)[i].Rules, g.rules...)
	}
	return nil
}

// accounts are those that the CSV's deployments run as.
func accounts(csv *v1alpha1.ClusterServiceVersion) map[string]bool {
	names := map[string]bool{}
	for _, d := range csv.Spec.InstallStrategy.StrategySpec.DeploymentSpecs {
		names[d.Spec.Template.Spec.ServiceAccountName] = true
	}
	return names
}

// grantsOf follows every binding to its role. A binding to a role that the tree does not have is an error: the operator would lack
// the right on every cluster.
func grantsOf(objects []tree.Object, accounts map[string]bool) ([]grant, error) {
	rules, err := rulesByRole(objects)
	if err != nil {
		return nil, err
	}
	bindings, err := bindingsOf(objects)
	if err != nil {
		return nil, err
	}
	var grants []grant
	for _, b := range bindings {
		role := b.RoleRef.Kind + "/" + b.RoleRef.Name
		for _, subject := range b.Subjects {
			if subject.Kind != rbacv1.ServiceAccountKind || !accounts[subject.Name] {
				continue
			}
			found, ok := rules[role]
			if !ok {
				return nil, fmt.Errorf("%s %s: its role %s is not in config/rbac", b.Kind, b.Name, role)
			}
			grants = append(grants, grant{account: subject.Name, role: role, cluster: b.Kind == "ClusterRoleBinding", rules: found})
		}
	}
	return grants, nil
}

// bindingsOf reads both kinds of binding; they have the same fields.
func bindingsOf(objects []tree.Object) ([]rbacv1.ClusterRoleBinding, error) {
	return tree.Into[rbacv1.ClusterRoleBinding](slices.Concat(tree.OfKind(objects, "ClusterRoleBinding"), tree.OfKind(objects, "RoleBinding")))
}

func rulesByRole(objects []tree.Object) (map[string][]rbacv1.PolicyRule, error) {
	roles, err := tree.Into[rbacv1.ClusterRole](slices.Concat(tree.OfKind(objects, "ClusterRole"), tree.OfKind(objects, "Role")))
	if err != nil {
		return nil, err
	}
	rules := map[string][]rbacv1.PolicyRule{}
	for _, r := range roles {
		rules[r.Kind+"/"+r.Name] = r.Rules
	}
	return rules, nil
}
