// Package nodelet stands in for a node with its kubelet. It registers a Node, binds pods to it and runs each as plain processes,
// exactly as the pod's spec says: network, mounts, volumes, environment, probes, restarts, termination and status.
//
// It has a kubelet's rhythm (Rhythm) instead of delivering at once, because what a kubelet does late, or not at all, is what its
// users must survive. Faults that a kubelet shows now and then are at hand as methods of Node (levers.go). Volumes are written by
// the kubelet's own volume plugins.
//
// It runs inside the sandbox of package cluster only. README.md lists what it does differently from a kubelet.
package nodelet
