package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// Dial opens a TCP connection from within a running pod to an IP address and port, and closes it.
func (n *Node) Dial(ctx context.Context, from *corev1.Pod, address string) error {
	network, err := networkOf(from)
	if err != nil {
		return err
	}
	defer network.Close()
	result := make(chan error, 1)
	go func() {
		// A thread of its own, which ends with this goroutine because it is never unlocked: no other code may run in the pod's network.
		runtime.LockOSThread()
		result <- dialIn(ctx, network, address)
	}()
	return <-result
}

func dialIn(ctx context.Context, network *os.File, address string) error {
	if err := unix.Setns(int(network.Fd()), syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the network of the pod: %w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// networkOf opens the network namespace of a pod, by a process of one of its containers.
func networkOf(pod *corev1.Pod) (*os.File, error) {
	for _, status := range pod.Status.ContainerStatuses {
		processes, err := processesOf(status.ContainerID)
		if err != nil {
			return nil, err
		}
		if len(processes) > 0 {
			return os.Open(fmt.Sprintf("/proc/%d/ns/net", processes[0]))
		}
	}
	return nil, fmt.Errorf("no container of pod %s/%s runs", pod.Namespace, pod.Name)
}
