package workload

import "strings"

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

// firstNotBlank is the first of values that says something, "" where none does.
func firstNotBlank(values ...string) string {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
