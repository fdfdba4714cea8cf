package chain

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
	"github.com/promloop/promloop/test/chain/stack"
)

// A Secret holds 1 MiB: 5,000 monitors that have little in common take about three.
var _ = Describe("A configuration larger than a Secret", Serial, func() {
	const monitors = 5_000

	It("is published in parts, loaded, changed in one of them, and becomes one again", func(ctx SpecContext) {
		t := newTeam(ctx, "parts")
		key := client.ObjectKey{Namespace: t.namespace, Name: "main"}
		began := time.Now()
		t.createUnlike(ctx, monitors)
		DeferCleanup(t.deleteUnlike, monitors+2)
		created := time.Since(began)
		Eventually(func() int32 { return t.prometheusObject(ctx).Status.Configuration.Count }).WithContext(ctx).Should(BeEquivalentTo(monitors))
		Expect(running.WaitLoaded(ctx, key)).To(Succeed())
		status := t.prometheusObject(ctx).Status
		fmt.Fprintf(os.Stderr, "parts: %d monitors created in %s, %d bytes loaded after %s, fill %v\n", monitors,
			created.Round(time.Second), status.Configuration.Bytes, time.Since(began).Round(time.Second), fills(status.ConfigurationParts))
		Expect(status.Configuration.Bytes).To(BeNumerically(">", 3<<20), "this is the case that is meant")
		Expect(status.ConfigurationParts).To(HaveLen(16), "the pods mount a fixed number")
		loaded, err := t.replica(ctx, 0).Config(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count(loaded.YAML, "job_name: ")).To(Equal(monitors))

		t.expectWithinMemory(ctx)
		Eventually(t.kept(ctx)).WithContext(ctx).Should(HaveKeyWithValue(contract.Config, status.Configuration.Digest), "new pods fall back to it")
		Expect(t.keptParts(ctx)).To(HaveLen(len(t.configSecrets(ctx))-2), "of each further part, there is one beside the manifest's and the first")

		before := t.configSecrets(ctx)
		Expect(len(before)).To(BeNumerically(">", 3))
		one := t.unlike(monitors + 1)
		create(ctx, one)
		Eventually(func() int32 { return t.prometheusObject(ctx).Status.Configuration.Count }).WithContext(ctx).Should(BeEquivalentTo(monitors + 1))
		Expect(running.WaitLoaded(ctx, key)).To(Succeed())
		fmt.Fprintln(os.Stderr, "parts: one more monitor wrote", changed(before, t.configSecrets(ctx)))
		Expect(changed(before, t.configSecrets(ctx))).To(ConsistOf(HavePrefix("prometheus-main"), "prometheus-main-config-manifest"),
			"one part and the manifest")
		Expect(stack.ConfigHas(one.Name)(ctx, t.replica(ctx, 0))).To(BeTrue())

		t.deleteUnlike(ctx, monitors+2)
		Eventually(func() []string { return names(t.configSecrets(ctx)) }).WithContext(ctx).Should(
			ConsistOf("prometheus-main", "prometheus-main-config-manifest"), "no stale part is left")
		Eventually(func() []string { return t.keptParts(ctx) }).WithContext(ctx).Should(BeEmpty())
		Expect(running.WaitLoaded(ctx, key)).To(Succeed())
		report, err := t.report(ctx, 0, contract.Config)
		Expect(err).NotTo(HaveOccurred())
		Expect(report.Loaded).To(Equal(t.prometheusObject(ctx).Status.Configuration.Digest))
	}, SpecTimeout(10*time.Minute))
})

// expectWithinMemory adds up what is charged to the config-reloader: its own memory at its highest, and what it wrote into memory.
func (t team) expectWithinMemory(ctx context.Context) {
	GinkgoHelper()
	pod := t.pod(ctx)
	name := client.ObjectKeyFromObject(pod)
	var limit int64
	for _, c := range pod.Spec.Containers {
		if c.Name == "config-reloader" {
			limit = c.Resources.Limits.Memory().Value()
		}
	}
	pid, err := running.Node.PID(name, "config-reloader")
	Expect(err).NotTo(HaveOccurred())
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	Expect(err).NotTo(HaveOccurred())
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	_, err = fmt.Sscan(after, &kilobytes)
	Expect(err).NotTo(HaveOccurred())
	dir, err := running.Node.VolumeDir(name, "config-out")
	Expect(err).NotTo(HaveOccurred())
	var written int64
	Expect(filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		written += info.Size()
		return err
	})).To(Succeed())
	fmt.Fprintf(os.Stderr, "parts: config-reloader used %d KiB and wrote %d KiB of a limit of %d KiB\n", kilobytes, written>>10, limit>>10)
	Expect(kilobytes<<10 + written).To(BeNumerically("<", limit))
}

