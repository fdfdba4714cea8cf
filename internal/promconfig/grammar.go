package promconfig

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/kubernetes"
	yaml "go.yaml.in/yaml/v3"

	v1 "github.com/promloop/promloop/api/v1"
)

// grammarText is read off the types of the newest Prometheus, by test/upstream/loader.
//
//go:embed grammar.json
var grammarText []byte

// grammar is what Prometheus knows: for the name of a mapping the kind of each of its directives, or under "*" that of any. A kind is
// text, bool, number, duration, size or any; the name of a mapping; []kind for a list and {}kind for a mapping with keys of the user's own.
var grammar = sync.OnceValue(func() map[string]map[string]string {
	var g map[string]map[string]string
	if err := json.Unmarshal(grammarText, &g); err != nil {
		panic(err) // it is part of the program
	}
	return g
})

// Mappings that a list of the user's own is made of.
const (
	jobKind          = "scrape_configs"
	alertmanagerKind = "alertmanagers"
	relabelKind      = "relabel.Config"
)

// needed are directives without which Prometheus refuses a mapping. Source: what its types say when they are read.
var needed = map[string][]string{
	"aws.SDConfig":                {"role"},
	"azure.SDConfig":              {"subscription_id"},
	"dns.SDConfig":                {"names"},
	"eureka.SDConfig":             {"server"},
	"file.SDConfig":               {"files"},
	"gce.SDConfig":                {"project", "zone"},
	"hetzner.SDConfig":            {"role"},
	"http.SDConfig":               {"url"},
	"ionos.SDConfig":              {"datacenter_id"},
	"marathon.SDConfig":           {"servers"},
	"moby.DockerSDConfig":         {"host"},
	"moby.DockerSwarmSDConfig":    {"host", "role"},
	"openstack.SDConfig":          {"role", "region"},
	"outscale.SDConfig":           {"access_key"},
	"ovhcloud.SDConfig":           {"application_key", "application_secret", "consumer_key", "service"},
	"puppetdb.SDConfig":           {"url", "query"},
	"scaleway.SDConfig":           {"role", "project_id", "access_key"},
	"triton.SDConfig":             {"account", "dns_suffix", "endpoint"},
	"uyuni.SDConfig":              {"server", "username", "password"},
	"xds.SDConfig":                {"server"},
	"zookeeper.NerveSDConfig":     {"servers", "paths"},
	"zookeeper.ServersetSDConfig": {"servers", "paths"},
}

// values are all that a directive may be, or an item of its list, where that is known; none of them is empty but where it says so.
// Source: as above.
var values = map[string]map[string]string{
	jobKind: {
		"metric_name_validation_scheme": "|legacy|utf8",
		"metric_name_escaping_scheme":   "|allow-utf-8|underscores|dots|values",
		"scrape_protocols":              "Prometheus(Proto|Text[0-9.]+)|OpenMetricsText[0-9.]+",
		"fallback_scrape_protocol":      "|Prometheus(Proto|Text[0-9.]+)|OpenMetricsText[0-9.]+",
	},
	alertmanagerKind:              {"api_version": "v[12]"},
	"aws.SDConfig":                {"role": "ec2|ecs|elasticache|lightsail|msk|rds"},
	"azure.SDConfig":              {"authentication_method": "OAuth|ManagedIdentity|SDK|WorkloadIdentity"},
	"dns.SDConfig":                {"type": "(?i)SRV|A|AAAA|MX|NS"},
	"eureka.SDConfig":             {"server": "[a-z]+://.+"},
	"file.SDConfig":               {"files": `[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)`},
	"hetzner.SDConfig":            {"role": "robot|hcloud"},
	"http.SDConfig":               {"url": "https?://.+"},
	"moby.DockerSwarmSDConfig":    {"role": "services|tasks|nodes"},
	"openstack.SDConfig":          {"role": "hypervisor|instance|loadbalancer", "availability": "public|internal|admin"},
	"ovhcloud.SDConfig":           {"service": "dedicated_server|vps"},
	"puppetdb.SDConfig":           {"url": "https?://.+"},
	"scaleway.SDConfig":           {"role": "instance|baremetal"},
	"triton.SDConfig":             {"role": "container|cn"},
	"xds.SDConfig":                {"server": "[a-z]+://.+"},
	"zookeeper.NerveSDConfig":     {"paths": "/.*"},
	"zookeeper.ServersetSDConfig": {"paths": "/.*"},
}

// formerly are directives that the newest version does not know any more. Until when they were known stands in versions.
var formerly = map[string]map[string]string{jobKind: {"scrape_classic_histograms": "bool"}}

// knownNode refuses what Prometheus does not know in text of the user's own: it would refuse the whole configuration for it. What a
// version knows that is newer than ours can't be told.
func (in *inspector) knownNode(n *yaml.Node, kind string) {
	if !in.newer {
		in.nodeOf(n, kind, kind)
	}
}

