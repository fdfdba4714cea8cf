package faults

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The contract once more, written from its page and not from the sidecars' code: whoever changes one has to change both.

type manifest struct {
	Version           int               `json:"version"`
	Domain            string            `json:"domain"`
	Generation        int64             `json:"generation"`
	Digest            string            `json:"digest"`
	Salt              []byte            `json:"salt,omitempty"`
	Parts             []part            `json:"parts,omitempty"`
	Buckets           map[string]string `json:"buckets,omitempty"`
	PrometheusVersion string            `json:"prometheusVersion"`
	Count             int               `json:"count"`
	Release           string            `json:"release"`
}

type part struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
}

func mac(salt []byte, data string) string {
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(data))
	return hex.EncodeToString(h.Sum(nil))
}

// configManifest describes these parts, in the order of their keys as a kubelet's directory lists them.
func configManifest(generation int64, jobs int, parts map[string][]byte) manifest {
	salt := []byte("0123456789abcdef0123456789abcdef")
	m := manifest{Version: 1, Domain: "config", Generation: generation, Salt: salt, Count: jobs, Release: "all"}
	text := "promloop/v1 config\n"
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		p := part{key, mac(salt, string(parts[key]))}
		m.Parts = append(m.Parts, p)
		text += p.Key + " " + p.Digest + "\n"
	}
	m.Digest = mac(salt, text)
	return m
}

func rulesManifest(generation int64, groups int, files map[string]string) manifest {
	m := manifest{Version: 1, Domain: "rules", Generation: generation, Buckets: map[string]string{}, Count: groups, Release: "all"}
	content := map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		hash := sha256.Sum256([]byte(name))
		content[int(hash[0])%64] += name + "\n" + strconv.Itoa(len(files[name])) + "\n" + files[name]
	}
	text := "promloop/v1 rules\n"
	for _, n := range slices.Sorted(maps.Keys(content)) {
		m.Buckets[strconv.Itoa(n)] = mac(nil, content[n])
		text += fmt.Sprintf("%d %s\n", n, m.Buckets[strconv.Itoa(n)])
	}
	m.Digest = mac(nil, text)
	return m
}

func (m manifest) json() []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return data
}

// loaded is what a reloader reports.
type loaded struct {
	Wanted, Loaded, Refused, Reason, Error string
	LoadedGeneration                       int64
	PrometheusVersion                      string
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// ruleFile is a file with one group per name, each with one recording rule that says the version.
func ruleFile(version string, groups ...string) string {
	var b strings.Builder
	b.WriteString("groups:\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "- name: %s\n  rules:\n  - record: version\n    expr: vector(1)\n    labels:\n      v: %q\n      of: %s\n", g, version, g)
	}
	return b.String()
}
