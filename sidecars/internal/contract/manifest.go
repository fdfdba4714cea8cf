package contract

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// ManifestFormat is the version of the manifest that this package knows.
const ManifestFormat = 1

// OursAlone is a variable that is always replaced by nothing, and that no other reloader knows.
const OursAlone = "PROMLOOP"

// Buckets is the number of groups that rule files are hashed into. It is fixed, so that a manifest does not grow with them.
const Buckets = 64

// Manifest describes one complete set. Every field is described in docs/contract.md.
type Manifest struct {
	Version           int               `json:"version"`
	Domain            Domain            `json:"domain"`
	Generation        int64             `json:"generation"`
	AcceptLower       bool              `json:"acceptLower,omitempty"`
	Digest            string            `json:"digest"`
	Salt              []byte            `json:"salt,omitempty"`
	Parts             []Part            `json:"parts,omitempty"`
	Buckets           map[string]string `json:"buckets,omitempty"`
	Assets            []string          `json:"assets,omitempty"`
	PrometheusVersion string            `json:"prometheusVersion"`
	Count             int               `json:"count"`
	Release           string            `json:"release"`
}

// Part is one member of a configuration: the key it is stored under and the digest of its stored bytes.
type Part struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
}

// Staged says that the set may be loaded only when it is released.
func (m Manifest) Staged() bool { return m.Release == "staged" }

// Known says that this package understands the format of the manifest.
func (m Manifest) Known() bool { return m.Version == ManifestFormat }

// ParseManifest reads the manifest of the domain. A manifest of another format comes back with what could be read and no
// error: Known is false then. Errors name the field.
func ParseManifest(data []byte, domain Domain) (Manifest, error) {
	var head struct {
		Version int    `json:"version"`
		Digest  string `json:"digest"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if head.Version != ManifestFormat {
		return Manifest{Version: head.Version, Digest: head.Digest}, nil
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	return m, m.validate(domain)
}

func (m Manifest) validate(domain Domain) error {
	if m.Domain != domain {
		return fmt.Errorf("%s: domain is %q, want %q: the volumes may be swapped", ManifestFile, m.Domain, domain)
	}
	if !isDigest(m.Digest) {
		return fmt.Errorf("%s: digest is not 64 hexadecimal digits", ManifestFile)
	}
	for _, p := range m.Parts {
		if !isDigest(p.Digest) || p.Key == "" || strings.ContainsAny(p.Key, "/\x00") || p.Key[0] == '.' {
			return fmt.Errorf("%s: parts: %q needs a plain file name and a digest", ManifestFile, p.Key)
		}
	}
	for bucket, digest := range m.Buckets {
		if n, err := strconv.Atoi(bucket); err != nil || n < 0 || n >= Buckets || !isDigest(digest) {
			return fmt.Errorf("%s: buckets: %q needs a number from 0 to %d and a digest", ManifestFile, bucket, Buckets-1)
		}
	}
	return nil
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

// Release is what the operator released to this pod. The zero Release releases nothing and refuses nothing.
type Release struct {
	Config  string   `json:"config,omitempty"`
	Rules   string   `json:"rules,omitempty"`
	Refused []string `json:"refused,omitempty"`
	Attempt int      `json:"attempt,omitempty"`
}

// ParseRelease reads a release; no bytes at all are the zero Release.
func ParseRelease(data []byte) (Release, error) {
	var r Release
	if len(strings.TrimSpace(string(data))) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Release{}, fmt.Errorf("%s: %w", ReleaseFile, err)
	}
	return r, nil
}

// Digest is the released digest of the domain, "" for none.
func (r Release) Digest(d Domain) string {
	if d == Rules {
		return r.Rules
	}
	return r.Config
}
