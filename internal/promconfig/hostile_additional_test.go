package promconfig_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// additionalIs renders with text of the user's own and says what the verdict on the Prometheus is.
func additionalIs(t *testing.T, text string) (map[string]any, world.Verdict) {
	t.Helper()
	config, result := beside(t, func(p *v1.PrometheusSpec) { p.AdditionalScrapeConfigs = extra("jobs") }, secretValue("jobs", text))
	return config, verdictOn(result, world.Prometheus)
}

func TestF68YAMLBombs(t *testing.T) {
	t.Parallel()
	bomb := "- &a [x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("- &%c [%s]\n", 'b'+i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", 'a'+i), 9), ", "))
	}
	for name, text := range map[string]string{
		"Aliases":       bomb,
		"SharedByMany":  "- job_name: a\n  relabel_configs: &s [" + strings.Repeat("{regex: a, action: drop}, ", 2_000) + "]\n" + strings.Repeat("- {job_name: b, relabel_configs: *s}\n", 3_000),
		"SharedSteps":   "- job_name: a\n  relabel_configs: &s [{regex: a, action: drop}]\n- job_name: b\n  relabel_configs: *s\n",
		"Depth":         "- job_name: a\n  params: " + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "\n",
		"TwoDocuments":  "- job_name: a\n---\n- job_name: b\n",
		"ManyValues":    "- job_name: a\n  params: {a: [" + strings.Repeat("1,", 250_000) + "]}\n",
		"Merge":         "- job_name: a\n  <<: {job_name: b}\n",
		"Tag":           "- !!binary aGVsbG8=\n",
		"SameKeyTwice":  "- job_name: a\n  job_name: b\n",
		"NotAList":      "job_name: a\n",
		"NoMapping":     "- just text\n",
		"NoName":        "- scrape_interval: 5s\n",
		"TargetsNoList": "- job_name: a\n  static_configs: [{targets: a:80}]\n",
		"StaticKey":     "- job_name: a\n  static_configs: [{target: [a:80]}]\n",
		"StaticText":    "- job_name: a\n  static_configs: a:80\n",
		"PasswordKey":   "- job_name: a\n  basic_auth: {username: a, pasword: b}\n",
		"TLSKey":        "- job_name: a\n  tls_config: {insecure: true}\n",
		"TimeoutTooBig": "- job_name: a\n  scrape_interval: 5s\n  scrape_timeout: 6s\n",
		"WrongSteps":    "- job_name: a\n  relabel_configs: [" + strings.Repeat("{regex: a, action: hashmod}, ", 30_000) + "]\n",
		"WrongFiles":    "- job_name: a\n  file_sd_configs: [{files: [" + strings.Repeat("a.txt, ", 100_000) + "]}]\n",
		"RelabelKey":    "- job_name: a\n  relabel_configs: [{regexp: a}]\n",
		"DiscoveryKey":  "- job_name: a\n  kubernetes_sd_configs: [{rol: pod}]\n",
		"DiscoveryRole": "- job_name: a\n  kubernetes_sd_configs: [{role: pods}]\n",
		"DiscoveryName": "- job_name: a\n  kubernets_sd_configs: [{role: pod}]\n",
		"DiscoveryURL":  "- job_name: a\n  http_sd_configs: [{url: 'example.org:8080/targets'}]\n",
		"OAuth2Key":     "- job_name: a\n  oauth2: {client_id: a, client_secret: b, token_uri: http://c}\n",
		"TwoLogins":     "- job_name: a\n  basic_auth: {username: a}\n  authorization: {credentials: b}\n",
		"BoolAsText":    "- job_name: a\n  honor_labels: 'true'\n",
		"LimitAsText":   "- job_name: a\n  sample_limit: many\n",
		"Protocol":      "- job_name: a\n  scrape_protocols: [OpenMetrics]\n",
		"EmptyProtocol": "- job_name: a\n  scrape_protocols: ['']\n",
		"NoProtocol":    "- job_name: a\n  scrape_protocols: []\n",
		"EmptyType":     "- job_name: a\n  dns_sd_configs: [{names: [b], type: '', port: 1}]\n",
		"NullType":      "- job_name: a\n  dns_sd_configs: [{names: [b], type: , port: 1}]\n",
		"EmptyMethod":   "- job_name: a\n  azure_sd_configs: [{subscription_id: b, authentication_method: ''}]\n",
		"EmptyAccess":   "- job_name: a\n  openstack_sd_configs: [{role: instance, region: b, availability: ''}]\n",
		"NotUTF8":       "- job_name: \"a\xff\"\n",
		"SizeOfIB":      "- job_name: a\n  body_size_limit: 5iB\n",
		"Variable":      "- job_name: a\n  metrics_path: /$(NAMESPACE)/metrics\n",
		"VariableInKey": "- job_name: a\n  params: {$(NAMESPACE): [b]}\n",
		"VariableTwice": "- job_name: a\n  metrics_path: /$(POD_NAME)/$(NAMESPACE)\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, verdict := additionalIs(t, text)
			if names := jobNames(config); len(names) != 1 || verdict.Accepted() {
				t.Errorf("the part should be refused as a whole: jobs %v, verdict %v", names, verdict)
			}
			for _, part := range []string{"spec.additionalScrapeConfigs", `/extra key "jobs"`} {
				if !strings.Contains(verdict.Message, part) {
					t.Errorf("the message does not name %s: %s", part, verdict.Message)
				}
			}
		})
	}
	t.Run("OneLargeScalar", func(t *testing.T) {
		t.Parallel()
		config, verdict := additionalIs(t, "- job_name: a\n  params: {a: ["+strings.Repeat("x", 900_000)+"]}\n")
		if len(jobNames(config)) != 2 {
			t.Errorf("a large text is no danger by itself: %v", verdict)
		}
	})
}

