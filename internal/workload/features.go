package workload

import (
	"path"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// receiverArgs open Prometheus to what others push.
func (b *builder) receiverArgs(args *arguments) {
	args.enable("web.enable-remote-write-receiver", b.spec.EnableRemoteWriteReceiver)
	if versions := b.spec.RemoteWriteReceiverMessageVersions; b.spec.EnableRemoteWriteReceiver && len(versions) > 0 {
		if b.atLeast("2.54.0") {
			args.set("web.remote-write-receiver.accepted-protobuf-messages", strings.Join(protobufMessages(versions), ","))
		} else {
			b.ignore("spec.remoteWriteReceiverMessageVersions", "it needs Prometheus 2.54.0")
		}
	}
	b.otlpArgs(args)
}

// otlpArgs turn the OTLP receiver on when it is asked for, or configured and not turned off.
func (b *builder) otlpArgs(args *arguments) {
	switch {
	case !ptr.Deref(b.spec.EnableOTLPReceiver, b.spec.OTLP != nil):
	case b.atLeast("3.0.0"):
		args.enable("web.enable-otlp-receiver", true)
	case b.atLeast("2.47.0"):
		args.set("enable-feature", "otlp-write-receiver")
	default:
		b.ignore("spec.enableOTLPReceiver", "it needs Prometheus 2.47.0")
	}
}

// protobufMessages are the names that Prometheus' flag has for the versions of remote write.
func protobufMessages(versions []v1.RemoteWriteMessageVersion) []string {
	var names []string
	for _, version := range versions {
		if version == v1.RemoteWriteMessageVersion2_0 {
			names = append(names, "io.prometheus.write.v2.Request")
		} else {
			names = append(names, "prometheus.WriteRequest")
		}
	}
	return names
}

// featureArgs turn on the features that the user names, and those that other fields need.
func (b *builder) featureArgs(args *arguments) {
	if b.sendsMetadata() {
		args.set("enable-feature", "metadata-wal-records")
	}
	var asked []string
	for _, feature := range b.spec.EnableFeatures {
		asked = append(asked, string(feature))
	}
	args.setUnlessEmpty("enable-feature", strings.Join(asked, ","))
	if b.encodesXor2() && !slices.Contains(asked, "xor2-encoding") {
		args.set("enable-feature", "xor2-encoding")
	}
	if b.spec.AllowOverlappingBlocks {
		b.ignore("spec.allowOverlappingBlocks", "Prometheus 2.39.0 and later always allow them")
	}
}

// sendsMetadata reports whether remote write 2.0 needs metadata in the write-ahead log. From 3.4.0 on it does without.
// Source: prometheus/prometheus#16944.
func (b *builder) sendsMetadata() bool {
	return b.atLeast("2.54.0") && !b.atLeast("3.4.0") &&
		slices.ContainsFunc(b.spec.RemoteWrite, func(rw v1.RemoteWriteSpec) bool {
			return ptr.Deref(rw.MessageVersion, "") == v1.RemoteWriteMessageVersion2_0
		})
}

func (b *builder) encodesXor2() bool {
	tsdb := b.spec.TSDB
	if tsdb == nil || tsdb.ChunkEncoding == nil || ptr.Deref(tsdb.ChunkEncoding.Floats, "") != v1.ChunkEncodingFloatsXor2 {
		return false
	}
	if !b.atLeast("3.13.0") {
		b.ignore("spec.tsdb.chunkEncoding.floats", "Xor2 needs Prometheus 3.13.0")
		return false
	}
	return true
}

// compaction says who compacts blocks while a Thanos sidecar uploads them.
type compaction int

const (
	compactionByPrometheus compaction = iota // nothing is uploaded
	compactionDisabled                       // blocks are uploaded as they are cut
	compactionDelayed                        // Prometheus compacts what the sidecar has noted as uploaded
)

// shipperMeta is the file by which the Thanos sidecar tells Prometheus what it has uploaded.
const shipperMeta = "thanos.shipper.json"

// compaction follows upstream: the user's word first; else delayed where Prometheus (3.9.0) and Thanos (0.42.0) both can.
func (b *builder) compaction() compaction {
	switch {
	case b.spec.DisableCompaction:
		return compactionDisabled
	case !b.uploads():
		return compactionByPrometheus
	case b.atLeast("3.9.0") && b.thanosAtLeast("0.42.0"):
		return compactionDelayed
	}
	return compactionDisabled
}

func (b *builder) uploads() bool {
	thanos := b.spec.Thanos
	return thanos != nil && (thanos.ObjectStorageConfig != nil || thanos.ObjectStorageConfigFile != nil)
}

func (b *builder) compactionArgs(args *arguments) {
	mode := b.compaction()
	switch mode {
	case compactionDisabled:
		duration := "2h"
		if b.spec.Thanos != nil {
			duration = firstNotBlank(string(b.spec.Thanos.BlockDuration), duration)
		}
		args.set("storage.tsdb.max-block-duration", duration)
		args.set("storage.tsdb.min-block-duration", duration)
	case compactionDelayed:
		args.set("storage.tsdb.delay-compact-file.path", path.Join(storageDir, shipperMeta))
	}
	// Out-of-order blocks overlap, and would be merged before they are uploaded.
	outOfOrder := b.spec.TSDB != nil && b.spec.TSDB.OutOfOrderTimeWindow != nil
	args.enable("no-storage.tsdb.allow-overlapping-compaction",
		outOfOrder && mode != compactionByPrometheus && b.atLeast("2.55.0"))
}
