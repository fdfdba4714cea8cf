package nodelet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// worker runs one pod, from binding to removal. All of its state belongs to the goroutine in run; others post what they want.
type worker struct {
	node   *Node
	uid    types.UID
	name   Pod
	number uint64 // of the node's pods, in order of arrival
	posted *mailbox
	gone   chan struct{} // closed when nothing of the pod is left on the node
	random *rand.Rand
	ctx    context.Context // ends with the worker; probes live in it
	cancel context.CancelFunc

	schedule   schedule
	pod        *corev1.Pod // as last seen
	sandbox    *sandbox
	containers map[string]*container
	trouble    error          // what keeps the containers from starting
	grace      *time.Duration // to end in, once the pod has been deleted
	ending     bool
	finished   bool
	written    *corev1.PodStatus // last status that the apiserver took
}

// container is a container of the pod over all its instances.
type container struct {
	instance *instance // running or ended; nil before the first
	previous *instance
	restarts int
	crashes  int // restarts since it last ran for long
	started  bool
	ready    bool
	trouble  error // of the last try to start it
	probes   context.CancelFunc
}

func newWorker(n *Node, pod *corev1.Pod, number uint64) *worker {
	w := &worker{
		node: n, uid: pod.UID, name: Pod{Namespace: pod.Namespace, Name: pod.Name}, number: number, pod: pod, posted: newMailbox(), gone: make(chan struct{}),
		random: rand.New(rand.NewPCG(n.options.Seed, number)), containers: map[string]*container{},
	}
	w.ctx, w.cancel = context.WithCancel(n.ctx)
	return w
}

// post has f done by the worker's goroutine, unless the pod is gone.
func (w *worker) post(f func()) { w.posted.put(f) }

// path is below the pod's directory on the node.
func (w *worker) path(elements ...string) string {
	return filepath.Join(append([]string{w.node.host.podDir(w.uid)}, elements...)...)
}

func (w *worker) run() {
	defer close(w.gone)
	defer w.cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !w.finished {
		select {
		case <-w.node.ctx.Done():
			w.kill()
			return
		case <-w.posted.full:
			for _, f := range w.posted.take() {
				f()
			}
		case <-timer.C:
			if !w.node.held.Load() {
				w.sync()
			}
		}
		timer.Reset(max(0, time.Until(w.nextSync())))
	}
}

// nextSync is when the timer has to fire. While the node is held nothing is due; its release posts.
func (w *worker) nextSync() time.Time {
	if w.node.held.Load() {
		return time.Now().Add(time.Hour)
	}
	return w.schedule.due(w.node.options.Rhythm)
}

// changed takes in a newer version of the pod.
func (w *worker) changed(pod *corev1.Pod) {
	if podNews(w.pod, pod) {
		w.schedule.ask(time.Now())
	}
	w.pod = pod
	if pod.DeletionTimestamp != nil {
		w.deleted(ptr.Deref(pod.DeletionGracePeriodSeconds, defaultGrace))
	}
}

// defaultGrace is how many seconds a pod has to end that does not say.
const defaultGrace = 30

// deleted notes that the pod has to go. The first grace counts.
func (w *worker) deleted(graceSeconds int64) {
	if w.grace == nil {
		grace := time.Duration(graceSeconds) * time.Second
		w.grace = &grace
	}
	w.endIfDeleted()
}

// endIfDeleted begins to end a pod that has to go. A node that is held does so when it is released.
func (w *worker) endIfDeleted() {
	if w.grace != nil && !w.ending && !w.node.held.Load() {
		w.end(*w.grace)
	}
}

// podNews tells whether a kubelet would sync the pod for this update: not for a status, which it wrote itself.
func podNews(old, pod *corev1.Pod) bool {
	return old.Generation != pod.Generation || (old.DeletionTimestamp == nil) != (pod.DeletionTimestamp == nil) ||
		!maps.Equal(old.Annotations, pod.Annotations) || !maps.Equal(old.Labels, pod.Labels)
}

// sync brings the pod a step further and asks for its volumes to be brought up to date.
func (w *worker) sync() {
	w.schedule.synced(time.Now(), w.node.options.Rhythm, w.random)
	if w.ending {
		w.finishIfEnded()
		return
	}
	w.trouble = w.prepare()
	if w.trouble == nil {
		w.startContainers()
	}
	w.writeStatus()
}

// errVolumesPending is the ordinary wait for the first mounts.
var errVolumesPending = errors.New("volumes are being mounted")

// prepare makes what the containers need before they start.
func (w *worker) prepare() error {
	if w.sandbox == nil {
		w.node.register(w.pod)
		s, err := newSandbox(w.pod, &w.node.addresses)
		if err != nil {
			w.event(corev1.EventTypeWarning, "FailedCreatePodSandBox", err.Error())
			w.schedule.ask(time.Now().Add(w.node.options.Rhythm.Relist))
			return err
		}
		w.sandbox = s
		if err := w.writeHosts(); err != nil {
			return err
		}
	}
	w.node.volumes.ask(w.pod, w.volumesChanged)
	mounted, err := w.node.volumes.allMounted(w.uid)
	if err != nil {
		w.event(corev1.EventTypeWarning, "FailedMount", err.Error())
		return err
	}
	if !mounted {
		return errVolumesPending
	}
	return nil
}

