package workload

import (
	"fmt"
	"strings"

	"k8s.io/utils/ptr"
)

// image is the reference of an image: the whole reference when the user gives one, else the base image with what is most
// exact of digest, tag and version.
func image(whole, base, sha, tag, version string) string {
	last := base[strings.LastIndex(base, "/")+1:]
	switch {
	case strings.TrimSpace(whole) != "":
		return whole
	case strings.ContainsAny(last, ":@"): // the base image names its tag or digest itself
		return base
	case sha != "":
		return base + "@sha256:" + sha
	case tag != "":
		return base + ":" + tag
	}
	return base + ":" + version
}

// deprecated are the fields in use that upstream has replaced by a whole image.
func (b *builder) deprecated() []string {
	var out []string
	told := func(at string, values ...string) {
		for i, field := range []string{"baseImage", "tag", "sha"} {
			if values[i] != "" {
				out = append(out, fmt.Sprintf("%s.%s is deprecated: use %s.image", at, field, at))
			}
		}
	}
	told("spec", b.spec.BaseImage, b.spec.Tag, b.spec.SHA)
	if thanos := b.spec.Thanos; thanos != nil {
		told("spec.thanos", ptr.Deref(thanos.BaseImage, ""), ptr.Deref(thanos.Tag, ""), ptr.Deref(thanos.SHA, ""))
	}
	return out
}

// firstNotBlank is the first of values that says something, "" where none does.
func firstNotBlank(values ...string) string {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
