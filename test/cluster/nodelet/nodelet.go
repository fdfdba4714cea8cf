package nodelet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	kubeletconfigmap "k8s.io/kubernetes/pkg/kubelet/configmap"
	kubeletsecret "k8s.io/kubernetes/pkg/kubelet/secret"
	"k8s.io/kubernetes/pkg/kubelet/token"
	"k8s.io/utils/ptr"
)

// Options say what a Node has and how it behaves.
type Options struct {
	// Config is an administrator's access to the apiserver, whose host pods must reach. Required.
	Config *rest.Config
	// Name of the Node; "node" if empty.
	Name string
	// Dir is where pods and claims live; a new directory of the run if empty.
	Dir string
	// Images are all that the node can run.
	Images []Image
	// Rhythm is KubeletRhythm if zero.
	Rhythm Rhythm
	// Seed of everything random; chosen if 0. It is written to Log, so that a run can be repeated.
	Seed uint64
	// Log gets a line for what a kubelet would log as a warning; nothing is logged if nil.
	Log io.Writer
}

// Node is a running nodelet.
type Node struct {
	options          Options
	client           kubernetes.Interface
	apiHost, apiPort string

	ctx        context.Context
	cancel     context.CancelFunc
	host       *volumeHost
	volumes    *volumes
	secrets    kubeletsecret.Manager
	configMaps kubeletconfigmap.Manager
	recorder   record.EventRecorder
	events     record.EventBroadcaster
	addresses  addresses
	lags       lags
	held       atomic.Bool
	port       int32 // of the kubelet's API

	mu      sync.Mutex
	workers map[types.UID]*worker
	arrived uint64
	running sync.WaitGroup
	logLock sync.Mutex
}

// Start registers the node and runs pods until Stop.
func Start(ctx context.Context, o Options) (*Node, error) {
	n, err := newNode(o)
	if err != nil {
		return nil, err
	}
	n.logf("nodelet %s: seed %d", n.options.Name, n.options.Seed)
	for _, step := range []func(context.Context) error{n.serve, n.join} {
		if err := step(ctx); err != nil {
			n.Stop()
			return nil, fmt.Errorf("starting the node: %w", err)
		}
	}
	random := rand.New(rand.NewPCG(n.options.Seed, 0))
	n.volumes.run(n.ctx, random)
	go every(n.ctx, leaseDuration/4, leaseDuration/4, n.renewLease)
	watchPods(n.ctx, n.client, "", &atomic.Int64{}, n.bind, func(*corev1.Pod) {})
	watchPods(n.ctx, n.client, n.options.Name, &n.lags.pods, n.changed, n.vanished)
	watchClaims(n.ctx, n.client, n.claimed)
	return n, nil
}

func newNode(o Options) (*Node, error) {
	if err := complete(&o); err != nil {
		return nil, err
	}
	server, err := url.Parse(o.Config.Host)
	if err != nil {
		return nil, fmt.Errorf("address of the apiserver: %w", err)
	}
	client, err := kubernetes.NewForConfig(o.Config)
	if err != nil {
		return nil, err
	}
	n := &Node{options: o, client: client, apiHost: server.Hostname(), apiPort: server.Port(), workers: map[types.UID]*worker{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	late := lateClient{client, &n.lags}
	n.secrets = kubeletsecret.NewWatchingSecretManager(late, o.Rhythm.Sync)
	n.configMaps = kubeletconfigmap.NewWatchingConfigMapManager(late, o.Rhythm.Sync)
	tokens := token.NewManager(client)
	n.host = &volumeHost{dir: o.Dir, node: types.NodeName(o.Name), capacity: capacity(), client: client,
		secret: n.secrets.GetSecret, configMap: n.configMaps.GetConfigMap,
		token: tokens.GetServiceAccountToken, deleteToken: tokens.DeleteServiceAccountToken}
	if n.volumes, err = newVolumes(client, o.Rhythm, n.host); err != nil {
		return nil, err
	}
	n.events = record.NewBroadcaster(record.WithContext(n.ctx))
	n.events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	n.recorder = n.events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "nodelet", Host: o.Name})
	return n, nil
}

// complete fills in what the caller left to the nodelet.
func complete(o *Options) (err error) {
	if o.Config == nil {
		return errors.New("nodelet: Options.Config is required")
	}
	if o.Name == "" {
		o.Name = "node"
	}
	if o.Rhythm == (Rhythm{}) {
		o.Rhythm = KubeletRhythm()
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Dir == "" {
		o.Dir, err = os.MkdirTemp("", "node-")
	}
	if err == nil { // a container's root must be free of links: see the shim
		o.Dir, err = filepath.EvalSymlinks(o.Dir)
	}
	return err
}

// capacity is what the node pretends to have.
func capacity() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("16"),
		corev1.ResourceMemory:           resource.MustParse("64Gi"),
		corev1.ResourcePods:             resource.MustParse("110"),
		corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
	}
}

// Stop kills every pod and leaves the objects as they are.
func (n *Node) Stop() {
	n.cancel()
	n.running.Wait()
	n.events.Shutdown()
}

// bind assigns a pod that nobody has scheduled to this node.
func (n *Node) bind(pod *corev1.Pod) {
	if pod.Spec.NodeName != "" || pod.DeletionTimestamp != nil || len(pod.Spec.SchedulingGates) > 0 {
		return
	}
	n.log("binding pod "+pod.Name, n.bindPod(pod))
}

// changed brings a pod's worker up to date; a new pod gets one.
func (n *Node) changed(pod *corev1.Pod) {
	n.mu.Lock()
	w := n.workers[pod.UID]
	if w == nil && pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed && n.ctx.Err() == nil {
		n.arrived++
		w = newWorker(n, pod, n.arrived)
		n.workers[pod.UID] = w
		n.running.Go(func() {
			w.run()
			n.mu.Lock()
			delete(n.workers, w.uid)
			n.mu.Unlock()
		})
	}
	n.mu.Unlock()
	if w != nil {
		w.post(func() { w.changed(pod) })
	}
}

// vanished ends a pod whose object was deleted without waiting for the node.
func (n *Node) vanished(pod *corev1.Pod) {
	n.mu.Lock()
	w := n.workers[pod.UID]
	n.mu.Unlock()
	if w == nil {
		return
	}
	w.post(func() { w.deleted(ptr.Deref(pod.Spec.TerminationGracePeriodSeconds, defaultGrace)) })
}

func (n *Node) claimed(claim *corev1.PersistentVolumeClaim) {
	n.log("providing a volume for claim "+claim.Name, n.provision(n.ctx, claim))
}

// register has the caches follow everything that the pod refers to.
func (n *Node) register(pod *corev1.Pod) {
	n.secrets.RegisterPod(pod)
	n.configMaps.RegisterPod(pod)
}

func (n *Node) unregister(pod *corev1.Pod) {
	n.secrets.UnregisterPod(pod)
	n.configMaps.UnregisterPod(pod)
}

// log notes an error, if it is one and the node still runs.
func (n *Node) log(doing string, err error) {
	if err != nil && n.ctx.Err() == nil {
		n.logf("%s: %v", doing, err)
	}
}

func (n *Node) logf(format string, args ...any) {
	n.logLock.Lock()
	defer n.logLock.Unlock()
	fmt.Fprintf(n.options.Log, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
}
