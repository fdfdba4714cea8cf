package node

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kubeletConfig differs from a kubelet's defaults only where the machine asks for it: control groups of either version without
// systemd, no eviction on a full development disk. syncFrequency stays at its default of a minute: that is what users have.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 198.18.0.1
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failSwapOn: false
localStorageCapacityIsolation: false
evictionHard: {memory.available: 0%%, nodefs.available: 0%%, nodefs.inodesFree: 0%%, imagefs.available: 0%%}
imageGCHighThresholdPercent: 100
containerRuntimeEndpoint: unix://%s
clusterDNS: [198.18.0.1]
clusterDomain: cluster.local
resolvConf: %s
podLogsDir: %s
registerWithTaints: []
`

func (n *Node) startKubelet(ctx context.Context) error {
	if err := n.write("resolv.conf", "nameserver 198.18.0.1\n"); err != nil {
		return err
	}
	config := fmt.Sprintf(kubeletConfig, containerdSocket, filepath.Join(n.dir, "resolv.conf"), filepath.Join(n.dir, "pods"))
	if err := n.write("kubelet.yaml", config); err != nil {
		return err
	}
	if err := n.StartKubelet(); err != nil {
		return err
	}
	return poll(ctx, 2*time.Minute, "the node to be Ready", func() bool { return n.ready(ctx) })
}

// StartKubelet starts the kubelet, again after StopKubelet.
func (n *Node) StartKubelet() error { return n.startKubeletWith(n.cluster.Kubeconfig()) }

func (n *Node) startKubeletWith(kubeconfig string) error {
	var err error
	n.kubelet, err = n.run("kubelet",
		"--config", filepath.Join(n.dir, "kubelet.yaml"),
		"--kubeconfig", kubeconfig,
		"--root-dir", filepath.Join(n.dir, "kubelet"),
		"--cert-dir", filepath.Join(n.dir, "pki"),
		"--hostname-override", Name,
		"--node-ip", "198.18.0.1",
	)
	return err
}

// StopKubelet ends the kubelet. Containers go on.
func (n *Node) StopKubelet() error { return n.kubelet.Stop() }

// RestartContainerd ends containerd and starts it again. Containers go on.
func (n *Node) RestartContainerd(ctx context.Context) error {
	if err := n.containerd.Stop(); err != nil {
		return err
	}
	return n.startContainerd(ctx)
}

// VolumeDir is the directory of the machine that a pod sees as one of its projected volumes.
func (n *Node) VolumeDir(pod *corev1.Pod, volume string) string {
	return filepath.Join(n.dir, "kubelet", "pods", string(pod.UID), "volumes", "kubernetes.io~projected", volume)
}

// WriteSeccompProfile gives pods of the node a profile of type Localhost under a name.
func (n *Node) WriteSeccompProfile(name, profile string) error {
	return n.write(filepath.Join("kubelet", "seccomp", name), profile)
}

// SignalContainer sends a signal to every process of a container; containerID is as in the pod's status.
func (n *Node) SignalContainer(containerID string, signal syscall.Signal) error {
	processes, err := processesOf(containerID)
	if err != nil {
		return err
	}
	for _, pid := range processes {
		if err := syscall.Kill(pid, signal); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) ready(ctx context.Context) bool {
	node, err := n.client.CoreV1().Nodes().Get(ctx, Name, metav1.GetOptions{})
	if err != nil {
		return false
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (n *Node) startScheduler(context.Context) error {
	var err error
	n.scheduler, err = n.run("kube-scheduler", "--kubeconfig", n.cluster.Kubeconfig(), "--leader-elect=false", "--secure-port=0")
	return err
}

// startProxy makes the addresses of Services work.
func (n *Node) startProxy(context.Context) error {
	var err error
	n.proxy, err = n.run("kube-proxy",
		"--kubeconfig", n.cluster.Kubeconfig(),
		"--proxy-mode", "nftables",
		"--cluster-cidr", podNetwork,
		"--hostname-override", Name,
		"--conntrack-max-per-core", "0",
		"--healthz-bind-address", "198.18.0.1:10256",
		"--metrics-bind-address", "198.18.0.1:10249",
	)
	return err
}
