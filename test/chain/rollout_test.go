package chain

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/test/chain/stack"
)

// rollout is what a change consists of. Of rules alone nothing is published later that could make up for a poke that never came.
type rollout struct {
	monitor, pods bool
	writes        int // at least, with a poke
}

var rollouts = []rollout{{writes: 3}, {monitor: true, writes: 5}, {monitor: true, pods: true, writes: 5}}

// killedAtWrite kills the operator after the k-th write of a rollout and starts it again; then all of the rollout must arrive. It returns
// false where there are fewer writes.
func (s *site) killedAtWrite(ctx context.Context, k int, r rollout) bool {
	GinkgoHelper()
	name := fmt.Sprintf("killed%dx%dx%tx%t", s.n, k, r.monitor, r.pods)
	rule := s.rule(name, "up == 0")
	_, _, monitor := s.operatorMetrics(name)
	killed := s.killAfter(ctx, k, func() {
		create(ctx, rule)
		if r.monitor {
			create(ctx, monitor)
		}
		if r.pods {
			s.annotatePods(ctx, name)
		}
	})
	if r.pods {
		Eventually(func() string { return s.pod(ctx).Annotations[podMark] }).WithContext(ctx).WithTimeout(30*time.Second).Should(Equal(name), "the pod is replaced")
	}
	s.eventuallyServes(ctx, rule, 15*time.Second)
	if r.monitor {
		Eventually(func() (string, error) { return config(ctx, s.replica(ctx, 0))() }).WithContext(ctx).WithTimeout(15*time.Second).Should(ContainSubstring("/"+monitor.Name+"/0"), "the new job is live")
	}
	if !killed {
		Expect(k).To(BeNumerically(">", r.writes), "there are writes of a shard and its manifest for each, and a poke")
	}
	return killed
}

// podMark is an annotation of pods that tells one template from the next.
const podMark = "chain.test/mark"

// annotatePods changes the template of the pods.
func (s *site) annotatePods(ctx context.Context, mark string) {
	GinkgoHelper()
	change(ctx, s.prometheusObject(ctx), func(p *v1.Prometheus) {
		p.Spec.PodMetadata = &v1.EmbeddedObjectMetadata{Annotations: map[string]string{podMark: mark}}
	})
}

// ruleHistory watches the ConfigMaps of rules for rules that become what they had been before.
type ruleHistory struct {
	watch   watch.Interface
	forms   map[string][]string // of every rule file, in the order in which they stood
	reverts chan []string
}

func (s *site) watchRuleFiles(ctx context.Context) *ruleHistory {
	GinkgoHelper()
	c, err := client.NewWithWatch(running.Cluster.Config(), client.Options{Scheme: stack.Scheme()})
	Expect(err).NotTo(HaveOccurred(), "ConfigMaps can be watched")
	w, err := c.Watch(ctx, &corev1.ConfigMapList{}, client.InNamespace(s.namespace))
	Expect(err).NotTo(HaveOccurred(), "ConfigMaps can be watched")
	h := &ruleHistory{watch: w, forms: map[string][]string{}, reverts: make(chan []string, 1)}
	go func() {
		var all []string
		for e := range w.ResultChan() {
			all = append(all, h.look(e)...)
		}
		h.reverts <- all
	}()
	return h
}

// look returns which files became what they had been before.
func (h *ruleHistory) look(e watch.Event) (reverts []string) {
	cm, ok := e.Object.(*corev1.ConfigMap)
	if !ok || e.Type == watch.Deleted {
		return nil
	}
	for file, text := range cm.Data {
		switch at := slices.Index(h.forms[file], text); {
		case file == contract.ManifestKey:
		case at < 0:
			h.forms[file] = append(h.forms[file], text)
		case at < len(h.forms[file])-1:
			reverts = append(reverts, file+" in "+cm.Name)
		}
	}
	return reverts
}

// end returns all files that became what they had been before.
func (h *ruleHistory) end() []string {
	h.watch.Stop()
	return <-h.reverts
}

// killAfter kills the operator after its k-th write from now on, and starts it again. It returns false where there are fewer.
func (s *site) killAfter(ctx context.Context, k int, begin func()) bool {
	GinkgoHelper()
	var writes atomic.Int64
	killed := make(chan error, 1)
	s.op.Gate.After(func(stack.Write) {
		if writes.Add(1) == int64(k) {
			killed <- s.op.Kill()
		}
	})
	defer s.op.Gate.After(nil)
	begin()
	select {
	case err := <-killed:
		Expect(err).NotTo(HaveOccurred(), "the operator can be killed")
		s.op.Gate.After(nil)
		Expect(s.op.Start(ctx)).To(Succeed(), "the operator starts again")
		return true
	case <-time.After(4 * time.Second):
		return false
	case <-ctx.Done():
		return false
	}
}