// The reloader refuses the whole set for a variable that it does not have.
func TestF68Variables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, message string }{
		"Own":     {"metrics_path: /$(POD_NAME)/$(SHARD)", ""},
		"Escaped": {"metrics_path: /$$(NAMESPACE)", ""},
		"Group":   {"relabel_configs: [{target_label: b, replacement: '$(1)${1}'}]", ""},
		"Other":   {"metrics_path: /\n  params: {a: [$(NAMESPACE)]}", "line 3: a variable of the reloader that may not be used here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := func(p *v1.PrometheusSpec) { p.AdditionalScrapeConfigs = extra("jobs") }
			config, result := beside(t, spec, secretValue("jobs", "- job_name: a\n  "+c.text+"\n"))
			additionalVerdict(t, config, result, c.message)
		})
	}
}

// What another version knows makes this one refuse the whole configuration.
func TestF68AnotherVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ version, text, message string }{
		"TooNew":             {"2.45.0", "http_headers: {a: {values: [b]}}", "line 2: http_headers needs Prometheus 2.53.0"},
		"NewEnough":          {"2.53.0", "http_headers: {a: {values: [b]}}", ""},
		"TooNewInDiscovery":  {"3.5.0", "kubernetes_sd_configs: [{role: pod, attach_metadata: {namespace: true}}]", "namespace needs Prometheus 3.6.0"},
		"NewDiscovery":       {"3.7.0", "aws_sd_configs: [{role: rds}]", "aws_sd_configs needs Prometheus 3.8.0"},
		"NewValue":           {"3.8.0", "aws_sd_configs: [{role: rds}]", "role: rds needs Prometheus 3.11.0"},
		"NewProtocol":        {"2.55.0", "scrape_protocols: [PrometheusText0.0.4, PrometheusText1.0.0]", "scrape_protocols: PrometheusText1.0.0 needs Prometheus 3.0.0"},
		"OldProtocol":        {"2.55.0", "scrape_protocols: [PrometheusText0.0.4]", ""},
		"NoMore":             {"3.0.0", "scrape_classic_histograms: true", "scrape_classic_histograms is not known to Prometheus 3.0.0 any more"},
		"NotYetGone":         {"2.55.1", "scrape_classic_histograms: true", ""},
		"EmptyStandsForNone": {"3.7.0", "metric_name_validation_scheme: ''\n  metric_name_escaping_scheme: ''\n  fallback_scrape_protocol: ''\n  scrape_protocols:", ""},
		"NewerThanKnown":     {"3.99.0", "scrape_in_a_way_of_the_future: true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := func(p *v1.PrometheusSpec) { p.Version, p.AdditionalScrapeConfigs = "v"+c.version, extra("jobs") }
			config, result := beside(t, spec, secretValue("jobs", "- job_name: a\n  "+c.text+"\n"))
			additionalVerdict(t, config, result, c.message)
		})
	}
}

