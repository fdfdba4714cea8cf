// Package node is a real Kubernetes node beside the control plane of package cluster: containerd, kubelet, kube-scheduler and
// kube-proxy, in the network, mount and process namespaces of the sandbox. When the sandbox ends, the kernel ends all of it.
package node
