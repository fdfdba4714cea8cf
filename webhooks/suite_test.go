package webhooks_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/world"
	"github.com/promloop/promloop/webhooks"
	"github.com/promloop/promloop/webhooks/certificates"
)

func TestAdmission(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("KUBEBUILDER_ASSETS names no directory with etcd, kube-apiserver and kubectl; `make test-unit` builds them and sets it")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(20 * time.Second)
	RunSpecs(t, "Admission")
}

const (
	system                = "promloop-system"
	configuration         = "promloop-validating-webhook-configuration"
	mutatingConfiguration = "promloop-mutating-webhook-configuration"
	certSecret            = "promloop-webhook-cert"
)

// cluster is a real etcd and kube-apiserver, with the webhooks served beside it by a manager.
var (
	cluster    *envtest.Environment
	k8s        client.Client
	kubeconfig string
)

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(GinkgoLogr)
	scheme := clientgoscheme.Scheme
	Expect(v1.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	cluster = &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
	config, err := cluster.Start()
	Expect(err).NotTo(HaveOccurred(), "etcd and kube-apiserver must start")
	DeferCleanup(cluster.Stop)
	k8s, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	writeKubeconfig()

	for _, namespace := range []string{system, "monitoring", "team-a"} {
		Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
	}
	port := freePort()
	register(ctx, port)
	startManager(config, port)
	Eventually(served).WithContext(ctx).WithTimeout(30*time.Second).Should(Succeed(), "the webhook must answer once the authority is known")
}, NodeTimeout(2*time.Minute))

func writeKubeconfig() {
	user, err := cluster.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	Expect(err).NotTo(HaveOccurred())
	data, err := user.KubeConfig()
	Expect(err).NotTo(HaveOccurred())
	kubeconfig = filepath.Join(GinkgoT().TempDir(), "kubeconfig")
	Expect(os.WriteFile(kubeconfig, data, 0o600)).To(Succeed())
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// register applies the webhook configurations as they are shipped, with the manager's address in the place of its Service, and Fail
// so that a review that fails can't go unnoticed.
func register(ctx context.Context, port int) {
	data, err := os.ReadFile(filepath.Join("..", "config", "webhook", "manifests.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var mutate admissionregistrationv1.MutatingWebhookConfiguration
	var validate admissionregistrationv1.ValidatingWebhookConfiguration
	for document := range strings.SplitSeq(strings.TrimPrefix(string(data), "---\n"), "\n---\n") {
		into := any(&validate)
		if strings.Contains(document, "kind: MutatingWebhookConfiguration") {
			into = &mutate
		}
		Expect(yaml.UnmarshalStrict([]byte(document), into)).To(Succeed())
	}
	Expect(mutate.Webhooks).To(HaveLen(1))
	mutate.Name, validate.Name = mutatingConfiguration, configuration
	redirect(&mutate.Webhooks[0].ClientConfig, &mutate.Webhooks[0].FailurePolicy, port)
	for i := range validate.Webhooks {
		redirect(&validate.Webhooks[i].ClientConfig, &validate.Webhooks[i].FailurePolicy, port)
	}
	Expect(k8s.Create(ctx, &mutate)).To(Succeed())
	Expect(k8s.Create(ctx, &validate)).To(Succeed())
}

func redirect(to *admissionregistrationv1.WebhookClientConfig, policy **admissionregistrationv1.FailurePolicyType, port int) {
	Expect(*policy).To(HaveValue(Equal(admissionregistrationv1.Ignore)), "as shipped, an install must not fail when the operator is down")
	fail, url := admissionregistrationv1.Fail, "https://localhost:"+strconv.Itoa(port)+*to.Service.Path
	*policy, *to = &fail, admissionregistrationv1.WebhookClientConfig{URL: &url}
}

// life makes certificates short-lived, so that the suite sees several of them and more than one authority.
func life(p *certificates.Policy) {
	p.CALife, p.CertLife, p.Backdate, p.Settle, p.LookEvery = 30*time.Second, 12*time.Second, 2*time.Second, 2*time.Second, time.Second
}

func startManager(config *rest.Config, port int) {
	certs, err := certificates.New(certificates.Options{
		Source: certificates.Self, Service: "promloop-webhook-service", Names: []string{"localhost"}, Validating: configuration, Mutating: mutatingConfiguration,
		Secret: client.ObjectKey{Namespace: system, Name: certSecret},
	}, os.LookupEnv)
	Expect(err).NotTo(HaveOccurred())
	life(certs.Policy())
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Metrics:       server.Options{BindAddress: "0"},
		WebhookServer: webhooks.NewServer("127.0.0.1", port, certs),
		Cache:         cache.Options{DefaultTransform: cache.TransformStripManagedFields()},
	})
	Expect(err).NotTo(HaveOccurred())
	ctx, stop := context.WithCancel(context.Background())
	options := webhooks.DefaultOptions(world.Options{RuleShards: 2, ConfigParts: 1, AssetShards: 1})
	options.Limits.NamespaceBytes, options.Limits.ReserveBytes = 0, 0 // what is full here is the ConfigMaps, not a share
	options.References = mgr.GetAPIReader()
	Expect(certs.SetupWithManager(ctx, mgr)).To(Succeed())
	Expect(webhooks.Setup(ctx, mgr, options)).To(Succeed())
	done := make(chan error)
	go func() { done <- mgr.Start(ctx) }()
	DeferCleanup(func() {
		stop()
		Expect(<-done).To(Succeed())
	})
}

// served succeeds once the API server gets answers from the webhook.
func served(ctx context.Context) error {
	return k8s.Create(ctx, rule("probe", "up"), client.DryRunAll)
}
