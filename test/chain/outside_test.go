package chain

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/chain/stack"
)

var _ = Describe("An operator outside of the cluster", Serial, func() {
	It("asks the sidecars through the API server's proxy of pods", func(ctx SpecContext) {
		t := newTeam(ctx, "outside")
		secure := newSecureTeam(ctx, "outsidesecure", byReferences)
		Expect(running.Operator.Stop()).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(running.Operator.Start(ctx)).To(Succeed()) })
		outside, err := running.StartOperator(ctx, stack.OperatorOptions{Name: "outside", Flags: []string{
			"--leader-elect=false", "--sidecar-access=auto", // there is no cluster in the environment of a test
		}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(outside.Dismiss)
		rule := t.rule("Outside", "up == 0")
		create(ctx, rule)
		Eventually(expressions(ctx, t.replica(ctx, 0))).WithContext(ctx).WithTimeout(time.Minute).Should(HaveKey("Outside"))
		Expect(t.loadedCondition(ctx)()).To(And(HaveField("Status", v1.ConditionUnknown), HaveField("Reason", "NoReport")),
			"the operator's role in a cluster has no right to the proxy")

		mayProxy(ctx, "promloop")
		t.eventuallyLoaded(ctx)
		second := t.rule("Proved", "up == 1")
		create(ctx, second)
		t.eventuallyServes(ctx, second, 20*time.Second)
		create(ctx, secure.rule("Encrypted", "up == 0"))
		Eventually(expressions(ctx, secure.secureReplica(ctx))).WithContext(ctx).Should(HaveKey("Encrypted"))
		secure.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))
})

// mayProxy gives a user what an administrator has who runs the operator on his own machine.
func mayProxy(ctx SpecContext, user string) {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "pod-proxy"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods/proxy"}, Verbs: []string{"get"}}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	create(ctx, role)
	create(ctx, binding)
	DeferCleanup(func(ctx SpecContext) { remove(ctx, binding); remove(ctx, role) })
}
