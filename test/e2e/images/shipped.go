package images

import "path/filepath"

// Registry is where the images of a release are.
const Registry = "quay.io/promloop/"

// Shipped are the images of the operator and its sidecars, of programs in bin. Users are those of the Dockerfile.
func Shipped(bin, version, architecture string) []Image {
	image := func(program, user string) Image {
		return Image{
			Name: Registry + program + ":" + version, Programs: []string{filepath.Join(bin, program)}, User: user, Architecture: architecture,
		}
	}
	return []Image{
		image("promloop", "65532:65532"),
		image("config-reloader", "65534:65534"),
		image("rules-reloader", "65534:65534"),
	}
}
