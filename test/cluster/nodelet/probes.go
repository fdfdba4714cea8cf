package nodelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
	tcpprobe "k8s.io/kubernetes/pkg/probe/tcp"
	"k8s.io/utils/ptr"
)

// tally turns single answers of a probe into its verdict, which changes only after enough equal ones in a row.
type tally struct {
	verdict bool
	last    bool
	run     int32
}

// add counts one answer.
func (t *tally) add(ok bool, p *corev1.Probe) {
	if ok != t.last {
		t.run = 0
	}
	t.last = ok
	t.run++
	threshold := p.FailureThreshold
	if ok {
		threshold = p.SuccessThreshold
	}
	if t.run >= max(1, threshold) {
		t.verdict = ok
	}
}

// target is what the probes of one instance need.
type target struct {
	spec     corev1.Container
	instance *instance
	ip       string
	within   []namespace
}

// probe starts the probes of a container's new instance: the startup probe first, the others once it has succeeded.
func (w *worker) probe(name string, c *container) {
	ctx, cancel := context.WithCancel(w.ctx)
	c.probes = cancel
	t := target{spec: *containerSpec(w.pod, name), instance: c.instance, ip: w.sandbox.ip,
		within: []namespace{netNS, utsNS, ipcNS, pidNS, mountNS}}
	// act does f for this instance only, and tells the apiserver.
	act := func(f func()) {
		w.post(func() {
			if ctx.Err() == nil && !w.ending {
				f()
				w.schedule.ask(time.Now()) // a kubelet syncs the pod whenever a probe changes its mind
				w.writeStatus()
			}
		})
	}
	fail := func(kind, message string) {
		act(func() { w.unhealthy(name, c, kind, message) })
	}
	begin := func() {
		act(func() { c.started, c.ready = true, t.spec.ReadinessProbe == nil })
		if p := t.spec.ReadinessProbe; p != nil {
			go w.watch(ctx, p, t, false, false, func(ok bool, _ string) { act(func() { c.ready = ok }) })
		}
		if p := t.spec.LivenessProbe; p != nil {
			go w.watch(ctx, p, t, true, true, func(_ bool, message string) { fail("Liveness", message) })
		}
	}
	p := t.spec.StartupProbe
	if p == nil {
		c.started, c.ready = true, t.spec.ReadinessProbe == nil
		begin()
		return
	}
	go w.watchStartup(ctx, p, t, begin, func(message string) { fail("Startup", message) })
}

// unhealthy ends an instance whose probe failed too often.
func (w *worker) unhealthy(name string, c *container, kind, message string) {
	w.event(corev1.EventTypeWarning, "Unhealthy", fmt.Sprintf("%s probe of container %s failed: %s", kind, name, message))
	grace := time.Duration(ptr.Deref(w.pod.Spec.TerminationGracePeriodSeconds, defaultGrace)) * time.Second
	i := c.instance
	i.kill(syscall.SIGTERM)
	time.AfterFunc(grace, func() { i.kill(syscall.SIGKILL) })
}

// watch probes until ctx ends and reports each change of the verdict. late leaves out the first probe at once, as a kubelet's
// ticker does for all but readiness.
func (w *worker) watch(ctx context.Context, p *corev1.Probe, t target, verdict, late bool, report func(bool, string)) {
	count := tally{verdict: verdict, last: verdict}
	w.repeat(ctx, p, late, func() bool {
		ok, message := t.ask(p)
		before := count.verdict
		if count.add(ok, p); count.verdict != before {
			report(count.verdict, message)
		}
		return true
	})
}

// watchStartup probes until the verdict is known either way.
func (w *worker) watchStartup(ctx context.Context, p *corev1.Probe, t target, succeeded func(), failed func(string)) {
	var count tally
	failures := int32(0)
	w.repeat(ctx, p, true, func() bool {
		ok, message := t.ask(p)
		if count.add(ok, p); count.verdict {
			succeeded()
			return false
		}
		if failures++; failures >= max(1, p.FailureThreshold) {
			failed(message)
			return false
		}
		return true
	})
}

// repeat calls f at the probe's times until it returns false or ctx ends.
func (w *worker) repeat(ctx context.Context, p *corev1.Probe, late bool, f func() bool) {
	second := w.node.options.Rhythm.Second
	period := time.Duration(max(1, p.PeriodSeconds)) * second
	first := time.Duration(p.InitialDelaySeconds) * second
	if late {
		first = max(first, period)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	every(ctx, period, first, func() {
		if !f() {
			stop()
		}
	})
}

// ask probes once.
func (t target) ask(p *corev1.Probe) (ok bool, message string) {
	timeout := time.Duration(max(1, p.TimeoutSeconds)) * time.Second
	var result probe.Result
	var err error
	switch {
	case p.HTTPGet != nil:
		request, buildErr := httpprobe.NewRequestForHTTPGetAction(p.HTTPGet, &t.spec, t.ip, "probe")
		if buildErr != nil {
			return false, buildErr.Error()
		}
		result, message, err = httpprobe.New(false).Probe(request, timeout)
	case p.TCPSocket != nil:
		port, portErr := probe.ResolveContainerPort(p.TCPSocket.Port, &t.spec)
		if portErr != nil {
			return false, portErr.Error()
		}
		result, message, err = tcpprobe.New().Probe(hostOr(p.TCPSocket.Host, t.ip), port, timeout)
	case p.Exec != nil:
		err = t.execute(p.Exec.Command, timeout)
		result = probe.Success
	default:
		return false, "the nodelet knows no such probe"
	}
	if err != nil {
		return false, err.Error()
	}
	return result == probe.Success || result == probe.Warning, message
}

func hostOr(host, otherwise string) string {
	if host == "" {
		return otherwise
	}
	return host
}

// execute runs a command inside the container.
func (t target) execute(command []string, timeout time.Duration) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	var process *os.Process
	err = within(t.instance.cmd.Process.Pid, t.within, func() error {
		process, err = os.StartProcess(command[0], command, &os.ProcAttr{Dir: t.instance.workDir, Env: t.instance.env,
			Files: []*os.File{null, null, null}})
		return err
	})
	if err != nil {
		return err
	}
	kill := time.AfterFunc(timeout, func() { _ = process.Kill() })
	state, err := process.Wait()
	if !kill.Stop() {
		return errors.New("timed out")
	}
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return err
}
