package workload

import "github.com/promloop/promloop/internal/contract"

// RulesReloader is the container that promloop's pods have and prometheus-operator's have not.
const RulesReloader = "rules-reloader"

// Names in the pod. Volume names, mount paths and ports are those of the reference layout and of upstream's today.
const (
	prometheusContainer = "prometheus"
	configReloader      = "config-reloader"
	initConfigReloader  = "init-config-reloader"
	thanosSidecar       = "thanos-sidecar"

	configVolume    = "config"
	configOutVolume = "config-out"
	assetsVolume    = "tls-assets"
	webVolume       = "web-config"
	logVolume       = "log-file"
	lastGoodVolume  = "last-known-good"

	storageDir    = "/prometheus"
	configDir     = "/etc/prometheus/config"
	configOutDir  = "/etc/prometheus/config_out"
	lastGoodDir   = "/etc/prometheus/lkg"
	certsDir      = "/etc/prometheus/certs"
	rulesDir      = "/etc/prometheus/rules"
	webDir        = "/etc/prometheus/web_config"
	secretsDir    = "/etc/prometheus/secrets"
	configMapsDir = "/etc/prometheus/configmaps"
	logDir        = "/var/log/prometheus"

	configFile    = configDir + "/prometheus.yaml.gz"
	configOutFile = configOutDir + "/prometheus.env.yaml"
	webConfigKey  = "web-config.yaml"
	releaseFile   = contract.ReleaseKey

	defaultPortName = "web"
	prometheusPort  = 9090
	configPort      = 8080
	rulesPort       = 8081
	thanosHTTPPort  = 10902
	thanosGRPCPort  = 10901
)
