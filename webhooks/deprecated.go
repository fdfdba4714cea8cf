package webhooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deprecated are the fields of a kind that still work and have a successor: by path, with [] for every entry of a list.
type deprecated map[string]string

const (
	useAuthorization = "use authorization"
	useImage         = "use image"
	keepTokensOut    = "use authorization, which keeps the token out of the object"
)

var (
	deprecatedInServiceMonitors = deprecated{
		"spec.endpoints[].bearerTokenFile":   useAuthorization,
		"spec.endpoints[].bearerTokenSecret": useAuthorization,
		"spec.endpoints[].targetPort":        "use port",
	}
	deprecatedInPodMonitors = deprecated{
		"spec.podMetricsEndpoints[].bearerTokenSecret": useAuthorization,
		"spec.podMetricsEndpoints[].targetPort":        "use port or portNumber",
	}
	deprecatedInProbes       = deprecated{"spec.bearerTokenSecret": useAuthorization}
	deprecatedInPrometheuses = deprecated{
		"spec.baseImage": useImage, "spec.tag": useImage, "spec.sha": useImage,
		"spec.thanos.baseImage": useImage, "spec.thanos.tag": useImage, "spec.thanos.sha": useImage,
		"spec.thanos.listenLocal":                       "use grpcListenLocal and httpListenLocal",
		"spec.prometheusRulesExcludedFromEnforce":       "use excludedFromEnforcement",
		"spec.allowOverlappingBlocks":                   "it has had no effect since Prometheus 2.39",
		"spec.remoteWrite[].bearerToken":                keepTokensOut,
		"spec.remoteWrite[].bearerTokenFile":            useAuthorization,
		"spec.remoteRead[].bearerToken":                 keepTokensOut,
		"spec.remoteRead[].bearerTokenFile":             useAuthorization,
		"spec.apiserverConfig.bearerToken":              keepTokensOut,
		"spec.apiserverConfig.bearerTokenFile":          useAuthorization,
		"spec.alerting.alertmanagers[].bearerTokenFile": useAuthorization,
	}
)

// warnOf warns of every deprecated field that o sets.
func (d deprecated) warnOf(a *Answer, o client.Object) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(d)) {
		for _, at := range set(fields, "", strings.Split(path, ".")) {
			a.warn("%s is deprecated: %s", at, d[path])
		}
	}
	return nil
}

// set lists where value has the field of the rest of a path.
func set(value any, at string, rest []string) []string {
	if len(rest) == 0 {
		return []string{at}
	}
	fields, ok := value.(map[string]any)
	name, list := strings.CutSuffix(rest[0], "[]")
	below, there := fields[name]
	if !ok || !there {
		return nil
	}
	at = strings.TrimPrefix(at+"."+name, ".")
	if !list {
		return set(below, at, rest[1:])
	}
	var out []string
	entries, _ := below.([]any)
	for i, entry := range entries {
		out = append(out, set(entry, fmt.Sprintf("%s[%d]", at, i), rest[1:])...)
	}
	return out
}
