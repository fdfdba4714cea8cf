// Package cluster runs a Kubernetes cluster for tests and demonstrations: the real etcd, kube-apiserver and
// kube-controller-manager, built from pinned Go modules, and a nodelet (package nodelet) that runs pods as plain processes.
//
// All of it lives in a sandbox of Linux namespaces that needs no privileges: nothing leaves it, nothing outside can disturb it,
// runs side by side do not see each other, and whatever happens, nothing stays behind. It needs Linux, Go and, for the first
// build, a network.
//
// A test suite enters the sandbox from TestMain and starts a cluster once:
//
//	func TestMain(m *testing.M) { cluster.Main(m) }
//
// See the example of Start for the rest, and README.md for what a nodelet does differently from a kubelet.
package cluster
