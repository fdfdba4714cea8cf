package nodelet_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var _ = Describe("Volumes", func() {
	var namespace string
	BeforeEach(func(ctx SpecContext) { namespace = newNamespace(ctx) })

	It("follow their Secret at the next sync, and at once when the pod is poked", func(ctx SpecContext) {
		writeSecret(ctx, namespace, "s", "one")
		p := create(ctx, pod(namespace, "reader", mounting(secretAndPoke())))
		settle(ctx, p)
		Expect(file(ctx, p, "/volume/key")()).To(Equal("one"))

		began := time.Now()
		writeSecret(ctx, namespace, "s", "two")
		Consistently(file(ctx, p, "/volume/key"), 500*time.Millisecond).Should(Equal("one"), "a write alone wakes nobody")
		Eventually(file(ctx, p, "/volume/key")).Should(Equal("two"))
		Expect(time.Since(began)).To(BeNumerically("<", 7*time.Second), "6 s to the next sync, and two loops")

		settle(ctx, p)
		began = time.Now()
		writeSecret(ctx, namespace, "s", "three")
		poke(ctx, p)
		Eventually(file(ctx, p, "/volume/key")).Should(Equal("three"))
		Expect(time.Since(began)).To(BeNumerically("<", time.Second), "0.3 s after the last sync at most, and two loops")
	})

	It("show an optional ConfigMap that is created later, and lose it when it goes", func(ctx SpecContext) {
		yes := true
		p := create(ctx, pod(namespace, "reader", mounting(corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
			Sources: []corev1.VolumeProjection{
				{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "late"}, Optional: &yes}},
				downwardPoke(),
			}}})))
		Expect(ask(ctx, p, "/list", "glob", "/volume/[^.]*")).To(Equal("/volume/poke"))
		settle(ctx, p)
		_, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"},
			Data: map[string]string{"rules": "here"}}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		value := poke(ctx, p)
		Eventually(file(ctx, p, "/volume/rules")).Should(Equal("here"))
		Expect(file(ctx, p, "/volume/poke")()).To(Equal(value), "both sources came in one swap")

		Expect(client.CoreV1().ConfigMaps(namespace).Delete(ctx, "late", metav1.DeleteOptions{})).To(Succeed())
		poke(ctx, p)
		Eventually(func() string { return ask(ctx, p, "/list", "glob", "/volume/[^.]*") }).Should(Equal("/volume/poke"))
	})

	It("hold a container back whose Secret is missing", func(ctx SpecContext) {
		p := pod(namespace, "waiting", mounting(corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "s"}}))
		_, err := client.CoreV1().Pods(namespace).Create(ctx, p, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() string { return get(ctx, p).Status.Message }).Should(ContainSubstring(`secret "s" not found`))
		writeSecret(ctx, namespace, "s", "one")
		Eventually(condition(ctx, p, corev1.PodReady)).Should(Equal(corev1.ConditionTrue))
	})

	It("are as writable, large and deep as the pod says", func(ctx SpecContext) {
		size := resource.MustParse("64Ki")
		p := create(ctx, pod(namespace, "writer", mounting(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
			Medium: corev1.StorageMediumMemory, SizeLimit: &size}}), func(p *corev1.Pod) {
			yes := true
			c := &p.Spec.Containers[0]
			c.SecurityContext = &corev1.SecurityContext{ReadOnlyRootFilesystem: &yes,
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}
			c.VolumeMounts = append(c.VolumeMounts,
				corev1.VolumeMount{Name: "volume", MountPath: "/readonly", ReadOnly: true},
				corev1.VolumeMount{Name: "volume", MountPath: "/below", SubPath: "a/b"})
		}))
		write := func(path, text string) string { return ask(ctx, p, "/write", "path", path, "text", text) }
		Expect(write("/volume/x", "hello")).To(BeEmpty())
		Expect(file(ctx, p, "/readonly/x")()).To(Equal("hello"))
		Expect(write("/readonly/x", "")).To(ContainSubstring("read-only file system"))
		Expect(write("/x", "")).To(ContainSubstring("read-only file system"))
		Expect(write("/below/y", "deep")).To(BeEmpty())
		Expect(file(ctx, p, "/volume/a/b/y")()).To(Equal("deep"))
		Expect(write("/volume/big", string(make([]byte, 100_000)))).To(ContainSubstring("no space left on device"))
		Expect(file(ctx, p, "/proc/1/status")()).To(MatchRegexp(`CapEff:\s+0+\n`))
	})

	It("of a claim outlive the pod, which a StatefulSet makes anew behind its headless Service", func(ctx SpecContext) {
		startStatefulSet(ctx, namespace)
		first := get(ctx, pod(namespace, "set-0"))
		Expect(ask(ctx, first, "/write", "path", "/data/kept", "text", "from the first pod")).To(BeEmpty())
		Eventually(addresses(ctx, namespace)).Should(ConsistOf(first.Status.PodIP, get(ctx, pod(namespace, "set-1")).Status.PodIP))
		endpoints, err := control.Kubectl(ctx, "get", "endpoints", "set", "-n", namespace, "-o", "jsonpath={.subsets[*].addresses[*].targetRef.name}")
		Expect(err).NotTo(HaveOccurred())
		Expect(endpoints).To(ContainSubstring("set-0"))

		Expect(client.CoreV1().Pods(namespace).Delete(ctx, "set-0", metav1.DeleteOptions{})).To(Succeed())
		Eventually(func(g Gomega) {
			second, err := client.CoreV1().Pods(namespace).Get(ctx, "set-0", metav1.GetOptions{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(second.UID).NotTo(Equal(first.UID))
			g.Expect(second.Status.PodIP).NotTo(BeElementOf("", first.Status.PodIP))
			g.Expect(file(ctx, second, "/data/kept")()).To(Equal("from the first pod"))
		}).Should(Succeed())
	})

	DescribeTable("suffer what volumes suffer on a node", func(ctx SpecContext, begin func(), end func()) {
		writeSecret(ctx, namespace, "s", "one")
		p := create(ctx, pod(namespace, "reader", mounting(secretAndPoke())))
		settle(ctx, p)
		begin()
		DeferCleanup(end)
		writeSecret(ctx, namespace, "s", "two")
		poke(ctx, p)
		Consistently(file(ctx, p, "/volume/key"), 1500*time.Millisecond).Should(Equal("one"), "the fault keeps the change away")
		end()
		Eventually(func() string {
			poke(ctx, p)
			return file(ctx, p, "/volume/key")()
		}, 10*time.Second, 500*time.Millisecond).Should(Equal("two"), "a later poke brings it")
	},
		Entry("a kubelet that stands still", func() { node.Hold() }, func() { node.Release() }),
		Entry("requests that get lost", func() { node.DropRemounts(true) }, func() { node.DropRemounts(false) }),
		Entry("a Secret watch that lags", func() { node.LagSecrets(3 * time.Second) }, func() { node.LagSecrets(0) }),
		Entry("a pod watch that lags", func() { node.LagPods(3 * time.Second) }, func() { node.LagPods(0) }),
	)

	It("can be emptied for good under a running container", func(ctx SpecContext) {
		writeSecret(ctx, namespace, "s", "one")
		p := create(ctx, pod(namespace, "reader", mounting(secretAndPoke())))
		settle(ctx, p)
		Expect(node.EmptyVolume(named(p), "volume")).To(Succeed())
		Expect(ask(ctx, p, "/list", "glob", "/volume/[^.]*")).To(BeEmpty())
		poke(ctx, p)
		Consistently(func() string { return ask(ctx, p, "/list", "glob", "/volume/[^.]*") }, 1500*time.Millisecond).Should(BeEmpty())
		ask(ctx, p, "/exit", "code", "0")
		Eventually(file(ctx, p, "/volume/key")).Should(Equal("one"), "a restarted container gets the new directory")
	})
})

