package status

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/plan"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// someWorld is a Prometheus with two replicas, of which available are ready.
func someWorld(available int32) *world.World {
	p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "main", Generation: 3}}
	p.Spec.Replicas = ptr.To[int32](2)
	p.Spec.ServiceMonitorSelector = &metav1.LabelSelector{}
	sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-main"}, Spec: appsv1.StatefulSetSpec{Replicas: ptr.To[int32](2), Selector: &metav1.LabelSelector{}}}
	sts.Status.Replicas, sts.Status.AvailableReplicas = 2, available
	return &world.World{Now: noon, Prometheus: p, Owned: world.Owned{StatefulSets: []*appsv1.StatefulSet{sts}}}
}

func deliveryOf(pods ...delivery.Pod) plan.Plan {
	return plan.Plan{Delivery: delivery.Delivery{Pods: pods}, Selection: selected}
}

var selected = selection.Result{ServiceMonitors: []*v1.ServiceMonitor{{}}}

var (
	loadedDomain  = delivery.Domain{Progress: delivery.Loaded, Report: &contract.Loaded{Loaded: "d"}}
	unknownDomain = delivery.Domain{Progress: delivery.Unknown}
	pendingDomain = delivery.Domain{Progress: delivery.Pending, Report: &contract.Loaded{}}
	refusedDomain = delivery.Domain{Progress: delivery.Refused, Report: &contract.Loaded{Reason: "PrometheusRefused", Error: "line 7: no"}}
)

func pod(name string, config, rules delivery.Domain) delivery.Pod {
	return delivery.Pod{Name: name, Config: config, Rules: rules}
}

