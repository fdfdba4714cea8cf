package delivery

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/world"
)

// stagedFrom is the size of a stored configuration, in bytes, from which replicas load one after the other: parsing it then stalls
// a Prometheus for about a second and takes it several hundred MB. Measured: 5,000 jobs, 128 KiB compressed, 1.4 s, 1.4 GB.
const stagedFrom = 96 << 10

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
	first    map[string]string // by shard: the pod that loads a staged set first
}

// replica is one pod: what it reports of the set, and whether it was told last that another one refused it.
type replica struct {
	pod *corev1.Pod
	Domain
	told bool
}

// releases decides what each pod may load now, by pod name.
func releases(pods []*corev1.Pod, states map[string]Pod, want Wanted) map[string]contract.Release {
	first := firstOfShard(pods, states)
	config := newRollout(want.Config, pods, first, func(name string) Domain { return states[name].Config })
	rules := newRollout(want.Rules, pods, first, func(name string) Domain { return states[name].Rules })
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

func newRollout(want contract.Manifest, pods []*corev1.Pod, first map[string]string, of func(pod string) Domain) rollout {
	r := rollout{want: want, first: first}
	for _, pod := range pods {
		last := contract.DecodeRelease(pod.Annotations[contract.ReleaseAnnotation])
		r.replicas = append(r.replicas, replica{pod: pod, Domain: of(pod.Name), told: slices.Contains(last.Refused, want.Digest)})
	}
	return r
}

// releasedTo is the digest that the pod may load, "" while it has to wait. Whoever refused the set itself has had its turn already.
func (r rollout) releasedTo(p replica) string {
	turn := r.want.Release != contract.ReleaseStaged || p.pod.Name == r.first[shardOf(p.pod)] || p.refusedItself() || r.provenBeside(p)
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

// firstOfShard picks, for each shard, the pod that goes first: the lowest ordinal that answers, so that a dead pod holds up nobody.
func firstOfShard(pods []*corev1.Pod, states map[string]Pod) map[string]string {
	sorted := slices.SortedFunc(slices.Values(pods), func(a, b *corev1.Pod) int { return ordinal(a) - ordinal(b) })
	first := map[string]string{}
	for _, answering := range []bool{true, false} {
		for _, pod := range sorted {
			answers := states[pod.Name].Config.Report != nil || states[pod.Name].Rules.Report != nil
			if shard := shardOf(pod); first[shard] == "" && answers == answering {
				first[shard] = pod.Name
			}
		}
	}
	return first
}

// shardOf names the StatefulSet that a pod belongs to: its name without the ordinal.
func shardOf(pod *corev1.Pod) string {
	return pod.Name[:max(0, strings.LastIndex(pod.Name, "-"))]
}

func ordinal(pod *corev1.Pod) int {
	n, err := strconv.Atoi(pod.Name[strings.LastIndex(pod.Name, "-")+1:])
	if err != nil {
		return 0 // not a pod of a StatefulSet
	}
	return n
}
