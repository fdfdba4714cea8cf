// Package e2e tests promloop as it is shipped, on a real node: kubelet, containerd, images, manifests. It runs as root on a Debian
// machine and leaves nothing behind.
package e2e