// volumesChanged continues a sync that waited for volumes: unlike a new one, it is not held up.
func (w *worker) volumesChanged() {
	w.post(func() {
		if w.trouble == nil || w.ending || w.sandbox == nil || w.node.held.Load() {
			return
		}
		mounted, err := w.node.volumes.allMounted(w.uid)
		if w.trouble = err; err == nil && !mounted {
			w.trouble = errVolumesPending
		}
		if mounted {
			w.startContainers()
			w.writeStatus()
		}
	})
}

// startContainers starts whatever the plan wants to run now.
func (w *worker) startContainers() {
	now := time.Now()
	start, again := next(w.pod, w.progress(), now, w.node.options.Rhythm)
	for _, name := range start {
		if err := w.start(name); err != nil {
			w.event(corev1.EventTypeWarning, "Failed", err.Error())
			w.schedule.ask(now.Add(w.node.options.Rhythm.BackOff))
		}
	}
	if !again.IsZero() {
		w.schedule.ask(again)
	}
}

// progress is the state of the containers as the plan wants it.
func (w *worker) progress() map[string]progress {
	have := map[string]progress{}
	for name, c := range w.containers {
		if c.instance == nil {
			continue
		}
		p := progress{Running: c.instance.running(), Started: c.started, Crashes: c.crashes}
		if !p.Running {
			p.Ended, p.Code, p.At = true, c.instance.code, c.instance.ended
		}
		have[name] = p
	}
	return have
}

// start starts the next instance of a container.
func (w *worker) start(name string) error {
	c := w.containers[name]
	if c == nil {
		c = &container{}
		w.containers[name] = c
	}
	spec := containerSpec(w.pod, name)
	n := c.restarts
	if c.instance != nil {
		n++
	}
	described, err := w.describe(spec, n)
	if err == nil {
		var i *instance
		if i, err = startInstance(w.sandbox, described, w.logPath(name, n)); err == nil {
			w.took(name, c, i, n)
		}
	}
	if c.trouble = err; err != nil {
		return fmt.Errorf("container %s: %w", name, err)
	}
	return nil
}

// took notes a started instance and begins to watch it.
func (w *worker) took(name string, c *container, i *instance, n int) {
	rhythm := w.node.options.Rhythm
	if c.instance != nil {
		c.crashes++
		if c.instance.ended.Sub(c.instance.started) > 2*rhythm.MaxBackOff {
			c.crashes = 0
		}
	}
	c.previous, c.instance, c.restarts = c.instance, i, n
	c.started, c.ready = false, false
	w.probe(name, c)
	w.noticeLater()
	probes := c.probes
	go func() {
		<-i.done
		w.post(func() {
			probes()
			if c.instance == i { // else the next one was started before this came
				c.started, c.ready = false, false
			}
			w.noticeLater()
		})
	}()
}

// container returns a container that has been started.
func (w *worker) container(name string) (*container, error) {
	if c := w.containers[name]; c != nil && c.instance != nil {
		return c, nil
	}
	return nil, fmt.Errorf("pod %s has not started a container %q", w.name, name)
}

// noticeLater syncs the pod at the next look at the processes, as a kubelet learns of starts and ends.
func (w *worker) noticeLater() {
	if w.ending { // nobody waits for the look while a pod ends
		w.finishIfEnded()
		return
	}
	w.schedule.ask(time.Now().Add(jitter(w.node.options.Rhythm.Relist, w.random)))
}

// end asks every container to end and kills those that have not when grace is over.
func (w *worker) end(grace time.Duration) {
	w.ending = true
	for _, c := range w.containers {
		if c.instance != nil {
			c.instance.kill(syscall.SIGTERM)
		}
	}
	time.AfterFunc(grace, func() {
		w.post(func() {
			for _, c := range w.containers {
				if c.instance != nil {
					c.instance.kill(syscall.SIGKILL)
				}
			}
		})
	})
	w.finishIfEnded()
}

// finishIfEnded removes the pod from node and apiserver once its containers have ended.
func (w *worker) finishIfEnded() {
	for _, c := range w.containers {
		if c.instance != nil && c.instance.running() {
			return
		}
	}
	w.writeStatus()
	w.remove()
	w.deleteObject()
	w.finished = true
}

// kill removes the pod from the node at once and leaves the object as it is.
func (w *worker) kill() {
	for _, c := range w.containers {
		if c.instance != nil {
			c.instance.kill(syscall.SIGKILL)
			<-c.instance.done
		}
	}
	w.remove()
}

// remove takes away the pod's network, volumes and files.
func (w *worker) remove() {
	if w.sandbox != nil {
		if err := w.sandbox.remove(&w.node.addresses); err != nil {
			w.node.logf("removing the network of pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
		}
		w.node.unregister(w.pod)
	}
	if err := w.node.volumes.forget(w.pod, w.path()); err != nil {
		w.node.logf("removing the volumes of pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
	}
}
