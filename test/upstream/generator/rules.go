package generator

import (
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/world"
)

// Rule takes what differs on purpose out of both documents. Each is a row in docs/deviations.md.
type Rule struct {
	// ID is the row.
	ID string
	// Apply changes the documents in place. The World is what both were rendered from.
	Apply func(theirs, ours Document, w *world.World)
}

// Rules are all intended differences that random objects can show.
var Rules = []Rule{
	{"D1", ruleFiles},
	{"D2", apiServerOfPrometheus},
	{"D3", oneAuthentication},
	{"D4", newerFields},
	{"D5", azureClient},
	{"D6", enforcedOnScrapeConfigs},
	{"D7", overriddenTimestamps},
	{"D8", availability},
	{"D31", sigv4Versions},
}

// ruleFiles lie elsewhere.
func ruleFiles(theirs, ours Document, _ *world.World) {
	delete(theirs, "rule_files")
	delete(ours, "rule_files")
}

var assetNamespace = regexp.MustCompile(`^(/etc/prometheus/certs/[01]_)[a-z]+_`)

// apiServerOfPrometheus is where references of spec.apiserverConfig are looked up; the oracle looks into the monitor's namespace.
func apiServerOfPrometheus(theirs, _ Document, _ *world.World) {
	for name, job := range theirs.Jobs() {
		if strings.HasPrefix(name, "scrapeConfig/") {
			continue
		}
		for _, sd := range mappings(job["kubernetes_sd_configs"]) {
			tls, _ := sd["tls_config"].(map[string]any)
			for key, value := range tls {
				if text, ok := value.(string); ok {
					tls[key] = assetNamespace.ReplaceAllString(text, "${1}"+random.Namespaces[0]+"_")
				}
			}
		}
	}
}

// oneAuthentication is all that Prometheus takes: where an object has its own, the scrape class' authorization is left out.
func oneAuthentication(theirs, _ Document, _ *world.World) {
	for _, job := range theirs.Jobs() {
		for _, own := range []string{"basic_auth", "oauth2", "bearer_token", "bearer_token_file"} {
			if job[own] != nil {
				delete(job, "authorization")
			}
		}
	}
}

// newerFields are those of the API that the oracle's version does not have.
func newerFields(_, ours Document, _ *world.World) {
	for _, part := range append(sections(ours, "global"), jobList(ours)...) {
		delete(part, "extra_scrape_metrics")
	}
}

// azureClient has fields for how Azure is reached, which the oracle forgets.
func azureClient(theirs, ours Document, _ *world.World) {
	for _, d := range []Document{theirs, ours} {
		for _, job := range jobList(d) {
			for _, sd := range mappings(job["azure_sd_configs"]) {
				for _, key := range []string{
					"follow_redirects", "enable_http2", "tls_config", "basic_auth", "authorization", "oauth2",
					"proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header",
				} {
					delete(sd, key)
				}
			}
		}
	}
}

// enforcedOnScrapeConfigs is the namespace label, with relabelings of the object's own or without.
func enforcedOnScrapeConfigs(theirs, ours Document, w *world.World) {
	label := w.Prometheus.Spec.EnforcedNamespaceLabel
	theirJobs := theirs.Jobs()
	for name, job := range ours.Jobs() {
		parts := strings.Split(name, "/")
		if label == "" || parts[0] != "scrapeConfig" || theirJobs[name] == nil {
			continue
		}
		steps, _ := job["relabel_configs"].([]any)
		if len(mappings(steps)) == len(mappings(theirJobs[name]["relabel_configs"]))+1 {
			enforcing := func(step any) bool {
				return cmp.Equal(step, map[string]any{"target_label": label, "replacement": parts[1]})
			}
			job["relabel_configs"] = slices.DeleteFunc(steps, enforcing)
		}
	}
}

// overriddenTimestamps are so for ScrapeConfigs that do not mention them too.
func overriddenTimestamps(theirs, ours Document, w *world.World) {
	if !w.Prometheus.Spec.OverrideHonorTimestamps {
		return
	}
	for name, job := range ours.Jobs() {
		their := theirs.Jobs()[name]
		if strings.HasPrefix(name, "scrapeConfig/") && their != nil && their["honor_timestamps"] == nil {
			delete(job, "honor_timestamps")
		}
	}
}

// availability of OpenStack's endpoints is in lower case to Prometheus.
func availability(theirs, _ Document, _ *world.World) {
	for _, job := range jobList(theirs) {
		for _, sd := range mappings(job["openstack_sd_configs"]) {
			if text, ok := sd["availability"].(string); ok {
				sd["availability"] = strings.ToLower(text)
			}
		}
	}
}

// sigv4Versions are those that know a field of SigV4; the oracle writes one too early, and the other too late.
func sigv4Versions(theirs, ours Document, w *world.World) {
	v, err := world.PrometheusVersion(w.Prometheus)
	if err != nil {
		return
	}
	if v.Major < 3 || v.Major == 3 && v.Minor == 0 {
		withoutSigv4(theirs, "use_fips_sts_endpoint")
	}
	if v.Major == 3 && v.Minor == 10 {
		withoutSigv4(ours, "external_id")
	}
}

func withoutSigv4(d Document, key string) {
	list := mappings(d["remote_write"])
	for _, alerting := range sections(d, "alerting") {
		list = append(list, mappings(alerting["alertmanagers"])...)
	}
	for _, item := range list {
		sigv4, _ := item["sigv4"].(map[string]any)
		if delete(sigv4, key); len(sigv4) == 0 {
			delete(item, "sigv4")
		}
	}
}

func sections(d Document, key string) []map[string]any {
	section, _ := d[key].(map[string]any)
	return []map[string]any{section}
}

func jobList(d Document) []map[string]any { return mappings(d["scrape_configs"]) }

// mappings are those in a list.
func mappings(list any) []map[string]any {
	items, _ := list.([]any)
	var out []map[string]any
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
