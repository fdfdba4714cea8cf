package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
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

	It("has the rights of its roles and no other", func(ctx SpecContext) {
		given := rightsOf(ctx, operatorAccount, namespace)
		everybodys := rightsOf(ctx, "system:serviceaccount:default:default", namespace)
		var declared []string
		for _, name := range []string{"promloop-manager-role", "promloop-webhook-authority"} {
			var role rbacv1.ClusterRole
			Expect(running.Client.Get(ctx, client.ObjectKey{Name: name}, &role)).To(Succeed())
			for _, r := range role.Rules {
				declared = append(declared, rights(r.APIGroups, r.Resources, r.ResourceNames, r.Verbs)...)
			}
		}
		extra := slices.DeleteFunc(given, func(r string) bool { return slices.Contains(everybodys, r) })
		Expect(extra).To(ConsistOf(declared), "outside its own namespace")
		row("rights: %d, all of them in the operator's ClusterRoles", len(declared))
		for _, r := range slices.Sorted(slices.Values(declared)) {
			row("  may %s", r)
		}
	}, SpecTimeout(time.Minute))

	It("runs pods that meet the level restricted", func(ctx SpecContext) {
		for _, ns := range []string{system, namespace} {
			Expect(warningsAt(ctx, ns, "restricted")).To(BeEmpty(), ns)
			Expect(podsIn(ctx, ns)).NotTo(BeEmpty(), "there are pods to be judged in %s", ns)
		}
		row("pods of operator and Prometheus meet the Pod Security level restricted")
	}, SpecTimeout(time.Minute))
}

// rightsOf asks the API server for everything that an account may do in a namespace.
func rightsOf(ctx context.Context, account, ns string) []string {
	GinkgoHelper()
	config := running.Cluster.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: account, Groups: []string{"system:serviceaccounts", "system:authenticated"}}
	as, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	review, err := as.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx,
		&authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: ns}}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	Expect(review.Status.Incomplete).To(BeFalse(), review.Status.EvaluationError)
	var out []string
	for _, r := range review.Status.ResourceRules {
		out = append(out, rights(r.APIGroups, r.Resources, r.ResourceNames, r.Verbs)...)
	}
	return out
}

// rights are one line a resource: "get,list pods", "patch validatingwebhookconfigurations.admissionregistration.k8s.io/name".
func rights(groups, resources, names, verbs []string) []string {
	suffix := ""
	if len(names) > 0 {
		suffix = "/" + strings.Join(names, ",")
	}
	var out []string
	for _, group := range groups {
		for _, resource := range resources {
			if group != "" {
				resource += "." + group
			}
			out = append(out, strings.Join(slices.Sorted(slices.Values(verbs)), ",")+" "+resource+suffix)
		}
	}
	return out
}

// warningsAt is what the API server would say about the running pods of a namespace at a Pod Security level.
func warningsAt(ctx context.Context, ns, level string) []string {
	GinkgoHelper()
	heard := &warnings{}
	config := running.Cluster.Config()
	config.WarningHandler = heard
	c, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	patch := fmt.Sprintf(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":%q,"pod-security.kubernetes.io/enforce-version":"latest"}}}`, level)
	_, err = c.CoreV1().Namespaces().Patch(ctx, ns, types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	Expect(err).NotTo(HaveOccurred())
	return heard.all
}

// warnings keeps the API server's warnings.
type warnings struct{ all []string }

func (w *warnings) HandleWarningHeader(_ int, _, text string) { w.all = append(w.all, text) }

func podsIn(ctx context.Context, ns string) []corev1.Pod {
	GinkgoHelper()
	var pods corev1.PodList
	Expect(running.Client.List(ctx, &pods, client.InNamespace(ns))).To(Succeed())
	return pods.Items
}
