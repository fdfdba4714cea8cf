package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/e2e/rig"
)

func isUndeployed() {
	It("leaves users' objects and what runs when it is undeployed", func(ctx SpecContext) {
		uids, before := uidsOfPods(ctx), restarts(ctx)
		guest := &corev1.ConfigMap{}
		guest.Namespace, guest.Name = system, "guest"
		Expect(running.Client.Create(ctx, guest)).To(Succeed())
		undeploy(ctx)
		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(guest), guest)).To(Succeed(), "what users put into the namespace stays")
		inAll(ctx, servers(ctx), hasExpression(ctx, "Watchdog", "vector(1)"))
		Expect(uidsOfPods(ctx)).To(Equal(uids))
		Expect(restarts(ctx)).To(Equal(before))
		Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: main}, &v1.Prometheus{})).To(Succeed())
		Expect(running.Client.Delete(ctx, guest)).To(Succeed())
		row("make undeploy: operator gone, Prometheus and its objects untouched")
	}, SpecTimeout(3*time.Minute))
}

// undeploy takes the operator away, and waits for its pods to end.
func undeploy(ctx context.Context) {
	GinkgoHelper()
	Expect(running.Make(ctx, "undeploy")).To(Succeed())
	Eventually(operatorPods).WithContext(ctx).Should(BeEmpty())
}

// isInstalledInEveryWay brings the operator back and takes it away again, in each way that docs/install.md describes. What it looked
// after runs on meanwhile.
func isInstalledInEveryWay() {
	It("is installed with Helm", func(ctx SpecContext) {
		for _, chart := range []string{"charts/promloop-crds", "charts/promloop"} {
			out, err := running.Helm(ctx, "lint", "--strict", chart)
			Expect(err).NotTo(HaveOccurred())
			Expect(out).To(ContainSubstring("0 chart(s) failed"))
		}
		helm := func(args ...string) {
			GinkgoHelper()
			_, err := running.Helm(ctx, args...)
			Expect(err).NotTo(HaveOccurred())
		}
		helm("upgrade", "--install", "promloop-crds", "charts/promloop-crds", "--take-ownership", "--force-conflicts")
		helm("upgrade", "--install", "promloop", "charts/promloop", "--namespace", system, "--create-namespace")
		_, err := running.Cluster.Kubectl(ctx, "label", "namespace", system, "pod-security.kubernetes.io/enforce=restricted")
		Expect(err).NotTo(HaveOccurred())
		worksAgain(ctx, "helm")
		helm("uninstall", "promloop", "--namespace", system, "--wait")
		Expect(running.Client.Delete(ctx, namespaceObject(system))).To(Succeed())
		isNamespaceGone(ctx, system)
		Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: main}, &v1.Prometheus{})).To(Succeed())
	}, SpecTimeout(6*time.Minute))

	It("is installed by the Operator Lifecycle Manager", func(ctx SpecContext) {
		olm, err := running.StartOLM(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(olm.Stop()).To(Succeed()) })
		Expect(running.InstallBundle(ctx, system)).To(Succeed())
		csv := &unstructured.Unstructured{}
		csv.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(v1alpha1.ClusterServiceVersionKind))
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: system, Name: "promloop." + rig.Version}, csv)).To(Succeed())
			g.Expect(csv.Object).To(HaveKeyWithValue("status", HaveKeyWithValue("phase", "Succeeded")))
		}).WithContext(ctx).Should(Succeed(), func() string { return fmt.Sprint(csv.Object["status"]) })
		worksAgain(ctx, "olm")
		Expect(running.Client.Delete(ctx, csv)).To(Succeed())
		Eventually(func(g Gomega) { g.Expect(operatorPods(ctx)).To(BeEmpty()) }).WithContext(ctx).Should(Succeed())
		Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: main}, &v1.Prometheus{})).To(Succeed())
		Expect(running.Client.Delete(ctx, namespaceObject(system))).To(Succeed())
		isNamespaceGone(ctx, system)
	}, SpecTimeout(8*time.Minute))

	It("is installed from one file, and uninstalled", func(ctx SpecContext) {
		Expect(running.Make(ctx, "uninstall")).To(Succeed())
		for n := range replicas {
			isGone(ctx, podKey(namespace, n), &corev1.Pod{})
		}
		Expect(running.Make(ctx, "build-installer")).To(Succeed())
		Expect(running.Apply(ctx, filepath.Join(rig.Root(), "dist", "install.yaml"))).To(Succeed())
		Expect(running.ApplySamples(ctx)).To(Succeed())
		worksAgain(ctx, "one-file")
		Expect(running.Make(ctx, "undeploy", "uninstall")).To(Succeed())
	}, SpecTimeout(6*time.Minute))
}

// worksAgain waits until an operator that was just installed is served, refuses a bad rule, and has made a good one live.
func worksAgain(ctx context.Context, way string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(operatorPods(ctx)).To(And(HaveLen(2), HaveEach(HaveField("Status.Conditions", ContainElement(And(
			HaveField("Type", corev1.PodReady), HaveField("Status", corev1.ConditionTrue)))))))
	}).WithContext(ctx).Should(Succeed())
	Eventually(func() error {
		return running.Client.Create(ctx, rule("bad", "up =="), client.DryRunAll)
	}).WithContext(ctx).WithTimeout(time.Minute).Should(MatchError(ContainSubstring("parse error")))
	eventuallyLoaded(ctx)
	all := servers(ctx)
	began := time.Now()
	Expect(running.Client.Create(ctx, rule("by-"+way, "vector(1)"))).To(Succeed())
	inAll(ctx, all, hasExpression(ctx, "by-"+way, "vector(1)"))
	row("installed by %s: bad rule refused, good one live after %.1f s", way, time.Since(began).Seconds())
}

func operatorPods(ctx context.Context) []corev1.Pod {
	GinkgoHelper()
	var pods corev1.PodList
	Expect(running.Client.List(ctx, &pods, client.InNamespace(system), client.MatchingLabels{"control-plane": "controller-manager"})).To(Succeed())
	return pods.Items
}

func uidsOfPods(ctx context.Context) []types.UID {
	GinkgoHelper()
	var out []types.UID
	for n := range replicas {
		out = append(out, pod(ctx, n).UID)
	}
	return out
}

func namespaceObject(name string) *corev1.Namespace {
	ns := &corev1.Namespace{}
	ns.Name = name
	return ns
}

// isGone waits until the API server has no such object.
func isGone(ctx context.Context, key client.ObjectKey, o client.Object) {
	GinkgoHelper()
	Eventually(func() bool { return apierrors.IsNotFound(running.Client.Get(ctx, key, o)) }).WithContext(ctx).Should(BeTrue(), key.String())
}

func isNamespaceGone(ctx context.Context, name string) {
	GinkgoHelper()
	isGone(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
}