// unlike is a monitor whose job compresses to about as much as it is long.
func (t team) unlike(n int) *v1.ServiceMonitor {
	noise := make([]byte, 640)
	random := rand.New(rand.NewPCG(uint64(n), 0))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	text := base64.RawURLEncoding.EncodeToString(noise)
	m := &v1.ServiceMonitor{ObjectMeta: metav1.ObjectMeta{
		Namespace: t.namespace, Name: fmt.Sprintf("unlike-%05d", n), Labels: map[string]string{"unlike": "yes"},
	}}
	m.Spec.Endpoints = []v1.Endpoint{{Port: "web", Interval: "1h", RelabelConfigs: []v1.RelabelConfig{{TargetLabel: "unlike", Replacement: &text}}}}
	return m
}

// createUnlike and deleteUnlike take several at a time. The webhooks are not what is tested here.
func (t team) createUnlike(ctx context.Context, count int) {
	GinkgoHelper()
	t.inLanes(count, func(c client.Client, n int) error { return c.Create(ctx, bypass(t.unlike(n))) })
}

func (t team) deleteUnlike(ctx context.Context, count int) {
	GinkgoHelper()
	t.inLanes(count, func(c client.Client, n int) error { return client.IgnoreNotFound(c.Delete(ctx, t.unlike(n))) })
}

func (t team) inLanes(count int, do func(c client.Client, n int) error) {
	GinkgoHelper()
	config := running.Cluster.Config()
	config.QPS = -1
	c, err := client.New(config, client.Options{Scheme: stack.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	const lanes = 16
	errs := make([]error, lanes)
	var done sync.WaitGroup
	for lane := range lanes {
		done.Go(func() {
			for n := lane; n < count && errs[lane] == nil; n += lanes {
				errs[lane] = do(c, n)
			}
		})
	}
	done.Wait()
	Expect(errs).To(HaveEach(BeNil()))
}

// configSecrets are the Secrets of the configuration, with the version of each.
func (t team) configSecrets(ctx context.Context) map[string]string {
	GinkgoHelper()
	var list corev1.SecretList
	Expect(running.Client.List(ctx, &list, client.InNamespace(t.namespace), client.MatchingLabels{world.ManagedByLabel: world.ManagedByValue})).To(Succeed())
	out := map[string]string{}
	for _, s := range list.Items {
		if s.Name == "prometheus-main" || strings.HasPrefix(s.Name, "prometheus-main-config-") {
			out[s.Name] = s.ResourceVersion
		}
	}
	return out
}

// keptParts are the Secrets of further parts of the configuration that new pods fall back to.
func (t team) keptParts(ctx context.Context) []string {
	GinkgoHelper()
	var list corev1.SecretList
	Expect(running.Client.List(ctx, &list, client.InNamespace(t.namespace))).To(Succeed())
	var out []string
	for _, s := range list.Items {
		if strings.HasPrefix(s.Name, "prometheus-main-lkg-") {
			out = append(out, s.Name)
		}
	}
	return out
}

func names(versions map[string]string) []string {
	var out []string
	for name := range versions {
		out = append(out, name)
	}
	return out
}

func changed(before, after map[string]string) []string {
	var out []string
	for name, version := range after {
		if before[name] != version {
			out = append(out, name)
		}
	}
	return out
}

func fills(parts []v1.ShardFill) []int64 {
	var out []int64
	for _, part := range parts {
		out = append(out, part.Bytes)
	}
	return out
}

// report is what the sidecar of a domain in one pod says.
func (t team) report(ctx context.Context, n int, domain contract.Domain) (contract.Loaded, error) {
	GinkgoHelper()
	replicas, err := running.Replicas(ctx, t.namespace, "main")
	Expect(err).NotTo(HaveOccurred())
	for _, r := range replicas {
		if r.Pod.Name == fmt.Sprintf("prometheus-main-%d", n) {
			return r.Report(ctx, domain)
		}
	}
	return contract.Loaded{}, fmt.Errorf("no pod %d with an address", n)
}
