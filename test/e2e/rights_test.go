package e2e

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const operatorAccount = "system:serviceaccount:promloop-system:promloop-controller-manager"

func isHeldToItsRights() {
	It("may change one annotation of a pod and nothing else of it", func(ctx SpecContext) {
		name := pod(ctx, 0).Name
		as := func(args ...string) error {
			_, err := running.Cluster.Kubectl(ctx, append(args, "-n", namespace, "--as", operatorAccount)...)
			return err
		}
		Expect(as("annotate", "pod", name, "promloop.dev/release={\"attempt\":-1}", "--overwrite")).To(Succeed())
		Expect(as("annotate", "pod", name, "other=1")).To(MatchError(ContainSubstring("no other")))
		Expect(as("label", "pod", name, "other=1")).To(MatchError(ContainSubstring("labels")))
		Expect(as("set", "image", "pod/"+name, "prometheus=other")).To(MatchError(ContainSubstring("spec")))
		Expect(as("delete", "pod", name)).To(MatchError(ContainSubstring("forbidden")))
	}, SpecTimeout(time.Minute))

	It("may not read what it did not ask for", func(ctx SpecContext) {
		for _, question := range [][]string{
			{"create", "pods"}, {"create", "pods/exec"}, {"delete", "nodes"}, {"create", "clusterroles"}, {"impersonate", "users"}, {"get", "*"},
		} {
			answer, err := running.Cluster.Kubectl(ctx, append([]string{"auth", "can-i", "--as", operatorAccount}, question...)...)
			Expect(answer).To(HavePrefix("no"), "%v: %v", question, err)
		}
	}, SpecTimeout(time.Minute))
}
