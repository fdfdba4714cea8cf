package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxKey is the longest key of a ConfigMap. Source: Kubernetes' validation of ConfigMap keys.
const maxKey = 253

const extension = ".yaml"

// FileName is the name of the rule file of an object. It depends on namespace and name alone, because Prometheus keys the state
// of alerts by file and group: an object that is deleted and created again has its old file. Different objects have different
// files: an underscore can't occur in either name, and an overlong name is replaced by its hash behind two of them.
func FileName(namespace, name string) string {
	file := namespace + "_" + name + extension
	if len(file) <= maxKey {
		return file
	}
	digest := sha256.Sum256([]byte(namespace + "/" + name))
	return namespace + "__" + hex.EncodeToString(digest[:]) + extension
}

// namespaceOf is the namespace of a file that FileName named; anything else belongs to no namespace.
func namespaceOf(file string) string {
	namespace, _, _ := strings.Cut(file, "_")
	return namespace
}
