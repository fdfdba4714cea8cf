package workload

import (
	"k8s.io/apimachinery/pkg/api/resource"

	v1 "github.com/promloop/promloop/api/v1"
)

func argumentEffects() map[string]effect {
	return map[string]effect{
		"logLevel":                       {set: func(s *v1.PrometheusSpec) { s.LogLevel = "debug" }, appears: "--log.level=debug"},
		"logFormat":                      {set: func(s *v1.PrometheusSpec) { s.LogFormat = "json" }, appears: "--log.format=json"},
		"externalUrl":                    {set: func(s *v1.PrometheusSpec) { s.ExternalURL = "https://p.example.com/" }, appears: "--web.external-url=https://p.example.com/"},
		"routePrefix":                    {set: func(s *v1.PrometheusSpec) { s.RoutePrefix = "/prom" }, appears: "--reload-url=http://localhost:9090/prom/-/reload"},
		"routePrefix (relative)":         {set: func(s *v1.PrometheusSpec) { s.RoutePrefix = "prom/" }, appears: "--reload-url=http://localhost:9090/prom/-/reload"},
		"enableAdminAPI":                 {set: func(s *v1.PrometheusSpec) { s.EnableAdminAPI = true }, appears: "--web.enable-admin-api"},
		"walCompression":                 {set: func(s *v1.PrometheusSpec) { s.WALCompression = new(false) }, appears: "--no-storage.tsdb.wal-compression"},
		"disableCompaction":              {set: func(s *v1.PrometheusSpec) { s.DisableCompaction = true }, appears: "--storage.tsdb.min-block-duration=2h"},
		"enableRemoteWriteReceiver":      {set: func(s *v1.PrometheusSpec) { s.EnableRemoteWriteReceiver = true }, appears: "--web.enable-remote-write-receiver"},
		"enableOTLPReceiver":             {set: func(s *v1.PrometheusSpec) { s.EnableOTLPReceiver = new(true) }, appears: "--web.enable-otlp-receiver"},
		"otlp":                           {set: func(s *v1.PrometheusSpec) { s.OTLP = &v1.OTLPConfig{} }, appears: "--web.enable-otlp-receiver"},
		"enableFeatures":                 {set: func(s *v1.PrometheusSpec) { s.EnableFeatures = []v1.EnableFeature{"a", "b"} }, appears: "--enable-feature=a,b"},
		"additionalArgs":                 {set: func(s *v1.PrometheusSpec) { s.AdditionalArgs = []v1.Argument{{Name: "web.cors.origin", Value: "x"}} }, appears: "--web.cors.origin=x"},
		"rules.alert.forOutageTolerance": {set: func(s *v1.PrometheusSpec) { s.Rules.Alert.ForOutageTolerance = "1h" }, appears: "--rules.alert.for-outage-tolerance=1h"},
		"rules.alert.forGracePeriod":     {set: func(s *v1.PrometheusSpec) { s.Rules.Alert.ForGracePeriod = "5m" }, appears: "--rules.alert.for-grace-period=5m"},
		"rules.alert.resendDelay":        {set: func(s *v1.PrometheusSpec) { s.Rules.Alert.ResendDelay = "2m" }, appears: "--rules.alert.resend-delay=2m"},
		"query.lookbackDelta":            {set: func(s *v1.PrometheusSpec) { s.Query = &v1.QuerySpec{LookbackDelta: new("9m")} }, appears: "--query.lookback-delta=9m"},
		"query.maxConcurrency":           {set: func(s *v1.PrometheusSpec) { s.Query = &v1.QuerySpec{MaxConcurrency: new(int32(5))} }, appears: "--query.max-concurrency=5"},
		"query.maxSamples":               {set: func(s *v1.PrometheusSpec) { s.Query = &v1.QuerySpec{MaxSamples: new(int32(6))} }, appears: "--query.max-samples=6"},
		"query.timeout":                  {set: func(s *v1.PrometheusSpec) { s.Query = &v1.QuerySpec{Timeout: new(v1.Duration("1m"))} }, appears: "--query.timeout=1m"},
		"tsdb.outOfOrderTimeWindow": {with: spec(func(s *v1.PrometheusSpec) { s.DisableCompaction = true }), set: func(s *v1.PrometheusSpec) {
			s.TSDB = &v1.TSDBSpec{OutOfOrderTimeWindow: new(v1.Duration("1h"))}
		}, appears: "--no-storage.tsdb.allow-overlapping-compaction"},
		"tsdb.chunkEncoding.floats": {set: func(s *v1.PrometheusSpec) {
			s.TSDB = &v1.TSDBSpec{ChunkEncoding: &v1.ChunkEncodingSpec{Floats: new(v1.ChunkEncodingFloatsXor2)}}
		}, appears: "--enable-feature=xor2-encoding"},
		"remoteWriteReceiverMessageVersions": {set: func(s *v1.PrometheusSpec) {
			s.EnableRemoteWriteReceiver = true
			s.RemoteWriteReceiverMessageVersions = []v1.RemoteWriteMessageVersion{v1.RemoteWriteMessageVersion1_0, v1.RemoteWriteMessageVersion2_0}
		}, appears: "accepted-protobuf-messages=prometheus.WriteRequest,io.prometheus.write.v2.Request"},
	}
}

