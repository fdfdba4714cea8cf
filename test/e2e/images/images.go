// Package images puts static programs into image archives, without a container engine. Equal programs give equal archives.
package images

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is what one archive holds.
type Image struct {
	// Name is its reference, with a tag.
	Name string
	// Programs are static executables of this machine. Each becomes /bin/<its name>; the first is what the image runs.
	Programs []string
	// User is the numeric user and group, such as 65532:65532.
	User string
	// Architecture is Go's name of it, such as amd64.
	Architecture string
}

// Write writes the archive of the image to file. containerd, podman and docker load it.
func (i Image) Write(file string) error {
	reference, err := name.NewTag(i.Name)
	if err != nil {
		return fmt.Errorf("naming the image %s: %w", i.Name, err)
	}
	content, err := i.content()
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	if image, err = mutate.ConfigFile(image, i.config(image)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return tarball.WriteToFile(file, reference, image)
}

// config keeps what describes the layers, and has no time in it.
func (i Image) config(image v1.Image) *v1.ConfigFile {
	config, err := image.ConfigFile()
	if err != nil {
		panic(err) // an image in memory always has one
	}
	config = config.DeepCopy()
	config.Architecture, config.OS = i.Architecture, "linux"
	config.Config = v1.Config{User: i.User, Entrypoint: []string{inside(i.Programs[0])}, Env: []string{"PATH=/bin"}}
	return config
}

func inside(program string) string { return path.Join("/bin", filepath.Base(program)) }

// content is the layer: the programs, a list of users for those that look theirs up, and a /tmp.
func (i Image) content() ([]byte, error) {
	var buffer bytes.Buffer
	layer := tar.NewWriter(&buffer)
	id, _, _ := strings.Cut(i.User, ":")
	users := fmt.Sprintf("root:x:0:0::/:\nnonroot:x:%s:%[1]s::/:\n", id)
	add := func(header tar.Header, content []byte) error {
		header.Size, header.Format = int64(len(content)), tar.FormatUSTAR
		if err := layer.WriteHeader(&header); err != nil {
			return err
		}
		_, err := layer.Write(content)
		return err
	}
	for _, dir := range []tar.Header{{Name: "bin/", Mode: 0o755}, {Name: "etc/", Mode: 0o755}, {Name: "tmp/", Mode: 0o1777}} {
		dir.Typeflag = tar.TypeDir
		if err := add(dir, nil); err != nil {
			return nil, err
		}
	}
	if err := add(tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte(users)); err != nil {
		return nil, err
	}
	for _, program := range slices.Sorted(slices.Values(i.Programs)) {
		content, err := os.ReadFile(program)
		if err != nil {
			return nil, err
		}
		if err := add(tar.Header{Name: inside(program)[1:], Mode: 0o755}, content); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), layer.Close()
}
