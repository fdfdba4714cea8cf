package nodelet

import (
	"errors"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/pkg/volume"
	"k8s.io/kubernetes/pkg/volume/util/subpath"
	"k8s.io/mount-utils"
)

// volumeHost is what the kubelet's volume plugins see of the kubelet. The embedded interfaces stand for what the plugins in use
// never call.
type volumeHost struct {
	volume.VolumeHost
	volume.KubeletVolumeHost

	dir      string
	node     types.NodeName
	capacity corev1.ResourceList
	client   kubernetes.Interface
	plugins  *volume.VolumePluginMgr

	secret      func(namespace, name string) (*corev1.Secret, error)
	configMap   func(namespace, name string) (*corev1.ConfigMap, error)
	token       func(namespace, name string, tr *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error)
	deleteToken func(podUID types.UID)
}

var (
	_ volume.VolumeHost        = &volumeHost{}
	_ volume.KubeletVolumeHost = &volumeHost{}
)

func (h *volumeHost) GetPodsDir() string { return filepath.Join(h.dir, "pods") }
func (h *volumeHost) GetPluginDir(plugin string) string {
	return filepath.Join(h.dir, "plugins", plugin)
}
func (h *volumeHost) GetKubeClient() kubernetes.Interface       { return h.client }
func (h *volumeHost) GetMounter() mount.Interface               { return nil } // emptyDirPlugin mounts by system calls
func (h *volumeHost) GetSubpather() subpath.Interface           { return nil } // see containerMounts
func (h *volumeHost) GetNodeName() types.NodeName               { return h.node }
func (h *volumeHost) GetNodeLabels() (map[string]string, error) { return nil, nil }
func (h *volumeHost) GetEventRecorder() record.EventRecorder    { return nil }

func (h *volumeHost) GetNodeAllocatable() (corev1.ResourceList, error) { return h.capacity, nil }

func (h *volumeHost) GetPodVolumeDir(podUID types.UID, plugin, name string) string {
	return filepath.Join(h.podDir(podUID), "volumes", plugin, name)
}

func (h *volumeHost) GetPodPluginDir(podUID types.UID, plugin string) string {
	return filepath.Join(h.podDir(podUID), "plugins", plugin)
}

func (h *volumeHost) podDir(podUID types.UID) string {
	return filepath.Join(h.dir, "pods", string(podUID))
}

func (h *volumeHost) GetSecretFunc() func(namespace, name string) (*corev1.Secret, error) {
	return h.secret
}

func (h *volumeHost) GetConfigMapFunc() func(namespace, name string) (*corev1.ConfigMap, error) {
	return h.configMap
}

func (h *volumeHost) GetServiceAccountTokenFunc() func(namespace, name string, tr *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	return h.token
}

func (h *volumeHost) DeleteServiceAccountTokenFunc() func(podUID types.UID) { return h.deleteToken }

// NewWrapperMounter gives plugins that fill a directory the emptyDir to fill.
func (h *volumeHost) NewWrapperMounter(name string, spec volume.Spec, pod *corev1.Pod) (volume.Mounter, error) {
	plugin, err := h.wrapped(name, &spec)
	if err != nil {
		return nil, err
	}
	return plugin.NewMounter(&spec, pod)
}

func (h *volumeHost) NewWrapperUnmounter(name string, spec volume.Spec, podUID types.UID) (volume.Unmounter, error) {
	plugin, err := h.wrapped(name, &spec)
	if err != nil {
		return nil, err
	}
	return plugin.NewUnmounter(spec.Name(), podUID)
}

func (h *volumeHost) wrapped(name string, spec *volume.Spec) (volume.VolumePlugin, error) {
	if spec.Volume == nil {
		return nil, errors.New("only volumes of a pod are wrapped")
	}
	spec.Volume.Name = "wrapped_" + name
	return h.plugins.FindPluginBySpec(spec)
}
