package nodelet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/volume"
)

// emptyDirPlugin stands in for the kubelet's plugin of the same name, which brings its cgroup and device managers along. The
// plugins of Secret, projected and downward API volumes wrap it, asking for a memory medium; that of ConfigMaps asks for a disk.
type emptyDirPlugin struct {
	volume.VolumePlugin // what an emptyDir is never asked for
	host                volume.VolumeHost
}

func (p *emptyDirPlugin) Init(host volume.VolumeHost) error { p.host = host; return nil }
func (p *emptyDirPlugin) GetPluginName() string             { return "kubernetes.io/empty-dir" }
func (p *emptyDirPlugin) CanSupport(s *volume.Spec) bool {
	return s.Volume != nil && s.Volume.EmptyDir != nil
}
func (p *emptyDirPlugin) RequiresRemount(*volume.Spec) bool            { return false }
func (p *emptyDirPlugin) SupportsMountOption() bool                    { return false }
func (p *emptyDirPlugin) GetVolumeName(s *volume.Spec) (string, error) { return s.Name(), nil }

func (p *emptyDirPlugin) NewMounter(s *volume.Spec, pod *corev1.Pod) (volume.Mounter, error) {
	e := p.emptyDir(s.Name(), pod.UID)
	e.memory = s.Volume.EmptyDir.Medium == corev1.StorageMediumMemory
	capacity, err := p.host.GetNodeAllocatable()
	if err != nil {
		return nil, err
	}
	e.size = capacity.Memory().Value()
	if limit := s.Volume.EmptyDir.SizeLimit; limit != nil && !limit.IsZero() {
		e.size = min(e.size, limit.Value())
	}
	return e, nil
}

func (p *emptyDirPlugin) NewUnmounter(name string, podUID types.UID) (volume.Unmounter, error) {
	return p.emptyDir(name, podUID), nil
}

func (p *emptyDirPlugin) emptyDir(name string, podUID types.UID) *emptyDir {
	return &emptyDir{path: p.host.GetPodVolumeDir(podUID, "kubernetes.io~empty-dir", name)}
}

// emptyDir is a directory of the node, in memory if asked for.
type emptyDir struct {
	volume.MetricsNil
	path   string
	memory bool
	size   int64 // bytes, of a directory in memory
}

func (e *emptyDir) GetPath() string                     { return e.path }
func (e *emptyDir) GetAttributes() volume.Attributes    { return volume.Attributes{Managed: true} }
func (e *emptyDir) SetUp(args volume.MounterArgs) error { return e.SetUpAt(e.path, args) }
func (e *emptyDir) TearDown() error                     { return e.TearDownAt(e.path) }

// SetUpAt makes the directory unless it is there.
func (e *emptyDir) SetUpAt(dir string, _ volume.MounterArgs) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	mounted, err := isMountPoint(dir)
	if err != nil {
		return err
	}
	if e.memory && !mounted {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", e.size)); err != nil {
			return fmt.Errorf("mounting a directory in memory: %w", err)
		}
	}
	return os.Chmod(dir, 0o777)
}

// TearDownAt removes the directory.
func (e *emptyDir) TearDownAt(dir string) error {
	if err := unmount(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// unmount takes away what is mounted at dir, if anything.
func unmount(dir string) error {
	mounted, err := isMountPoint(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !mounted) {
		return nil
	}
	if err != nil {
		return err
	}
	return unix.Unmount(dir, unix.MNT_DETACH)
}

// isMountPoint tells whether a file system of its own begins at dir.
func isMountPoint(dir string) (bool, error) {
	var here, above unix.Stat_t
	if err := unix.Stat(dir, &here); err != nil {
		return false, &fs.PathError{Op: "stat", Path: dir, Err: err}
	}
	if err := unix.Stat(filepath.Dir(dir), &above); err != nil {
		return false, &fs.PathError{Op: "stat", Path: filepath.Dir(dir), Err: err}
	}
	return here.Dev != above.Dev, nil
}
