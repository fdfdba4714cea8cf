package promconfig

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
)

// neededFields are those without which Prometheus refuses the rest.
var neededFields = map[reflect.Type][]string{
	reflect.TypeFor[v1.APIServerConfig]():           {"Host"},
	reflect.TypeFor[v1.AlertmanagerEndpoints]():     {"Name"},
	reflect.TypeFor[v1.RemoteWriteSpec]():           {"URL"},
	reflect.TypeFor[v1.RemoteReadSpec]():            {"URL"},
	reflect.TypeFor[v1.OAuth2]():                    {"ClientID", "TokenURL"},
	reflect.TypeFor[v1.AzureOAuth]():                {"ClientID", "TenantID"},
	reflect.TypeFor[v1.AzureWorkloadIdentity]():     {"ClientID", "TenantID"},
	reflect.TypeFor[v1alpha1.FileSDConfig]():        {"Files"},
	reflect.TypeFor[v1alpha1.HTTPSDConfig]():        {"URL"},
	reflect.TypeFor[v1alpha1.KubernetesSDConfig]():  {"Role"},
	reflect.TypeFor[v1alpha1.ConsulSDConfig]():      {"Server"},
	reflect.TypeFor[v1alpha1.DNSSDConfig]():         {"Names"},
	reflect.TypeFor[v1alpha1.AzureSDConfig]():       {"SubscriptionID"},
	reflect.TypeFor[v1alpha1.GCESDConfig]():         {"Project", "Zone"},
	reflect.TypeFor[v1alpha1.OpenStackSDConfig]():   {"Role", "Region"},
	reflect.TypeFor[v1alpha1.KumaSDConfig]():        {"Server"},
	reflect.TypeFor[v1alpha1.EurekaSDConfig]():      {"Server"},
	reflect.TypeFor[v1alpha1.DockerSDConfig]():      {"Host"},
	reflect.TypeFor[v1alpha1.DockerSwarmSDConfig](): {"Host", "Role"},
	reflect.TypeFor[v1alpha1.HetznerSDConfig]():     {"Role"},
	reflect.TypeFor[v1alpha1.PuppetDBSDConfig]():    {"URL", "Query"},
	reflect.TypeFor[v1alpha1.OVHCloudSDConfig]():    {"ApplicationKey", "ApplicationSecret", "ConsumerKey", "Service"},
	reflect.TypeFor[v1alpha1.ScalewaySDConfig]():    {"AccessKey", "SecretKey", "ProjectID", "Role"},
	reflect.TypeFor[v1alpha1.IonosSDConfig]():       {"DataCenterID"},
	reflect.TypeFor[v1alpha1.Filter]():              {"Name", "Values"},
}

// needing is the check of a type that has such fields.
func needing(t reflect.Type, names []string) visitor {
	jsonNames := map[string]string{}
	for _, name := range names {
		f, ok := t.FieldByName(name)
		if !ok {
			panic(fmt.Sprintf("promconfig: %s has no field %s", t, name))
		}
		jsonNames[name], _, _ = strings.Cut(f.Tag.Get("json"), ",")
	}
	return func(in *inspector, v reflect.Value) {
		for _, name := range names {
			if v.FieldByName(name).IsZero() {
				in.at(jsonNames[name], func() { in.fault(InvalidField, "it is needed") })
			}
		}
	}
}

// queue inspects the numbers of remote write against each other and Prometheus' defaults.
func (in *inspector) queue(q *v1.QueueConfig) {
	if q.MinShards < 0 || q.MaxShards < 0 || q.MaxSamplesPerSend < 0 || q.Capacity < 0 {
		in.fault(InvalidField, "numbers of the queue can't be negative")
	}
	if shards := cmp.Or(q.MaxShards, 50); cmp.Or(q.MinShards, 1) > shards {
		in.at("minShards", func() { in.fault(InvalidField, "%d is above maxShards %d", q.MinShards, shards) })
	}
	low, high := durationOr(q.MinBackoff, "30ms"), durationOr(q.MaxBackoff, "5s")
	if low > high {
		in.at("minBackoff", func() { in.fault(InvalidField, "%s is above maxBackoff %s", low, high) })
	}
}

// ovhCloud refuses Secrets that hold nothing, as Prometheus does.
func (in *inspector) ovhCloud(c *v1alpha1.OVHCloudSDConfig) {
	in.notEmpty("applicationSecret", v1.SecretOrConfigMap{Secret: &c.ApplicationSecret})
	in.notEmpty("consumerKey", v1.SecretOrConfigMap{Secret: &c.ConsumerKey})
}

func (in *inspector) notEmpty(name string, sel v1.SecretOrConfigMap) {
	if in.isEmpty(sel) {
		in.at(name, func() { in.fault(InvalidField, "the key is empty") })
	}
}

// isEmpty reports whether a key can be read and holds nothing.
func (in *inspector) isEmpty(sel v1.SecretOrConfigMap) bool {
	content, ok := in.content(sel)
	return ok && len(content) == 0
}