// additionalVerdict holds that one job of the user's own is published, or refused in such words where there are any.
func additionalVerdict(t *testing.T, config map[string]any, result promconfig.Result, says string) {
	t.Helper()
	verdict := verdictOn(result, world.Prometheus)
	if published := len(jobNames(config)) == 2; published != (says == "") || verdict.Accepted() != published {
		t.Errorf("published %t, verdict %v", published, verdict)
	}
	if !strings.Contains(verdict.Message, says) {
		t.Errorf("got %s, want %s", verdict.Message, says)
	}
}

// The condition of a Prometheus is read by more people than its Secrets.
func TestF68ContentIsNeverTold(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"Syntax":      "- job_name: canary\n canary: canary\n",
		"Alias":       "- job_name: *canary\n",
		"Tag":         "- job_name: !canary x\n",
		"Key":         "- job_name: a\n  canary: b\n",
		"KeyTwice":    "- job_name: a\n  canary: b\n  canary: c\n",
		"JobName":     "- job_name: canary\n- job_name: canary\n",
		"Variable":    "- job_name: a\n  metrics_path: /$(canary)\n",
		"HeaderName":  "- job_name: a\n  http_headers: {canary: {canary: [canary]}}\n",
		"Role":        "- job_name: a\n  kubernetes_sd_configs: [{role: canary}]\n",
		"Password":    "- job_name: a\n  basic_auth: {username: canary, password: [canary]}\n",
		"ProxyURL":    "- job_name: a\n  proxy_url: 'http://canary:canary@[canary'\n",
		"APIServer":   "- job_name: a\n  kubernetes_sd_configs: [{role: pod, api_server: 'http://canary:canary@[canary'}]\n",
		"Claims":      "- job_name: a\n  oauth2: {claims: canary}\n",
		"TLSVersion":  "- job_name: a\n  tls_config: {min_version: canary}\n",
		"Namespaces":  "- job_name: a\n  kubernetes_sd_configs: [{role: pod, namespaces: canary}]\n",
		"Duration":    "- job_name: a\n  scrape_interval: canary\n",
		"Timeout":     "- job_name: a\n  scrape_timeout: canary\n",
		"Regex":       "- job_name: a\n  relabel_configs: [{regex: '(canary'}]\n",
		"Steps":       "- job_name: a\n  relabel_configs: canary\n",
		"StepKey":     "- job_name: a\n  relabel_configs: [{modulus: canary}]\n",
		"Action":      "- job_name: a\n  relabel_configs: [{action: canary}]\n",
		"TargetLabel": "- job_name: a\n  relabel_configs: [{action: dropequal, source_labels: [a], target_label: canary, regex: canary}]\n",
		"SourceLabel": "- job_name: a\n  relabel_configs: [{source_labels: [canary-\"x\"], action: hashmod}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, verdict := additionalIs(t, text); verdict.Accepted() || strings.Contains(verdict.Message, "canary") {
				t.Errorf("accepted %t: %s", verdict.Accepted(), verdict.Message)
			}
		})
	}
}

func TestF69AdditionalConfigurationStaysInItsPlace(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"global": true, "scrape_configs": true, "storage": true}
	for name, text := range map[string]string{
		"TopLevelKey":     "rule_files: [/etc/passwd]\n",
		"KeyAfterTheList": "- job_name: a\nrule_files: [/etc/passwd]\n",
		"OurJobName":      "- job_name: serviceMonitor/good/good/0\n",
		"RepeatedName":    "- job_name: a\n- job_name: a\n",
		"OtherFiles":      "- job_name: a\n  scrape_config_files: [/x]\n",
		"Indentation":     "- job_name: a\n scrape_interval: 5s\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, verdict := additionalIs(t, text)
			if len(jobNames(config)) != 1 || verdict.Accepted() {
				t.Errorf("jobs %v, verdict %v", jobNames(config), verdict)
			}
			for key := range config {
				if !allowed[key] {
					t.Errorf("the top-level key %s is not ours", key)
				}
			}
		})
	}
}
