package nodelet

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Image is what the nodelet takes instead of pulling: files of the machine, shown at the paths that the image has them at.
type Image struct {
	// Name is matched (path.Match) against the last element of a reference's repository: "prometheus" is the image of
	// quay.io/prometheus/prometheus:v3.16.0.
	Name string
	// Files maps a path in the image to a file or directory of the machine. They are read-only.
	Files map[string]string
	// Dirs are empty directories.
	Dirs []string
	// Entrypoint is what runs where the container has no command.
	Entrypoint []string
	// Env are variables as NAME=value; PATH is /bin without one.
	Env []string
	// WorkingDir is "/" if empty.
	WorkingDir string
}

// PrometheusImage is what Prometheus' own image has, made of its binaries.
func PrometheusImage(prometheus, promtool string) Image {
	return Image{
		Name:       "prometheus",
		Files:      map[string]string{"/bin/prometheus": prometheus, "/bin/promtool": promtool},
		Dirs:       []string{"/etc/prometheus", "/usr/share/prometheus/consoles", "/usr/share/prometheus/console_libraries", "/prometheus"},
		Entrypoint: []string{"/bin/prometheus"},
		WorkingDir: "/prometheus",
	}
}

// BinaryImage is an image that holds one static program at /bin/<name>, as those built from scratch do.
func BinaryImage(name, program string) Image {
	inside := "/bin/" + name
	return Image{Name: name, Files: map[string]string{inside: program}, Entrypoint: []string{inside}}
}

// findImage returns the first image whose name matches the reference.
func findImage(images []Image, reference string) (Image, error) {
	name := repositoryName(reference)
	i := slices.IndexFunc(images, func(i Image) bool {
		matches, err := path.Match(i.Name, name)
		return matches && err == nil
	})
	if i < 0 {
		return Image{}, fmt.Errorf("image %q: the nodelet was started with no image called %q", reference, name)
	}
	return images[i], nil
}

// repositoryName is the last element of a reference's repository, without registry, tag and digest.
func repositoryName(reference string) string {
	reference, _, _ = strings.Cut(reference, "@")
	name, _, _ := strings.Cut(path.Base(reference), ":")
	return name
}
