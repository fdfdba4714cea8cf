package chain

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/promloop/promloop/api/v1"
)

// The node has one Prometheus program for every version, so what is shown here is the operator's and the sidecars' part in an
// upgrade: versions in arguments, configuration and manifests, and pods that change one after the other.
var _ = Describe("An upgrade from 2.55 to 3.x of two replicas", Label(faultLabel), func() {
	It("rolls through while rules and monitors change", Serial, func(ctx SpecContext) {
		t := newTeam(ctx, "upgrade", func(p *v1.Prometheus) { p.Spec.Version = "v2.55.1"; p.Spec.Replicas = new(int32(2)) })
		rule := t.rule("Stays", "up == 0")
		create(ctx, rule)
		t.eventuallyServes(ctx, rule, time.Minute)
		// Pods that are not ready yet have no budget to keep: the StatefulSet's controller would replace all of them at once.
		Eventually(func() bool { return t.allRun(ctx, "v2.55.1") }).WithContext(ctx).Should(BeTrue())
		dark := watchBoth(ctx, t)

		change(ctx, t.prometheusObject(ctx), func(p *v1.Prometheus) { p.Spec.Version = "v3.16.0" })
		var last *v1.PrometheusRule
		for n := 0; n < 5 || !t.allRun(ctx, "v3.16.0"); n++ {
			last = t.rule(fmt.Sprintf("During%d", n), "up == 0")
			create(ctx, last)
			_, _, monitor := t.operatorMetrics(fmt.Sprintf("during%d", n))
			create(ctx, monitor)
			waitFor(ctx, time.Second)
		}
		t.eventuallyServes(ctx, last, time.Minute)
		t.eventuallyLoaded(ctx)
		Eventually(ready(ctx, last)).WithContext(ctx).Should(BeTrue())
		Expect(dark()).To(BeEmpty(), "samples in which no replica served the rule")
	}, SpecTimeout(6*time.Minute))
})

// allRun reports whether every replica is ready and was made for a version.
func (t team) allRun(ctx context.Context, version string) bool {
	var pods corev1.PodList
	if err := running.Client.List(ctx, &pods, client.InNamespace(t.namespace), client.MatchingLabels{"prometheus": "main"}); err != nil {
		return false
	}
	done := 0
	for _, pod := range pods.Items {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && pod.Spec.Containers[0].Image == "quay.io/prometheus/prometheus:"+version {
				done++
			}
		}
	}
	return done == t.pods
}

// watchBoth samples whether any replica serves the rule that stays; what it returns ends that and tells, for every sample in which none
// did at two looks in a row, what each said. Between listing the pods and asking them one may have been replaced.
func watchBoth(ctx context.Context, t team) func() []string {
	ctx, cancel := context.WithCancel(ctx)
	dark := make(chan []string, 1)
	go func() {
		var samples []string
		for ctx.Err() == nil {
			served, _ := t.served(ctx, "Stays")
			if !served {
				var said string
				if served, said = t.served(ctx, "Stays"); !served && ctx.Err() == nil {
					samples = append(samples, said)
				}
			}
			waitFor(ctx, 200*time.Millisecond)
		}
		dark <- samples
	}()
	return func() []string {
		cancel()
		return <-dark
	}
}

// served reports whether any replica serves an alert, and what those said that do not. It asks all at once: one whose network is being
// taken down swallows its question for seconds.
func (t team) served(ctx context.Context, alert string) (ok bool, said string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	replicas, err := running.Replicas(ctx, t.namespace, "main")
	if err != nil {
		return true, "" // nothing was seen
	}
	answers := make(chan string, len(replicas))
	for _, r := range replicas {
		go func() {
			loaded, err := r.Expressions(ctx)
			if loaded[alert] != "" {
				answers <- ""
				return
			}
			answers <- fmt.Sprintf("%s at %s, deleted at %v, has %v (%v); ", r.Pod.Name, r.Pod.Status.PodIP, r.Pod.DeletionTimestamp, loaded, err)
		}()
	}
	for range replicas {
		answer := <-answers
		if answer == "" {
			return true, ""
		}
		said += answer
	}
	return false, said
}

// waitFor waits, unless ctx ends before.
func waitFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