// nodeOf judges a value by its kind; name is that of the directive that it is the value of.
func (in *inspector) nodeOf(n *yaml.Node, kind, name string) {
	if isNull(n) || kind == "any" {
		return
	}
	item, list := strings.CutPrefix(kind, "[]")
	value, open := strings.CutPrefix(kind, "{}")
	_, closed := grammar()[kind]
	switch {
	case list && n.Kind != yaml.SequenceNode:
		in.atLine(n, InvalidAdditional, "%s is a list", name)
	case list:
		for _, one := range n.Content {
			if isNull(one) && grammar()[item] != nil { // some make Prometheus panic
				in.atLine(one, InvalidAdditional, "an item of %s is empty", name)
			}
			in.nodeOf(one, item, name)
		}
	case (open || closed) && n.Kind != yaml.MappingNode:
		in.atLine(n, InvalidAdditional, "%s is a mapping, or a list of them", name)
	case open:
		for i := 0; i < len(n.Content); i += 2 {
			in.nodeOf(n.Content[i+1], value, name)
		}
	case closed:
		in.directivesOf(n, kind, name)
	default:
		in.scalarOf(n, kind, name)
	}
}

func (in *inspector) directivesOf(n *yaml.Node, kind, name string) {
	before := len(in.faults)
	known := grammar()[kind]
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case known[key.Value] != "":
			in.inVersion(key, value, kind)
			in.nodeOf(value, known[key.Value], key.Value)
			in.matches(value, kind, key.Value)
		case known["*"] != "":
			in.nodeOf(value, known["*"], name) // its key is the user's own, and is not told
		case formerly[kind][key.Value] != "":
			in.inVersion(key, value, kind)
			in.nodeOf(value, formerly[kind][key.Value], key.Value)
		default:
			in.atLine(key, InvalidAdditional, "%s has no such directive", name)
		}
	}
	for _, directive := range needed[kind] {
		if value := under(n, directive); value == nil || holdsNothing(value) {
			in.atLine(n, InvalidAdditional, "%s needs %s", name, directive)
		}
	}
	if len(in.faults) == before {
		in.readBy(n, kind, known)
	}
}

// matches refuses a value, or an item of it, that is not what the directive takes.
func (in *inspector) matches(n *yaml.Node, kind, name string) {
	pattern := values[kind][name]
	if pattern == "" || isNull(n) && keepsDefault(kind, name) || holdsNothing(n) && slices.Contains(needed[kind], name) {
		return
	}
	form := regexp.MustCompile("^(?:" + pattern + ")$")
	list := n.Content
	if n.Kind == yaml.ScalarNode {
		list = []*yaml.Node{n}
	} else if len(list) == 0 {
		in.atLine(n, InvalidAdditional, "%s is empty", name)
	}
	for _, item := range list {
		if item.Kind == yaml.ScalarNode && !form.MatchString(valueText(item)) {
			in.atLine(item, InvalidAdditional, "%s is not of the form %s", name, pattern)
		}
	}
}

// keepsDefault tells directives for which a null stands for none. To others it is an empty text.
func keepsDefault(kind, name string) bool {
	return strings.HasPrefix(grammar()[kind][name], "[]") || kind == alertmanagerKind
}

func holdsNothing(n *yaml.Node) bool { return valueText(n) == "" && len(n.Content) == 0 }

// valueText is the text of a value, which null has none of.
func valueText(n *yaml.Node) string {
	if isNull(n) {
		return ""
	}
	return n.Value
}

// items are what stands in a list, or one value by itself.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Value != "" && !isNull(n) {
		return []*yaml.Node{n}
	}
	return n.Content
}

// readBy has Prometheus' own packages read what they can: each mapping with an HTTP client in it, and the discovery of Kubernetes.
func (in *inspector) readBy(n *yaml.Node, kind string, known map[string]string) {
	var into any
	switch {
	case kind == "kubernetes.SDConfig":
		into = new(kubernetes.SDConfig)
	case known["follow_redirects"] != "":
		into = new(commonconfig.HTTPClientConfig)
	default:
		return
	}
	if err := n.Decode(into); err != nil {
		in.atLine(n, InvalidAdditional, "%s", withoutValues(err, n))
	}
}

// otherBools are those of YAML 1.1, which Prometheus reads.
var otherBools = []string{"y", "yes", "on", "n", "no", "off"}

func (in *inspector) scalarOf(n *yaml.Node, kind, name string) {
	if n.Kind != yaml.ScalarNode {
		in.atLine(n, InvalidAdditional, "%s is a single value", name)
		return
	}
	tag := n.ShortTag()
	switch kind {
	case "bool":
		if tag != "!!bool" && (n.Style != 0 || !slices.Contains(otherBools, strings.ToLower(n.Value))) {
			in.atLine(n, InvalidAdditional, "%s is true or false", name)
		}
	case "number":
		if tag != "!!int" && tag != "!!float" {
			in.atLine(n, InvalidAdditional, "%s is a number", name)
		}
	case "size":
		if n.Value == "" || byteSize(v1.ByteSize(n.Value)) < 0 {
			in.atLine(n, InvalidAdditional, "%s is no size below 8EB such as 512MB or 1.5GiB", name)
		}
	case "duration":
		if _, err := model.ParseDuration(n.Value); err != nil {
			in.atLine(n, InvalidAdditional, "%s is no duration such as 30s or 1m30s", name)
		}
	}
}
