package promconfig

import (
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// remoteWriteSection leaves an endpoint that is wrong out alone.
func (run *run) remoteWriteSection() section {
	list := run.world.Prometheus.Spec.RemoteWrite
	good := make([]bool, len(list))
	return section{
		key:     "remote_write",
		inParts: true,
		inspect: func(in *inspector) {
			var names []string
			for i := range list {
				good[i] = in.passes("spec.remoteWrite", i, func() { names = in.remoteWrite(&list[i], names) })
			}
		},
		value: func() any {
			var out []v1.RemoteWriteSpec
			for i, spec := range list {
				if good[i] {
					out = append(out, remoteWrite(spec))
				}
			}
			return out
		},
	}
}

// passes runs the inspection of one item and reports whether nothing is wrong with it.
func (in *inspector) passes(list string, i int, inspect func()) bool {
	before := len(in.faults)
	in.atIndex(list, i, inspect)
	return len(in.faults) == before
}

func (in *inspector) remoteWrite(spec *v1.RemoteWriteSpec, names []string) []string {
	in.walk(spec)
	in.at("headers", func() { in.headers(spec.Headers) })
	return in.uniqueName(ptr.Deref(spec.Name, ""), names)
}

// uniqueName refuses a name that another endpoint has. None is fine: Prometheus makes one.
func (in *inspector) uniqueName(name string, names []string) []string {
	if name != "" && slices.Contains(names, name) {
		in.at("name", func() { in.fault(InvalidField, "another endpoint is called %q too", name) })
	}
	return append(names, name)
}

// reservedHeaders are those that Prometheus sets itself. Source: prometheus/prometheus, config/config.go.
var reservedHeaders = []string{
	"authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "keep-alive",
	"proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding", "x-prometheus-remote-write-version",
	"x-prometheus-remote-read-version", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
}

func (in *inspector) headers(headers map[string]string) {
	for _, name := range sortedKeys(headers) {
		if slices.Contains(reservedHeaders, strings.ToLower(name)) {
			in.fault(InvalidField, "header %q is Prometheus' own", name)
		}
	}
}

// remoteWrite fits the API's form to Prometheus: version 2.0 of the protocol carries metadata by itself and refuses to send it
// apart.
func remoteWrite(spec v1.RemoteWriteSpec) v1.RemoteWriteSpec {
	if spec.MetadataConfig != nil && ptr.Deref(spec.MessageVersion, "") == v1.RemoteWriteMessageVersion2_0 {
		own := *spec.MetadataConfig
		own.Send = false
		spec.MetadataConfig = &own
	}
	return spec
}

func (run *run) remoteReadSection() section {
	list := run.world.Prometheus.Spec.RemoteRead
	good := make([]bool, len(list))
	return section{
		key:     "remote_read",
		inParts: true,
		inspect: func(in *inspector) {
			var names []string
			for i := range list {
				good[i] = in.passes("spec.remoteRead", i, func() {
					in.walk(&list[i])
					in.at("headers", func() { in.headers(list[i].Headers) })
					names = in.uniqueName(list[i].Name, names)
				})
			}
		},
		value: func() any {
			var out []v1.RemoteReadSpec
			for i, spec := range list {
				if good[i] {
					out = append(out, spec)
				}
			}
			return out
		},
	}
}
