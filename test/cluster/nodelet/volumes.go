package nodelet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/volume"
	"k8s.io/kubernetes/pkg/volume/configmap"
	"k8s.io/kubernetes/pkg/volume/downwardapi"
	"k8s.io/kubernetes/pkg/volume/projected"
	"k8s.io/kubernetes/pkg/volume/secret"
)

// volumes mounts the volumes of all pods of the node, by the kubelet's own plugins and in its two loops.
type volumes struct {
	client  kubernetes.Interface
	plugins volume.VolumePluginMgr
	rhythm  Rhythm

	mu      sync.Mutex
	pods    map[types.UID]*podVolumes
	stopped bool // no pass of either loop: the kubelet is stopped
	drop    bool // the populator loses what it should ask for
}

// podVolumes is one pod's share.
type podVolumes struct {
	remounts
	changed func() // called after every mount, without locks
}

func newVolumes(client kubernetes.Interface, rhythm Rhythm, host *volumeHost) (*volumes, error) {
	v := &volumes{client: client, rhythm: rhythm, pods: map[types.UID]*podVolumes{}}
	host.plugins = &v.plugins
	plugins := []volume.VolumePlugin{&emptyDirPlugin{}}
	for _, probe := range []func() []volume.VolumePlugin{
		secret.ProbeVolumePlugins, configmap.ProbeVolumePlugins, projected.ProbeVolumePlugins, downwardapi.ProbeVolumePlugins,
	} {
		plugins = append(plugins, probe()...)
	}
	return v, v.plugins.InitPlugins(plugins, nil, host)
}

// run runs the two loops until ctx ends. They start at random, as those of a kubelet that has been up for long.
func (v *volumes) run(ctx context.Context, random *rand.Rand) {
	populate, reconcile := jitter(v.rhythm.Loop, random), jitter(v.rhythm.Loop, random)
	go every(ctx, v.rhythm.Loop, populate, v.populate)
	go every(ctx, v.rhythm.Loop, reconcile, v.reconcile)
}

// every calls f after first and then once a period.
func every(ctx context.Context, period, first time.Duration, f func()) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			f()
			timer.Reset(period)
		}
	}
}

// ask wants the pod's volumes mounted and up to date; a sync does so. changed is called after each mount.
func (v *volumes) ask(pod *corev1.Pod, changed func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.pods[pod.UID]
	if p == nil {
		p = &podVolumes{changed: changed, remounts: remounts{volumes: map[string]*remount{}}}
		for _, vol := range pod.Spec.Volumes {
			p.volumes[vol.Name] = &remount{refreshed: vol.EmptyDir == nil && vol.PersistentVolumeClaim == nil}
		}
		v.pods[pod.UID] = p
	}
	p.asked = pod
}

// allMounted tells whether the pod's containers can start, and what stands in the way.
func (v *volumes) allMounted(uid types.UID) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.pods[uid]; p != nil {
		return p.allMounted()
	}
	return false, nil
}

// set changes the faults.
func (v *volumes) set(f func(*volumes)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(v)
}

func (v *volumes) populate() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return
	}
	for _, p := range v.pods {
		p.populate(v.drop)
	}
}

func (v *volumes) reconcile() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return
	}
	for _, p := range v.pods {
		for _, name := range p.reconcile(time.Now()) {
			go v.mount(p, p.pod, name)
		}
	}
}

// mount sets one volume up and notes how it went.
func (v *volumes) mount(p *podVolumes, pod *corev1.Pod, name string) {
	err := v.setUp(pod, name)
	v.mu.Lock()
	p.done(name, err, time.Now(), v.rhythm)
	v.mu.Unlock()
	p.changed()
}

func (v *volumes) setUp(pod *corev1.Pod, name string) error {
	vol := podVolume(pod, name)
	if vol.PersistentVolumeClaim != nil {
		_, err := v.claimPath(pod.Namespace, vol.PersistentVolumeClaim.ClaimName)
		return err
	}
	spec := volume.NewSpecFromVolume(vol)
	plugin, err := v.plugins.FindPluginBySpec(spec)
	if err != nil {
		return fmt.Errorf("the nodelet has no volumes of this kind: %w", err)
	}
	mounter, err := plugin.NewMounter(spec, pod)
	if err != nil {
		return err
	}
	return mounter.SetUp(volume.MounterArgs{})
}

// path returns where a mounted volume lies on the node, and whether containers may only read it.
func (v *volumes) path(pod *corev1.Pod, name string) (path string, readOnly bool, err error) {
	vol := podVolume(pod, name)
	if vol == nil {
		return "", false, fmt.Errorf("the pod has no volume %q", name)
	}
	if claim := vol.PersistentVolumeClaim; claim != nil {
		path, err := v.claimPath(pod.Namespace, claim.ClaimName)
		return path, claim.ReadOnly, err
	}
	spec := volume.NewSpecFromVolume(vol)
	plugin, err := v.plugins.FindPluginBySpec(spec)
	if err != nil {
		return "", false, err
	}
	mounter, err := plugin.NewMounter(spec, pod)
	if err != nil {
		return "", false, err
	}
	return mounter.GetPath(), mounter.GetAttributes().ReadOnly, nil
}

// claimPath is where the data of a bound claim lies. It outlives the pod.
func (v *volumes) claimPath(namespace, name string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
	defer cancel()
	claim, err := v.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		return "", fmt.Errorf("claim %s is %s, not yet bound", name, claim.Status.Phase)
	}
	pv, err := v.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if pv.Spec.HostPath == nil {
		return "", fmt.Errorf("volume %s of claim %s was not made by the nodelet", pv.Name, name)
	}
	return pv.Spec.HostPath.Path, os.MkdirAll(pv.Spec.HostPath.Path, 0o777)
}

// forget takes a pod's volumes down. The pod's processes must have ended.
func (v *volumes) forget(pod *corev1.Pod, podDir string) error {
	v.mu.Lock()
	delete(v.pods, pod.UID)
	v.mu.Unlock()
	mounts, err := filepath.Glob(filepath.Join(podDir, "volumes", "*", "*"))
	if err != nil {
		return err
	}
	for _, dir := range mounts {
		if err := unmount(dir); err != nil {
			return err
		}
	}
	return os.RemoveAll(podDir)
}

func podVolume(pod *corev1.Pod, name string) *corev1.Volume {
	for i := range pod.Spec.Volumes {
		if pod.Spec.Volumes[i].Name == name {
			return &pod.Spec.Volumes[i]
		}
	}
	return nil
}