// What kubectl wait and kstatus read must tell apart: on its way, done, in need of a hand, and unknown.
func TestConditions(t *testing.T) {
	cases := map[string]struct {
		reason    string
		available int32
		plan      plan.Plan
		err       error
		want      map[v1.ConditionType]string
	}{
		"Done": {
			"everything is ready and every replica says what it runs", 2,
			deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain)), nil,
			map[v1.ConditionType]string{v1.Available: "True", v1.Reconciled: "True", v1.Loaded: "True", v1.Ready: "True", v1.Reconciling: "False", v1.Stalled: "False"},
		},
		"Silent": {
			"a sidecar that can't be reached makes Loaded unknown, never True", 2,
			deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", unknownDomain, loadedDomain)), nil,
			map[v1.ConditionType]string{v1.Available: "True", v1.Reconciled: "True", v1.Loaded: "Unknown/NoReport", v1.Ready: "Unknown/NoReport", v1.Reconciling: "True/NoReport", v1.Stalled: "False"},
		},
		"OnItsWay": {
			"a pod that lags is waited for", 2,
			deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, pendingDomain)), nil,
			map[v1.ConditionType]string{v1.Available: "True", v1.Reconciled: "True", v1.Loaded: "False/Pending", v1.Ready: "False/Pending", v1.Reconciling: "True/Pending", v1.Stalled: "False"},
		},
		"Refused": {
			"what Prometheus refuses stays refused until somebody acts, and outweighs a silent pod", 2,
			deliveryOf(pod("a", refusedDomain, loadedDomain), pod("b", unknownDomain, loadedDomain)), nil,
			map[v1.ConditionType]string{v1.Available: "True", v1.Reconciled: "True", v1.Loaded: "False/Refused", v1.Ready: "False/Refused", v1.Reconciling: "False", v1.Stalled: "True/Refused"},
		},
		"OneDown": {
			"one of two replicas serves", 1,
			deliveryOf(pod("a", loadedDomain, loadedDomain)), nil,
			map[v1.ConditionType]string{v1.Available: "Degraded/SomePodsNotReady", v1.Reconciled: "True", v1.Loaded: "False/Pending", v1.Ready: "False/Pending", v1.Reconciling: "True/Pending", v1.Stalled: "False"},
		},
		"WriteFailed": {
			"a failed write is retried, so it is not stalled", 2,
			deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain)), errFailed,
			map[v1.ConditionType]string{v1.Available: "True", v1.Reconciled: "False/ReconciliationFailed", v1.Loaded: "True", v1.Ready: "False/ReconciliationFailed", v1.Reconciling: "False", v1.Stalled: "False"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := map[v1.ConditionType]string{}
			for _, c := range For(someWorld(tc.available), tc.plan, tc.err).Conditions {
				got[c.Type] = string(c.Status)
				if c.Reason != "" {
					got[c.Type] += "/" + c.Reason
				}
				if c.ObservedGeneration != 3 || c.LastTransitionTime.IsZero() {
					t.Errorf("%s: %s has generation %d and transition %s", tc.reason, c.Type, c.ObservedGeneration, c.LastTransitionTime)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// kubectl scale can ask for any number: the status waits for the pods that there will be.
func TestConditionsWaitForThePodsThatRun(t *testing.T) {
	cases := map[string]struct {
		reason            string
		shards, replicas  int32
		available, loaded string
	}{
		"NoShards":         {"one shard runs, and none of its pods is there yet", 0, 2, "False/NoPodReady", "False/Pending"},
		"NegativeShards":   {"so it does for a number that makes no sense", -1, 2, "False/NoPodReady", "False/Pending"},
		"NegativeReplicas": {"one replica runs", 1, -1, "False/NoPodReady", "False/Pending"},
		"NoReplicas":       {"no pod is asked for, so nothing is missing", 1, 0, "True/", "True/"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := someWorld(0)
			w.Prometheus.Spec.Shards, w.Prometheus.Spec.Replicas = &tc.shards, &tc.replicas
			got := map[v1.ConditionType]string{}
			for _, c := range For(w, plan.Plan{}, nil).Conditions {
				got[c.Type] = string(c.Status) + "/" + c.Reason
			}
			if got[v1.Available] != tc.available || got[v1.Loaded] != tc.loaded {
				t.Errorf("%s: Available is %s, want %s; Loaded is %s, want %s", tc.reason, got[v1.Available], tc.available, got[v1.Loaded], tc.loaded)
			}
		})
	}
}

func TestARetainedShardStandsInForNoOther(t *testing.T) {
	w := someWorld(0)
	w.Prometheus.Spec.Shards, w.Prometheus.Spec.Replicas = new(int32(1)), new(int32(1))
	live, retained := &appsv1.StatefulSet{}, &appsv1.StatefulSet{}
	live.Name, retained.Name = world.StatefulSetName(w.Prometheus.Name, 0), world.StatefulSetName(w.Prometheus.Name, 1)
	retained.Status.AvailableReplicas = 1
	w.Owned.StatefulSets = []*appsv1.StatefulSet{live, retained}
	st := For(w, deliveryOf(pod("retained", loadedDomain, loadedDomain)), nil)
	for _, condition := range []v1.ConditionType{v1.Available, v1.Loaded} {
		if st.Is(condition, v1.ConditionTrue) {
			t.Errorf("%s, and the only pod of the shard that is asked for is away", condition)
		}
	}
}

type failed string

func (f failed) Error() string { return string(f) }

const errFailed = failed("the API server said no")

func TestTransitionTimesAreKept(t *testing.T) {
	w := someWorld(2)
	pl := deliveryOf(pod("a", loadedDomain, loadedDomain), pod("b", loadedDomain, loadedDomain))
	w.Prometheus.Status = For(w, pl, nil)
	w.Now = noon.Add(time.Hour)
	if diff := cmp.Diff(w.Prometheus.Status, For(w, pl, nil)); diff != "" {
		t.Errorf("nothing happened, so nothing may be written (-before +after):\n%s", diff)
	}
}

func TestEachShardIsToldByItsNumber(t *testing.T) {
	w := someWorld(2)
	w.Prometheus.Spec.Shards = new(int32(12))
	w.Owned.StatefulSets = nil
	want := map[string]int32{"3": 0} // deleted by hand: the others keep their numbers
	for shard := range 12 {
		if shard == 3 {
			continue
		}
		sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: world.StatefulSetName("main", shard)}}
		sts.Status.Replicas = int32(100 + shard)
		w.Owned.StatefulSets = append(w.Owned.StatefulSets, sts)
		want[strconv.Itoa(shard)] = sts.Status.Replicas
	}
	got := map[string]int32{}
	for _, shard := range For(w, plan.Plan{}, nil).ShardStatuses {
		got[shard.ShardID] = shard.Replicas
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replicas by shard (-want +got):\n%s", diff)
	}
}

// An autoscaler divides by what it is told here, and takes its metrics from the pods that it finds by the selector.
func TestTheScaleIsThatOfAllShardsThatAreAskedFor(t *testing.T) {
	w := someWorld(2)
	w.Prometheus.Spec.Shards = new(int32(3))
	w.Owned.StatefulSets[0].Spec.Selector.MatchLabels = map[string]string{"prometheus": "main", "operator.prometheus.io/shard": "0"}
	retained := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: world.StatefulSetName("main", 5)}}
	w.Owned.StatefulSets = append(w.Owned.StatefulSets, retained)
	st := For(w, plan.Plan{}, nil)
	if st.Shards != 3 {
		t.Errorf("%d shards are told, and 3 are asked for", st.Shards)
	}
	if st.Selector != "prometheus=main" {
		t.Errorf("the selector %q is not that of all pods", st.Selector)
	}
}

func TestRefusalIsTold(t *testing.T) {
	st := For(someWorld(2), deliveryOf(pod("a", refusedDomain, loadedDomain)), nil)
	if diff := cmp.Diff([]v1.PrometheusPodStatus{{Name: "a", LoadedRules: &v1.LoadedSet{Digest: "d"}, Reason: "PrometheusRefused", Message: "line 7: no"}}, st.Pods); diff != "" {
		t.Errorf("Prometheus' own words belong into the status (-want +got):\n%s", diff)
	}
}
