package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Domain is one of the two kinds of sets that a Prometheus loads.
type Domain string

const (
	// Config is the domain of prometheus.yaml.
	Config Domain = "config"
	// Rules is the domain of the rule files.
	Rules Domain = "rules"
)

// ManifestVersion is the version of the manifest's format.
const ManifestVersion = 1

// OursAlone is a variable that promloop's config-reloader replaces by nothing, and that no other reloader knows.
const OursAlone = "PROMLOOP"

// ManifestKey is the key of the manifest in its Secret or ConfigMap, and its file name in the volume.
const ManifestKey = "manifest.json"

// FallbackManifest is the key of the manifest of a domain among the last known good sets.
func FallbackManifest(d Domain) string { return string(d) + "-manifest.json" }

// Buckets is the number of buckets that rule files fall into. It bounds the size of a manifest, whatever the number of rules.
const Buckets = 64

// ReleasePolicy says when a complete set may be loaded.
type ReleasePolicy string

const (
	// ReleaseAll lets every replica load the set as soon as it is complete.
	ReleaseAll ReleasePolicy = "all"
	// ReleaseStaged makes a replica wait for the release annotation.
	ReleaseStaged ReleasePolicy = "staged"
)

// Part names one piece of a configuration, in the order in which pieces are joined.
type Part struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
}

// Manifest describes one complete set. It is written after everything that it describes.
type Manifest struct {
	Version           int               `json:"version"`
	Domain            Domain            `json:"domain"`
	Generation        int64             `json:"generation"`
	Digest            string            `json:"digest"`
	Salt              []byte            `json:"salt,omitempty"`
	Parts             []Part            `json:"parts,omitempty"`
	Buckets           map[string]string `json:"buckets,omitempty"`
	Assets            []string          `json:"assets,omitempty"`
	PrometheusVersion string            `json:"prometheusVersion"`
	Count             int               `json:"count"`
	Release           ReleasePolicy     `json:"release"`
	AcceptLower       bool              `json:"acceptLower,omitempty"`
}

// Encode returns the manifest as it is stored: equal manifests give equal bytes.
func (m Manifest) Encode() ([]byte, error) {
	return json.Marshal(m)
}

// DecodeManifest reads a stored manifest. An unknown version is an error, since its digests can't be understood.
func DecodeManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("manifest is not JSON of the contract: %w", err)
	}
	if m.Version != ManifestVersion {
		return Manifest{}, fmt.Errorf("manifest has version %d, this operator writes version %d", m.Version, ManifestVersion)
	}
	return m, nil
}

// After returns m as the successor of last: the same manifest when both describe the same set, else one with a higher generation.
func (m Manifest) After(last Manifest, now time.Time) Manifest {
	m.Generation = last.Generation
	if !m.describes(last) {
		m.Generation = max(last.Generation+1, now.UnixMilli())
	}
	return m
}

// describes reports whether m stands for the same set as other, released in the same way; the generation does not count.
func (m Manifest) describes(other Manifest) bool {
	m.Generation, other.Generation = 0, 0
	a, errA := m.Encode()
	b, errB := other.Encode()
	return errA == nil && errB == nil && string(a) == string(b)
}

// PartDigest returns the digest of one stored part of a configuration.
func PartDigest(salt, stored []byte) string {
	h := newMAC(salt)
	h.Write(stored)
	return sum(h)
}

// ConfigDigest returns the digest of a configuration made of parts.
func ConfigDigest(salt []byte, parts []Part) string {
	var text strings.Builder
	text.WriteString("promloop/v1 config\n")
	for _, p := range parts {
		fmt.Fprintf(&text, "%s %s\n", p.Key, p.Digest)
	}
	return PartDigest(salt, []byte(text.String()))
}

// BucketOf returns the bucket of a rule file, 0 to Buckets-1.
func BucketOf(file string) int {
	first := sha256.Sum256([]byte(file))
	return int(first[0]) % Buckets
}

// BucketDigest returns the digest of the rule files of one bucket, "" when there is none.
func BucketDigest(files map[string]string) string {
	if len(files) == 0 {
		return ""
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	h := newMAC(nil)
	for _, name := range names {
		fmt.Fprintf(h, "%s\n%d\n", name, len(files[name]))
		h.Write([]byte(files[name]))
	}
	return sum(h)
}

// RulesDigest returns the digest of all rules from the digests of their non-empty buckets.
func RulesDigest(buckets map[string]string) string {
	var text strings.Builder
	text.WriteString("promloop/v1 rules\n")
	for i := range Buckets {
		if digest := buckets[strconv.Itoa(i)]; digest != "" {
			fmt.Fprintf(&text, "%d %s\n", i, digest)
		}
	}
	return PartDigest(nil, []byte(text.String()))
}

func newMAC(salt []byte) hash.Hash {
	return hmac.New(sha256.New, salt)
}

func sum(h hash.Hash) string {
	return hex.EncodeToString(h.Sum(nil))
}
