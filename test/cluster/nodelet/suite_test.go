package nodelet_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

func TestMain(m *testing.M) {
	cluster.Main(m, func(ctx context.Context, dir string) error {
		return cluster.GoBuild(ctx, "..", dir, "./internal/testpod")
	})
}

func TestNodelet(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	RunSpecs(t, "Nodelet")
}

// rhythm is a kubelet's, shortened: a sync by itself comes after 4 to 6 s instead of 60 to 90.
func rhythm() nodelet.Rhythm {
	return nodelet.Rhythm{
		Sync: 4 * time.Second, Loop: 50 * time.Millisecond, Relist: 300 * time.Millisecond,
		BackOff: 200 * time.Millisecond, MaxBackOff: time.Second, Second: 200 * time.Millisecond,
	}
}

var (
	control *cluster.Cluster
	node    *nodelet.Node
	client  *kubernetes.Clientset
)

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	control, err = cluster.Start(ctx, cluster.Options{})
	DeferCleanup(func() {
		if control != nil {
			Expect(control.Stop()).To(Succeed())
		}
	})
	Expect(err).NotTo(HaveOccurred())
	client, err = kubernetes.NewForConfig(control.Config())
	Expect(err).NotTo(HaveOccurred())
	node, err = nodelet.Start(ctx, nodelet.Options{
		Config: control.Config(), Rhythm: rhythm(), Log: GinkgoWriter,
		Images: []nodelet.Image{nodelet.BinaryImage("testpod", filepath.Join(cluster.Dir(), "testpod"))},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(node.Stop)
}, NodeTimeout(2*time.Minute))

// newNamespace makes a namespace for one spec, in which pods can be created at once.
func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	made, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}},
		metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	Eventually(func() error {
		_, err := client.CoreV1().ServiceAccounts(made.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	}).Should(Succeed())
	return made.Name
}

// pod returns a pod of one container that serves, changed by the caller's functions.
func pod(namespace, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	grace := int64(1)
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{{Name: "main", Image: "example.com/testpod:v1", Args: []string{"serve"},
				ReadinessProbe: &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 2, ProbeHandler: corev1.ProbeHandler{
					HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromInt32(8080)}}}}},
		},
	}
	for _, f := range change {
		f(p)
	}
	return p
}

// create creates a pod and waits until it is ready.
func create(ctx context.Context, p *corev1.Pod) *corev1.Pod {
	GinkgoHelper()
	_, err := client.CoreV1().Pods(p.Namespace).Create(ctx, p, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	Eventually(condition(ctx, p, corev1.PodReady)).Should(Equal(corev1.ConditionTrue), "the pod becomes ready")
	return get(ctx, p)
}

func get(ctx context.Context, p *corev1.Pod) *corev1.Pod {
	GinkgoHelper()
	p, err := client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	Expect(err).NotTo(HaveOccurred())
	return p
}

func condition(ctx context.Context, p *corev1.Pod, kind corev1.PodConditionType) func(Gomega) corev1.ConditionStatus {
	return func(g Gomega) corev1.ConditionStatus {
		now, err := client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		for _, c := range now.Status.Conditions {
			if c.Type == kind {
				return c.Status
			}
		}
		return corev1.ConditionUnknown
	}
}

// ask makes a request to the program in a pod and returns its answer, or what went wrong.
func ask(ctx context.Context, p *corev1.Pod, path string, query ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Status.PodIP+":8080"+path+"?"+values.Encode(), nil)
	if err != nil {
		return err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.Status, " ", string(text), err)
	}
	return string(text)
}

// file returns a function that reads a file inside the pod.
func file(ctx context.Context, p *corev1.Pod, path string) func() string {
	return func() string { return ask(ctx, p, "/file", "path", path) }
}

func named(p *corev1.Pod) nodelet.Pod { return nodelet.Pod{Namespace: p.Namespace, Name: p.Name} }
