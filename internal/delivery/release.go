package delivery

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// stagedFrom is the size of a stored configuration, in bytes, from which replicas load one after the other: parsing it then stalls
// a Prometheus for about a second and takes it several hundred MB. Measured: 5,000 jobs, 128 KiB compressed, 1.4 s, 1.4 GB.
const stagedFrom = 96 << 10

// patience is how many pokes, ten seconds from the first to the last, a kubelet gets to bring a staged set to the pod that goes first.
const patience = 6

// Policy says how a configuration of the given stored size is released: a small one to all at once, a large one to one replica
// of each shard first.
func Policy(stored int) contract.ReleasePolicy {
	if stored >= stagedFrom {
		return contract.ReleaseStaged
	}
	return contract.ReleaseAll
}

// rollout is how far the set of one domain has come.
type rollout struct {
	want     contract.Manifest
	replicas []replica
}

// replica is one pod: what it reports of the set, and what it was told of it last.
type replica struct {
	pod *corev1.Pod
	Domain
	released int  // how often it was poked with the release of the set, 0 for never
	told     bool // that another one refused the set
}

// releases decides what each pod may load now, by pod name.
func releases(pods []*corev1.Pod, states map[string]Pod, want Wanted) map[string]contract.Release {
	config, rules := rollout{want: want.Config}, rollout{want: want.Rules}
	for _, pod := range pods {
		last := contract.DecodeRelease(pod.Annotations[contract.ReleaseAnnotation])
		config.add(pod, states[pod.Name].Config, last, last.Config)
		rules.add(pod, states[pod.Name].Rules, last, last.Rules)
	}
	out := map[string]contract.Release{}
	for n, pod := range pods {
		refused := append(config.refusedTo(config.replicas[n]), rules.refusedTo(rules.replicas[n])...)
		slices.Sort(refused)
		out[pod.Name] = contract.Release{
			Config: config.releasedTo(config.replicas[n]), Rules: rules.releasedTo(rules.replicas[n]), Refused: refused,
		}
	}
	return out
}

// add takes in a pod, the release that it was told last, and the digest in that of this domain.
func (r *rollout) add(pod *corev1.Pod, d Domain, last contract.Release, digest string) {
	p := replica{pod: pod, Domain: d, told: slices.Contains(last.Refused, r.want.Digest)}
	if digest == r.want.Digest {
		p.released = last.Attempt
	}
	r.replicas = append(r.replicas, p)
}

// releasedTo is the digest that the pod may load, "" while it has to wait. Whoever refused the set itself has had its turn already.
func (r rollout) releasedTo(p replica) string {
	turn := r.want.Release != contract.ReleaseStaged || r.goesFirst(p) || p.refusedItself() || r.provenBeside(p)
	if !turn || r.barred(p) {
		return ""
	}
	return r.want.Digest
}

// refusedTo is what the pod has to be told of refusals.
func (r rollout) refusedTo(p replica) []string {
	if !r.barred(p) {
		return nil
	}
	return []string{r.want.Digest}
}

// barred reports whether the pod is told that another one refused the set, so that it doesn't load it at the kubelet's own pace
// either. What it refused itself it tries again in its own time, and once a pod runs the set all others may. Only first-hand
// refusals count, or one would keep itself alive; while a ready pod does not answer, what was told before stands.
func (r rollout) barred(p replica) bool {
	if p.refusedItself() || slices.ContainsFunc(r.replicas, replica.loaded) {
		return false
	}
	return slices.ContainsFunc(r.replicas, replica.refusedItself) || p.told && slices.ContainsFunc(r.replicas, replica.silent)
}

// provenBeside reports whether a pod of the same shard runs the set.
func (r rollout) provenBeside(p replica) bool {
	return slices.ContainsFunc(r.replicas, func(o replica) bool { return o.loaded() && shardOf(o.pod) == shardOf(p.pod) })
}

func (p replica) loaded() bool        { return p.Progress == Loaded }
func (p replica) refusedItself() bool { return p.Progress == Refused && !p.refusedElsewhere() }
func (p replica) silent() bool        { return p.Progress == Unknown && world.PodReady(p.pod) }

// goesFirst reports whether the pod is the one of its shard that loads a staged set first: of those that can best, the lowest ordinal.
func (r rollout) goesFirst(p replica) bool {
	return !slices.ContainsFunc(r.replicas, func(o replica) bool {
		return shardOf(o.pod) == shardOf(p.pod) && cmp.Or(r.hindrance(o)-r.hindrance(p), world.Ordinal(o.pod)-world.Ordinal(p.pod)) < 0
	})
}

// hindrance ranks pods by what keeps them from loading the set: 0 for one that has the turn, which keeps it; 1 for one that could take
// it; 2 for one that can't, so that it holds up nobody; 3 for a dead one. A Prometheus that is not ready since it got the set keeps the
// turn, as it may be this set that fells it: then no second one gets it.
func (r rollout) hindrance(p replica) int {
	switch {
	case p.Report == nil:
		return 3
	case p.Report.Reason == contract.OtherVersion,
		p.Report.Reason == contract.PrometheusNotReady && p.released == 0,
		p.released >= patience && p.Report.Wanted != r.want.Digest:
		return 2
	case p.released > 0:
		return 0
	}
	return 1
}

// shardOf names the StatefulSet that a pod belongs to: its name without the ordinal.
func shardOf(pod *corev1.Pod) string {
	return pod.Name[:max(0, strings.LastIndex(pod.Name, "-"))]
}
