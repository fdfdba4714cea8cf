package nodelet_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var _ = Describe("A pod", func() {
	It("runs its command with its variables", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		_, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"},
			Data: map[string]string{"k": "from a ConfigMap"}}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		yes := true
		p := create(ctx, pod(namespace, "plain", func(p *corev1.Pod) {
			c := &p.Spec.Containers[0]
			c.Args = []string{"serve", "$(NAME)", "$$(NAME)", "$(UNKNOWN)"}
			c.Env = []corev1.EnvVar{
				{Name: "NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
				{Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
				{Name: "COMPOSED", Value: "$(NAME)@$(IP)"},
				{Name: "KEY", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: "c"}, Key: "k"}}},
				{Name: "NONE", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
					LocalObjectReference: corev1.LocalObjectReference{Name: "absent"}, Key: "k", Optional: &yes}}},
			}
			c.EnvFrom = []corev1.EnvFromSource{{Prefix: "C_", ConfigMapRef: &corev1.ConfigMapEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}}}
		}))
		Expect(ask(ctx, p, "/args")).To(Equal("/bin/testpod serve plain $(NAME) $(UNKNOWN)"))
		Expect(ask(ctx, p, "/env", "name", "COMPOSED")).To(Equal("plain@" + p.Status.PodIP))
		Expect(ask(ctx, p, "/env", "name", "KEY")).To(Equal("from a ConfigMap"))
		Expect(ask(ctx, p, "/env", "name", "C_k")).To(Equal("from a ConfigMap"))
		Expect(ask(ctx, p, "/env", "name", "NONE")).To(BeEmpty())
		Expect(file(ctx, p, "/etc/hosts")()).To(ContainSubstring(p.Status.PodIP + "\tplain"))
		Expect(node.Logs(named(p), "main")).To(ContainSubstring("serving with arguments"))
	})

	It("reaches the apiserver with the token in its volume", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "client"))
		own := "/api/v1/namespaces/" + p.Namespace + "/pods"
		Expect(ask(ctx, p, "/apiserver", "path", own)).To(HavePrefix("403"), "known, but without rights")
		_, err := control.Kubectl(ctx, "create", "rolebinding", "view", "-n", p.Namespace, "--clusterrole=view",
			"--serviceaccount="+p.Namespace+":default")
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() string { return ask(ctx, p, "/apiserver", "path", own) }).Should(HavePrefix("200"))
	})

	It("can be looked into through the apiserver", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "open"))
		logs := func(more ...string) (string, error) {
			return control.Kubectl(ctx, append([]string{"logs", "-n", p.Namespace, p.Name}, more...)...)
		}
		Expect(logs()).To(Equal("serving with arguments [serve]\n"))
		Expect(control.Kubectl(ctx, "get", "--raw", "/api/v1/namespaces/"+p.Namespace+"/pods/open:8080/proxy/args")).
			To(Equal("/bin/testpod serve"))
		_, err := logs("--previous")
		Expect(err).To(MatchError(ContainSubstring("has not been restarted")))
		ask(ctx, p, "/exit", "code", "0")
		Eventually(func() error { _, err := logs("--previous", "--tail=1"); return err }).Should(Succeed())
	})

	It("runs init containers one after the other, again and again until they succeed", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "init", func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "shared", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
			mounts := []corev1.VolumeMount{{Name: "shared", MountPath: "/shared"}}
			p.Spec.InitContainers = []corev1.Container{
				{Name: "first", Image: "testpod", Args: []string{"fail-once", "/shared/tried"}, VolumeMounts: mounts},
				{Name: "second", Image: "testpod", Args: []string{"check", "/shared/tried"}, VolumeMounts: mounts},
			}
		}))
		Expect(p.Status.InitContainerStatuses[0].RestartCount).To(BeEquivalentTo(1))
		Expect(p.Status.InitContainerStatuses[0].LastTerminationState.Terminated.ExitCode).To(BeEquivalentTo(1))
		Expect(p.Status.InitContainerStatuses[1].RestartCount).To(BeZero(), "it was not started before the first succeeded")
	})

	It("is ready while its probe says so", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "probed", func(p *corev1.Pod) {
			p.Spec.Containers[0].StartupProbe = &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 30,
				ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(8080)}}}
		}))
		ask(ctx, p, "/be", "ready", "false")
		Eventually(condition(ctx, p, corev1.PodReady)).Should(Equal(corev1.ConditionFalse))
		ask(ctx, p, "/be", "ready", "true")
		Eventually(condition(ctx, p, corev1.PodReady)).Should(Equal(corev1.ConditionTrue))
		Expect(get(ctx, p).Status.ContainerStatuses[0].RestartCount).To(BeZero())
	})

	It("has a container restarted that exits, is killed or fails its liveness probe", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "mortal", func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
			p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
			p.Spec.Containers[0].LivenessProbe = &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 1, InitialDelaySeconds: 5,
				ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"/bin/testpod", "check", "/data/alive"}}}}
		}))
		Expect(ask(ctx, p, "/write", "path", "/data/alive")).To(BeEmpty())
		Expect(ask(ctx, p, "/write", "path", "/tmp/scratch")).To(BeEmpty())

		ask(ctx, p, "/exit", "code", "7")
		Eventually(restarts(ctx, p)).Should(Equal(1))
		last := get(ctx, p).Status.ContainerStatuses[0].LastTerminationState.Terminated
		Expect(last.ExitCode).To(BeEquivalentTo(7))
		Eventually(file(ctx, p, "/data/alive")).Should(BeEmpty(), "an emptyDir outlives its containers")
		Expect(file(ctx, p, "/tmp/scratch")()).To(ContainSubstring("no such file"), "a container's own files do not outlive it")

		Expect(node.KillContainer(named(p), "main", syscall.SIGKILL)).To(Succeed())
		Eventually(restarts(ctx, p)).Should(Equal(2))
		Expect(get(ctx, p).Status.ContainerStatuses[0].LastTerminationState.Terminated.Signal).To(BeEquivalentTo(syscall.SIGKILL))

		dir, err := node.VolumeDir(named(p), "data")
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Remove(filepath.Join(dir, "alive"))).To(Succeed())
		Eventually(restarts(ctx, p)).Should(BeNumerically(">=", 3), "the liveness probe fails")
	})

	It("shows its processes to each other where they share a namespace", func(ctx SpecContext) {
		namespace := newNamespace(ctx)
		two := func(share bool) func(*corev1.Pod) {
			return func(p *corev1.Pod) {
				p.Spec.ShareProcessNamespace = &share
				p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "other", Image: "testpod",
					Args: []string{"serve", "other"}, Ports: []corev1.ContainerPort{{ContainerPort: 8080}}})
			}
		}
		alone := create(ctx, pod(namespace, "alone"))
		Expect(ask(ctx, alone, "/list", "glob", "/proc/[0-9]*")).To(Equal("/proc/1"))
		_, err := client.CoreV1().Pods(namespace).Create(ctx, pod(namespace, "shared", two(true)), metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		shared := pod(namespace, "shared")
		Eventually(func() string { return get(ctx, shared).Status.PodIP }).ShouldNot(BeEmpty())
		shared = get(ctx, shared)
		Eventually(func() []string {
			return strings.Fields(ask(ctx, shared, "/list", "glob", "/proc/[0-9]*"))
		}).Should(HaveLen(2), "the second can't listen and ends; pause and the first are left")
	})

	It("can be cut off on one port", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "blocked"))
		unblock, err := node.BlockPort(named(p), 8080)
		Expect(err).NotTo(HaveOccurred())
		Expect(ask(ctx, p, "/args")).To(ContainSubstring("deadline exceeded"))
		Expect(unblock()).To(Succeed())
		Eventually(func() string { return ask(ctx, p, "/args") }).Should(HavePrefix("/bin/testpod"))
	})

	It("says why it can't start", func(ctx SpecContext) {
		p := pod(newNamespace(ctx), "stuck", func(p *corev1.Pod) { p.Spec.Containers[0].Image = "example.com/unknown:v1" })
		_, err := client.CoreV1().Pods(p.Namespace).Create(ctx, p, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(func(g Gomega) {
			statuses := get(ctx, p).Status.ContainerStatuses
			g.Expect(statuses).To(HaveLen(1))
			g.Expect(statuses[0].State.Waiting).NotTo(BeNil())
			g.Expect(statuses[0].State.Waiting.Reason).To(Equal("ErrImagePull"))
			g.Expect(statuses[0].State.Waiting.Message).To(ContainSubstring(`no image called "unknown"`))
		}).Should(Succeed())
	})

	It("is not ended by a kubelet that stands still", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "held"))
		node.Hold()
		DeferCleanup(node.Release)
		Expect(client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{})).To(Succeed())
		Consistently(func() string { return ask(ctx, p, "/args") }, "700ms").Should(Equal("/bin/testpod serve"))
		node.Release()
		Eventually(node.Pods).ShouldNot(ContainElement(named(p)))
	})

	It("leaves nothing behind", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "passing", func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "memory", VolumeSource: corev1.VolumeSource{
				EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}}}
			p.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "memory", MountPath: "/memory"}}
		}))
		dir, err := node.VolumeDir(named(p), "memory")
		Expect(err).NotTo(HaveOccurred())
		pid, err := node.PID(named(p), "main")
		Expect(err).NotTo(HaveOccurred())
		podDir := filepath.Dir(filepath.Dir(filepath.Dir(dir)))
		link := "pod" + p.Status.PodIP[strings.LastIndex(p.Status.PodIP, ".")+1:]
		Expect(mounts()).To(ContainSubstring(podDir))
		Expect(links()).To(ContainElement(link))

		Expect(client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{})).To(Succeed())
		Eventually(func() bool {
			_, err := client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		}).Should(BeTrue(), "the object goes last")
		Expect(mounts()).NotTo(ContainSubstring(podDir))
		Expect(links()).NotTo(ContainElement(link))
		Expect(podDir).NotTo(BeADirectory())
		Expect("/proc/" + strconv.Itoa(pid)).NotTo(BeADirectory())
		Eventually(node.Pods).ShouldNot(ContainElement(named(p)))
	})
})

func restarts(ctx context.Context, p *corev1.Pod) func(Gomega) int {
	return func(g Gomega) int {
		status := get(ctx, p).Status.ContainerStatuses[0]
		g.Expect(status.State.Running).NotTo(BeNil())
		count, err := node.RestartCount(named(p), "main")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(status.RestartCount).To(BeEquivalentTo(count))
		return count
	}
}

func mounts() string {
	GinkgoHelper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

func links() []string {
	GinkgoHelper()
	text, err := os.ReadFile("/proc/self/net/dev")
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for line := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}
