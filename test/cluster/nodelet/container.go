package nodelet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"

	"github.com/promloop/promloop/test/cluster/internal/shim"
)

// instance is one process of a container, from its start to its end.
type instance struct {
	cmd     *exec.Cmd
	started time.Time
	env     []string
	workDir string
	done    chan struct{} // closed at the end; what follows is valid then
	ended   time.Time
	code    int32
	signal  int32 // that ended it, 0 if it exited
}

// startInstance starts a container's process in the pod's namespaces. It returns once the container's own program runs.
func startInstance(s *sandbox, spec shim.Spec, log string) (*instance, error) {
	for _, dir := range []string{spec.Root, filepath.Dir(log)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd, started, err := shim.Container(spec)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = output, output
	flags := uintptr(syscall.CLONE_NEWNS)
	if !s.sharing {
		flags |= syscall.CLONE_NEWPID
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setpgid: true}
	err = within(s.pause.Process.Pid, s.namespaces(), cmd.Start)
	if reported := started(); err == nil {
		err = reported
		if err != nil {
			_ = cmd.Wait() // it has said why it ended
		}
	}
	if err != nil {
		return nil, err
	}
	i := &instance{cmd: cmd, started: time.Now(), env: spec.Env, workDir: "/" + spec.Dir, done: make(chan struct{})}
	go i.wait()
	return i, nil
}

func (i *instance) wait() {
	defer close(i.done)
	_ = i.cmd.Wait() // the state says it better
	i.ended = time.Now()
	status, ok := i.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		i.signal, i.code = int32(status.Signal()), 128+int32(status.Signal())
		return
	}
	i.code = int32(i.cmd.ProcessState.ExitCode())
}

func (i *instance) running() bool {
	select {
	case <-i.done:
		return false
	default:
		return true
	}
}

func (i *instance) kill(s syscall.Signal) {
	_ = i.cmd.Process.Signal(s) // it may have ended already
}

// describe turns a container of a pod into what the shim makes of it.
func (w *worker) describe(c *corev1.Container, n int) (shim.Spec, error) {
	image, err := findImage(w.node.options.Images, c.Image)
	if err != nil {
		return shim.Spec{}, imageError{err}
	}
	vars, err := w.environment(c).variables()
	if err != nil {
		return shim.Spec{}, err
	}
	args, err := commandLine(c, image, vars)
	if err != nil {
		return shim.Spec{}, err
	}
	mounts, err := w.mounts(c, image, vars)
	if err != nil {
		return shim.Spec{}, err
	}
	spec := shim.Spec{
		Root: w.path("containers", c.Name, strconv.Itoa(n)), Mounts: mounts, Dirs: image.Dirs,
		Args: args, Env: environ(image, vars), Dir: image.WorkingDir,
	}
	if c.WorkingDir != "" {
		spec.Dir = c.WorkingDir
	}
	if security := c.SecurityContext; security != nil {
		spec.ReadOnly = security.ReadOnlyRootFilesystem != nil && *security.ReadOnlyRootFilesystem
		spec.DropCapabilities = security.Capabilities != nil && slices.Contains(security.Capabilities.Drop, "ALL")
	}
	return spec, nil
}

// imageError says that the node has no such image.
type imageError struct{ error }

func (w *worker) environment(c *corev1.Container) environment {
	host := w.node.host
	return environment{pod: w.pod, container: c, ip: w.sandbox.ip, apiHost: w.node.apiHost, apiPort: w.node.apiPort,
		secret: host.secret, configMap: host.configMap}
}

// mounts lists what the container sees beside its own root: the image's files, the pod's hosts file, its volumes.
func (w *worker) mounts(c *corev1.Container, image Image, vars map[string]string) ([]shim.Mount, error) {
	var mounts []shim.Mount
	for target, source := range image.Files {
		mounts = append(mounts, shim.Mount{Source: source, Target: target, ReadOnly: true})
	}
	for _, name := range []string{"hosts", "resolv.conf"} {
		mounts = append(mounts, shim.Mount{Source: w.path("etc", name), Target: "/etc/" + name})
	}
	for _, m := range c.VolumeMounts {
		mount, err := w.volumeMount(m, vars)
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", m.Name, err)
		}
		mounts = append(mounts, mount)
	}
	// A path before those below it.
	slices.SortStableFunc(mounts, func(a, b shim.Mount) int { return strings.Compare(a.Target, b.Target) })
	return mounts, nil
}

func (w *worker) volumeMount(m corev1.VolumeMount, vars map[string]string) (shim.Mount, error) {
	source, readOnly, err := w.node.volumes.path(w.pod, m.Name)
	if err != nil {
		return shim.Mount{}, err
	}
	below := m.SubPath
	if m.SubPathExpr != "" {
		below = expansion.Expand(m.SubPathExpr, expansion.MappingFuncFor(vars))
	}
	if below != "" {
		source = filepath.Join(source, filepath.Clean("/"+below))
		if _, err := os.Stat(source); os.IsNotExist(err) && !readOnly {
			if err := os.MkdirAll(source, 0o777); err != nil {
				return shim.Mount{}, err
			}
		}
	}
	return shim.Mount{Source: source, Target: m.MountPath, ReadOnly: readOnly || m.ReadOnly}, nil
}

// writeHosts writes the files that a kubelet gives a pod for name resolution. There is no DNS: names are those in hosts.
func (w *worker) writeHosts() error {
	var hosts strings.Builder
	fmt.Fprintf(&hosts, "127.0.0.1\tlocalhost\n%s\t%s\n", w.sandbox.ip, hostname(w.pod))
	for _, alias := range w.pod.Spec.HostAliases {
		fmt.Fprintf(&hosts, "%s\t%s\n", alias.IP, strings.Join(alias.Hostnames, "\t"))
	}
	if err := os.MkdirAll(w.path("etc"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("etc", "hosts"), []byte(hosts.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(w.path("etc", "resolv.conf"), nil, 0o644)
}