// versionEffects hold fields to what they do for the versions of Prometheus that know them otherwise, or not at all.
func versionEffects() map[string]effect {
	return map[string]effect{
		"retention":              {with: version("3.10.0"), set: func(s *v1.PrometheusSpec) { s.Retention = "3d" }, appears: "--storage.tsdb.retention.time=3d"},
		"retentionSize":          {with: version("3.10.0"), set: func(s *v1.PrometheusSpec) { s.RetentionSize = "5GB" }, appears: "--storage.tsdb.retention.size=5GB"},
		"retentionPercentage":    {with: version("3.10.0"), set: func(s *v1.PrometheusSpec) { s.RetentionPercentage = new(resource.MustParse("80")) }, ignored: "spec.retentionPercentage has no effect: it needs Prometheus 3.11.0"},
		"allowOverlappingBlocks": {set: func(s *v1.PrometheusSpec) { s.AllowOverlappingBlocks = true }, ignored: "spec.allowOverlappingBlocks has no effect: Prometheus 2.39.0 and later always allow them"},
		"remoteWrite.messageVersion": {with: version("3.3.0"), set: func(s *v1.PrometheusSpec) {
			s.RemoteWrite = []v1.RemoteWriteSpec{{MessageVersion: new(v1.RemoteWriteMessageVersion2_0)}}
		}, appears: "--enable-feature=metadata-wal-records"},
		"enableOTLPReceiver (2.47)": {with: version("2.47.0"), set: func(s *v1.PrometheusSpec) { s.EnableOTLPReceiver = new(true) }, appears: "--enable-feature=otlp-write-receiver"},
		"enableOTLPReceiver (2.46)": {with: version("2.46.0"), set: func(s *v1.PrometheusSpec) { s.EnableOTLPReceiver = new(true) }, ignored: "spec.enableOTLPReceiver has no effect: it needs Prometheus 2.47.0"},
		"remoteWriteReceiverMessageVersions (2.53)": {with: version("2.53.0"), set: func(s *v1.PrometheusSpec) {
			s.EnableRemoteWriteReceiver = true
			s.RemoteWriteReceiverMessageVersions = []v1.RemoteWriteMessageVersion{v1.RemoteWriteMessageVersion2_0}
		}, ignored: "spec.remoteWriteReceiverMessageVersions has no effect: it needs Prometheus 2.54.0"},
		"tsdb.chunkEncoding.floats (3.12)": {with: version("3.12.0"), set: func(s *v1.PrometheusSpec) {
			s.TSDB = &v1.TSDBSpec{ChunkEncoding: &v1.ChunkEncodingSpec{Floats: new(v1.ChunkEncodingFloatsXor2)}}
		}, ignored: "spec.tsdb.chunkEncoding.floats has no effect: Xor2 needs Prometheus 3.13.0"},
	}
}
