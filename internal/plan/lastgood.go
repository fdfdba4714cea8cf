package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// lastKnownGood are the Secrets that new pods fall back to: of each domain the set that a replica proved last, and which of the wanted
// sets are refused. A further part of a configuration has a Secret of its own; all else is in the first, which is written last, so that
// its manifest is about parts that are there. What does not fit into it is left out: the rules, and then the configuration. There are
// none while there is nothing to say, and for sidecars that do not know them.
func lastKnownGood(w *world.World, wanted delivery.Wanted) []*corev1.Secret {
	if w.Options.ForeignReloaders {
		return nil
	}
	have := lastGoodData(w)
	data := byPart(w, provedConfig(w, have))
	if rules := provedRules(w, have); dataSize(data[0])+dataSize(rules) <= assetShardLimit {
		maps.Copy(data[0], rules)
	}
	if dataSize(data[0]) > assetShardLimit {
		data = byPart(w, nil)
	}
	if refused := refusedSets(w, have, wanted); len(refused) > 0 {
		data[0][contract.ReleaseKey] = encodeRefused(refused)
	}
	var out []*corev1.Secret
	for n, content := range slices.Backward(data) {
		if len(content) > 0 {
			s := secret(w, world.LastKnownGoodName(w.Prometheus.Name, n))
			s.Data = content
			out = append(out, s)
		}
	}
	return out
}

// byPart spreads a configuration over Secrets: each further part to the one of its number, all else to the first.
func byPart(w *world.World, config map[string][]byte) []map[string][]byte {
	out := make([]map[string][]byte, workload.ConfigParts(w))
	out[0] = maps.Clone(config)
	if out[0] == nil {
		out[0] = map[string][]byte{}
	}
	for n := 1; n < len(out); n++ {
		if key := world.ConfigPartKey(n); config[key] != nil {
			out[n] = map[string][]byte{key: config[key]}
			delete(out[0], key)
		}
	}
	return out
}

// lastGoodData is what the Secrets hold now.
func lastGoodData(w *world.World) map[string][]byte {
	out := map[string][]byte{}
	for _, s := range w.Owned.Secrets {
		if isLastGood(w, s) {
			maps.Copy(out, s.Data)
		}
	}
	return out
}

func isLastGood(w *world.World, s *corev1.Secret) bool {
	first := world.LastKnownGoodName(w.Prometheus.Name, 0)
	return s.Name == first || strings.HasPrefix(s.Name, first+"-")
}

// lastAssets are the TLS assets that the configuration of the last known good Secret needs.
func lastAssets(w *world.World) []string {
	m, err := contract.DecodeManifest(lastGoodData(w)[contract.FallbackManifest(contract.Config)])
	if err != nil {
		return nil
	}
	return m.Assets
}

func dataSize(data map[string][]byte) int {
	size := 0
	for key, content := range data {
		size += len(key) + len(content)
	}
	return size
}

// provedConfig is the configuration that stands, if a pod has loaded it, else the one that is kept.
func provedConfig(w *world.World, have map[string][]byte) map[string][]byte {
	key := contract.FallbackManifest(contract.Config)
	kept := map[string][]byte{}
	last, err := contract.DecodeManifest(have[key])
	if err == nil {
		kept[key] = have[key]
		for _, part := range last.Parts {
			if content, ok := have[part.Key]; ok {
				kept[part.Key] = content
			}
		}
	}
	m := w.Owned.PublishedConfig()
	if m.Digest == last.Digest || !loadedBySome(w, contract.Config, m.Digest) {
		return kept
	}
	proved := map[string][]byte{key: w.Owned.ConfigManifest.Data[contract.ManifestKey]}
	for _, part := range m.Parts {
		content := standingPart(w, part.Key)
		if contract.PartDigest(m.Salt, content) != part.Digest {
			return kept // it is being replaced just now
		}
		proved[part.Key] = content
	}
	return proved
}

func standingPart(w *world.World, key string) []byte {
	secrets := w.Owned.Secrets
	if first := w.Owned.ConfigSecret; first != nil {
		secrets = append([]*corev1.Secret{first}, secrets...)
	}
	for _, s := range secrets {
		if content, ok := s.Data[key]; ok && !isLastGood(w, s) {
			return content
		}
	}
	return nil
}

// provedRules are the rule files that stand, if a pod has loaded them, else those that are kept.
func provedRules(w *world.World, have map[string][]byte) map[string][]byte {
	key := contract.FallbackManifest(contract.Rules)
	kept := map[string][]byte{}
	last, err := contract.DecodeManifest(have[key])
	if err == nil {
		kept[key] = have[key]
		for name, content := range have {
			if isRuleFile(name) {
				kept[name] = content
			}
		}
	}
	m := w.Owned.PublishedRules()
	if m.Digest == last.Digest || !loadedBySome(w, contract.Rules, m.Digest) {
		return kept
	}
	files := map[string][]byte{}
	for _, cm := range w.Owned.RuleShards {
		for name, content := range cm.Data {
			if isRuleFile(name) {
				files[name] = []byte(content)
			}
		}
	}
	if dataSize(files) <= assetShardLimit && digestOfRules(files) != m.Digest {
		return kept // they are being replaced just now
	}
	files[key] = []byte(w.Owned.RulesManifest.Data[contract.ManifestKey])
	return files
}

func isRuleFile(name string) bool { return strings.HasSuffix(name, ".yaml") }

func digestOfRules(files map[string][]byte) string {
	byBucket := map[int]map[string]string{}
	for name, content := range files {
		bucket := contract.BucketOf(name)
		if byBucket[bucket] == nil {
			byBucket[bucket] = map[string]string{}
		}
		byBucket[bucket][name] = string(content)
	}
	buckets := map[string]string{}
	for n, files := range byBucket {
		buckets[strconv.Itoa(n)] = contract.BucketDigest(files)
	}
	return contract.RulesDigest(buckets)
}

// reported is what the sidecar of a domain said in each pod that answered.
func reported(w *world.World, domain contract.Domain) []*contract.Loaded {
	var out []*contract.Loaded
	for _, pod := range w.Pods {
		report := w.Reports[pod.Name].Config
		if domain == contract.Rules {
			report = w.Reports[pod.Name].Rules
		}
		if report != nil {
			out = append(out, report)
		}
	}
	return out
}

func loadedBySome(w *world.World, domain contract.Domain, digest string) bool {
	return digest != "" && slices.ContainsFunc(reported(w, domain), func(r *contract.Loaded) bool { return r.Loaded == digest })
}

// refusedSets are those of the wanted sets that a pod refused, now or before, as long as they are wanted.
func refusedSets(w *world.World, have map[string][]byte, wanted delivery.Wanted) []string {
	before := contract.DecodeRelease(string(have[contract.ReleaseKey])).Refused
	var out []string
	for domain, digest := range map[contract.Domain]string{contract.Config: wanted.Config.Digest, contract.Rules: wanted.Rules.Digest} {
		now := slices.ContainsFunc(reported(w, domain), func(r *contract.Loaded) bool { return r.Refused == digest })
		if digest != "" && !loadedBySome(w, domain, digest) && (now || slices.Contains(before, digest)) {
			out = append(out, digest)
		}
	}
	slices.Sort(out)
	return out
}

func encodeRefused(digests []string) []byte {
	data, err := json.Marshal(map[string][]string{"refused": digests})
	if err != nil {
		panic(err) // strings always encode
	}
	return data
}