// mounting gives the pod a volume at /volume.
func mounting(source corev1.VolumeSource) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "volume", VolumeSource: source}}
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "volume", MountPath: "/volume"}}
	}
}

func writeSecret(ctx context.Context, namespace, name, value string) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: map[string]string{"key": value}}
	_, err := client.CoreV1().Secrets(namespace).Update(ctx, secret, metav1.UpdateOptions{})
	if err != nil {
		_, err = client.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{})
	}
	Expect(err).NotTo(HaveOccurred())
}

// poke changes an annotation of the pod and returns its new value.
func poke(ctx context.Context, p *corev1.Pod) string {
	GinkgoHelper()
	value := fmt.Sprint(time.Now().UnixNano())
	_, err := client.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.MergePatchType,
		fmt.Appendf(nil, `{"metadata":{"annotations":{"poke":%q}}}`, value), metav1.PatchOptions{})
	Expect(err).NotTo(HaveOccurred())
	return value
}

// secretAndPoke is a volume that shows the Secret s, and in the file poke which poke it has seen.
func secretAndPoke() corev1.VolumeSource {
	return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}}},
		downwardPoke(),
	}}}
}

func downwardPoke() corev1.VolumeProjection {
	return corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "poke",
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['poke']"}}}}}
}

// settle waits until the pod has just been synced, so that the next sync by itself is at least 4 s away.
func settle(ctx context.Context, p *corev1.Pod) {
	GinkgoHelper()
	Eventually(file(ctx, p, "/volume/poke")).Should(Equal(poke(ctx, p)))
}

// startStatefulSet makes two pods with a claim each, behind a headless Service, and waits until they are ready.
func startStatefulSet(ctx context.Context, namespace string) {
	GinkgoHelper()
	labels := map[string]string{"app": "set"}
	_, err := client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "set"},
		Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Selector: labels, Ports: []corev1.ServicePort{{Name: "web", Port: 8080}}}},
		metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	two, template := int32(2), pod("", "", func(p *corev1.Pod) {
		p.Labels = labels
		p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	})
	claim := corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}}}}
	_, err = client.AppsV1().StatefulSets(namespace).Create(ctx, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "set"},
		Spec: appsv1.StatefulSetSpec{Replicas: &two, ServiceName: "set", Selector: &metav1.LabelSelector{MatchLabels: labels},
			PodManagementPolicy: appsv1.ParallelPodManagement, VolumeClaimTemplates: []corev1.PersistentVolumeClaim{claim},
			Template: corev1.PodTemplateSpec{ObjectMeta: template.ObjectMeta, Spec: template.Spec}}}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	Eventually(func(g Gomega) {
		set, err := client.AppsV1().StatefulSets(namespace).Get(ctx, "set", metav1.GetOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(set.Status.ReadyReplicas).To(Equal(two))
	}).Should(Succeed())
}

// addresses lists the ready addresses of the Service's EndpointSlices.
func addresses(ctx context.Context, namespace string) func(Gomega) []string {
	return func(g Gomega) []string {
		slices, err := client.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=set"})
		g.Expect(err).NotTo(HaveOccurred())
		var found []string
		for _, slice := range slices.Items {
			for _, endpoint := range slice.Endpoints {
				if endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
					found = append(found, endpoint.Addresses...)
				}
			}
		}
		return found
	}
}
