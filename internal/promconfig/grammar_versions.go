package promconfig

import (
	yaml "go.yaml.in/yaml/v3"
)

// anyKind holds in versions what is the same in every mapping that has the directive.
const anyKind = "*"

// versions are the directives, and the values of them ("role: rds"), that not every supported version of Prometheus knows. What stands in
// a discovery that is not older itself is left out. Source: the types of every minor release since 2.45.
var versions = map[string]map[string]directive{
	anyKind: {
		"http_headers":           {since: "2.53.0"},
		"aws_sd_configs":         {since: "3.8.0"},
		"ecs_sd_configs":         {since: "3.8.0"},
		"elasticache_sd_configs": {since: "3.11.0"},
		"msk_sd_configs":         {since: "3.10.0"},
		"oci_sd_configs":         {since: "3.14.0"},
		"outscale_sd_configs":    {since: "3.12.0"},
		"rds_sd_configs":         {since: "3.11.0"},
		"stackit_sd_configs":     {since: "3.5.0"},
		"external_id":            {since: "3.12.0"},
	},
	jobKind: {
		"always_scrape_classic_histograms":      {since: "3.0.0"},
		"convert_classic_histograms_to_nhcb":    {since: "3.0.0"},
		"enable_compression":                    {since: "2.49.0"},
		"extra_scrape_metrics":                  {since: "3.10.0"},
		"fallback_scrape_protocol":              {since: "3.0.0"},
		"keep_dropped_targets":                  {since: "2.47.0"},
		"metric_name_escaping_scheme":           {since: "3.4.0"},
		"metric_name_validation_scheme":         {since: "2.55.0"},
		"native_histogram_min_bucket_factor":    {since: "2.50.0"},
		"scrape_classic_histograms":             {until: "3.0.0"},
		"scrape_failure_log_file":               {since: "2.55.0"},
		"scrape_native_histograms":              {since: "3.8.0"},
		"scrape_protocols":                      {since: "2.49.0"},
		"scrape_protocols: PrometheusText1.0.0": {since: "3.0.0"},
		"track_timestamps_staleness":            {since: "2.48.0"},
	},
	alertmanagerKind: {
		"alert_relabel_configs": {since: "2.51.0"},
		"sigv4":                 {since: "2.48.0"},
	},
	"aws.RDSSDConfig": {"filters": {since: "3.13.0"}},
	"aws.SDConfig": {
		"role: elasticache": {since: "3.11.0"},
		"role: msk":         {since: "3.10.0"},
		"role: rds":         {since: "3.11.0"},
	},
	"azure.SDConfig": {
		"authentication_method: SDK":              {since: "2.52.0"},
		"authentication_method: WorkloadIdentity": {since: "3.11.0"},
	},
	"config.Authorization": {"credentials_ref": {since: "2.53.0"}},
	"config.BasicAuth": {
		"username_file": {since: "2.49.0"},
		"username_ref":  {since: "2.53.0"},
		"password_ref":  {since: "2.53.0"},
	},
	"config.OAuth2": {
		"audience":                    {since: "3.8.0"},
		"claims":                      {since: "3.8.0"},
		"client_certificate_key":      {since: "3.8.0"},
		"client_certificate_key_file": {since: "3.8.0"},
		"client_certificate_key_id":   {since: "3.8.0"},
		"client_certificate_key_ref":  {since: "3.8.0"},
		"client_secret_ref":           {since: "2.53.0"},
		"grant_type":                  {since: "3.8.0"},
		"iss":                         {since: "3.8.0"},
		"signature_algorithm":         {since: "3.8.0"},
	},
	"config.TLSConfig": {
		"ca_ref":   {since: "2.53.0"},
		"cert_ref": {since: "2.53.0"},
		"key_ref":  {since: "2.53.0"},
	},
	"consul.SDConfig":       {"filter": {since: "3.0.0"}, "health_filter": {since: "3.11.2"}},
	"digitalocean.SDConfig": {"role": {since: "3.12.0"}},
	"dns.SDConfig":          {"type: NS": {since: "2.49.0"}},
	"hetzner.SDConfig":      {"label_selector": {since: "3.5.0"}},
	"kubernetes.AttachMetadataConfig": {
		"namespace":  {since: "3.6.0"},
		"cronjob":    {since: "3.11.0"},
		"deployment": {since: "3.11.0"},
		"job":        {since: "3.11.0"},
	},
	"linode.SDConfig":     {"region": {since: "2.52.0"}},
	"moby.DockerSDConfig": {"match_first_network": {since: "2.54.0"}},
	"openstack.SDConfig":  {"role: loadbalancer": {since: "3.2.0"}},
	"sigv4.SigV4Config": {
		"external_id":           {since: "3.10.0"},
		"service_name":          {since: "3.5.0"},
		"session_name":          {since: "3.15.0"},
		"tags":                  {since: "3.15.0"},
		"use_fips_sts_endpoint": {since: "3.1.0"},
	},
	"xds.SDConfig": {"client_id": {since: "2.50.0"}},
}

// inVersion refuses a directive, and a value of it, that other versions of Prometheus know, but not this one.
func (in *inspector) inVersion(key, value *yaml.Node, kind string) {
	in.bounded(key, kind, key.Value)
	for _, item := range items(value) {
		in.bounded(item, kind, key.Value+": "+item.Value)
	}
}

func (in *inspector) bounded(n *yaml.Node, kind, name string) {
	d, ok := versions[kind][name]
	if !ok {
		d = versions[anyKind][name]
	}
	switch {
	case d.since != "" && !in.atLeast(d.since):
		in.atLine(n, UnsupportedVersion, "%s needs Prometheus %s", name, d.since)
	case d.until != "" && in.atLeast(d.until):
		in.atLine(n, UnsupportedVersion, "%s is not known to Prometheus %s any more", name, d.until)
	}
}
