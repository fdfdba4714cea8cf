package nodelet

import (
	"fmt"
	"os/exec"
	"syscall"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/test/cluster/internal/shim"
)

// sandbox is what the containers of a pod share: the namespaces that its pause process holds, and an address.
type sandbox struct {
	pause   *exec.Cmd
	ip      string
	number  int // of the address; 0 in the node's network
	sharing bool
}

// newSandbox starts a pod's pause process and connects its network.
func newSandbox(pod *corev1.Pod, pool *addresses) (*sandbox, error) {
	s := &sandbox{pause: shim.Pause(hostname(pod)), ip: NodeIP}
	s.sharing = pod.Spec.ShareProcessNamespace != nil && *pod.Spec.ShareProcessNamespace
	flags := uintptr(syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWPID)
	if !pod.Spec.HostNetwork {
		flags |= syscall.CLONE_NEWNET
	}
	s.pause.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setpgid: true}
	if err := s.pause.Start(); err != nil {
		return nil, fmt.Errorf("starting the pause process: %w", err)
	}
	if pod.Spec.HostNetwork {
		return s, nil
	}
	number, err := pool.take()
	if err == nil {
		s.number, s.ip = number, podIP(number)
		err = attach(s.pause.Process.Pid, number)
	}
	if err != nil {
		_ = s.remove(pool)
		return nil, err
	}
	return s, nil
}

// namespaces are those that a container joins.
func (s *sandbox) namespaces() []namespace {
	joined := []namespace{netNS, utsNS, ipcNS}
	if s.sharing {
		joined = append(joined, pidNS)
	}
	return joined
}

// remove ends the pause process, and with it whatever still runs in a shared PID namespace, and the pod's network.
func (s *sandbox) remove(pool *addresses) error {
	_ = s.pause.Process.Kill()
	_ = s.pause.Wait() // it was killed
	if s.number == 0 {
		return nil
	}
	defer pool.giveBack(s.number)
	return detach(s.number)
}

func hostname(pod *corev1.Pod) string {
	name := pod.Spec.Hostname
	if name == "" {
		name = pod.Name
	}
	return name[:min(len(name), 63)]
}
