package main

import "flag"

// What has no effect is accepted all the same, so that a command line of upstream's v0.40 or v0.93 starts. The value says why.

// ignoredSwitches stand alone: they take no value but true and false, behind an equals sign.
var ignoredSwitches = map[string]string{
	"logtostderr":                   "logs always go to standard error",
	"alsologtostderr":               "logs always go to standard error",
	"skip_headers":                  "use --log-format",
	"skip_log_headers":              "use --log-format",
	"add_dir_header":                "use --log-format",
	"enable-config-reloader-probes": "the sidecars' probes are always on",
	"watch-referenced-objects-in-all-namespaces": "references are watched in every namespace",
}

// ignoredFlags take a value, which may be the argument behind them.
var ignoredFlags = map[string]string{
	"log_dir":                          "logs always go to standard error",
	"log_file":                         "logs always go to standard error",
	"log_file_max_size":                "logs always go to standard error",
	"stderrthreshold":                  "logs always go to standard error",
	"log_backtrace_at":                 "use --log-level",
	"v":                                "use --log-level",
	"vmodule":                          "use --log-level",
	"alertmanager-default-base-image":  "Alertmanager is not managed yet",
	"alertmanager-instance-namespaces": "Alertmanager is not managed yet",
	"alertmanager-instance-selector":   "Alertmanager is not managed yet",
	"alertmanager-config-namespaces":   "Alertmanager is not managed yet",
	"thanos-ruler-instance-namespaces": "ThanosRuler is not managed yet",
	"thanos-ruler-instance-selector":   "ThanosRuler is not managed yet",
	"auto-gomemlimit-ratio":            "set GOMEMLIMIT instead",
	"secret-field-selector":            "only metadata of Secrets is watched",
	"secret-label-selector":            "only metadata of Secrets is watched",
	"configmap-field-selector":         "only metadata of ConfigMaps is watched",
	"configmap-label-selector":         "only metadata of ConfigMaps is watched",
	"web.tls-reload-interval":          "the certificate is read again when it changes",
}

// withoutEffect takes those flags, and notes which were given.
func (s *settings) withoutEffect(fs *flag.FlagSet) {
	define := func(as func(name, usage string, set func(string) error), names map[string]string) {
		for name, why := range names {
			as(name, "accepted without effect: "+why, func(string) error {
				s.ignored = append(s.ignored, "--"+name+": "+why)
				return nil
			})
		}
	}
	define(fs.BoolFunc, ignoredSwitches)
	define(fs.Func, ignoredFlags)
}
