// Package crd holds the CustomResourceDefinitions as they are installed.
package crd

import (
	"embed"
	"path"
)

//go:embed bases/*.yaml
var bases embed.FS

// All returns the manifests, one for each kind.
func All() [][]byte {
	files, err := bases.ReadDir("bases")
	if err != nil {
		panic(err) // they are part of this program
	}
	var out [][]byte
	for _, f := range files {
		text, err := bases.ReadFile(path.Join("bases", f.Name()))
		if err != nil {
			panic(err)
		}
		out = append(out, text)
	}
	return out
}
