package promconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// sumOfFields is over all of the common fields but for those that can't be in a job, rather than over those that jobs use: the odd
// job rendered for nothing costs less than one that is stale because a field was forgotten here.
func (s *settings) sumOfFields(w *world.World) [sha256.Size]byte {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	for _, part := range []any{w.Prometheus.Namespace, withoutPods(s.spec.CommonPrometheusFields), s.sharding} {
		if err := encoder.Encode(part); err != nil {
			panic(err) // the API's types always encode
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// sumOfValues adds what the fields refer to.
func (s *settings) sumOfValues(w *world.World, scope *scope) [sha256.Size]byte {
	h := sha256.New()
	h.Write(s.judged[:])
	for _, r := range classReferences(w.Prometheus) {
		h.Write([]byte(scope.lookup(r)))
		h.Write([]byte{0})
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// mark is the value of SettingsAnnotation. It depends on no Secret: one that can't be read for a while changes no verdict on what is
// published.
func (s *settings) mark() string { return hex.EncodeToString(s.judged[:8]) }

// withoutPods leaves out what shapes the pods and no job.
func withoutPods(c v1.CommonPrometheusFields) v1.CommonPrometheusFields {
	c.PodMetadata, c.Paused, c.Replicas, c.MinReadySeconds = nil, false, nil, nil
	c.Image, c.ImagePullPolicy, c.ImagePullSecrets = nil, "", nil
	c.LogLevel, c.LogFormat, c.AdditionalArgs, c.WALCompression = "", "", nil, nil
	c.ExternalURL, c.RoutePrefix, c.Web, c.ListenLocal, c.PortName = "", "", nil, false, ""
	c.Storage, c.Volumes, c.VolumeMounts, c.PersistentVolumeClaimRetentionPolicy = nil, nil, nil, nil
	c.Resources, c.NodeSelector, c.SchedulerName, c.PriorityClassName = corev1.ResourceRequirements{}, nil, "", ""
	c.Affinity, c.Tolerations, c.TopologySpreadConstraints = nil, nil, nil
	c.ServiceAccountName, c.AutomountServiceAccountToken, c.SecurityContext, c.HostUsers = "", nil, nil, nil
	c.Secrets, c.ConfigMaps, c.Containers, c.InitContainers = nil, nil, nil, nil
	c.DNSPolicy, c.DNSConfig, c.HostAliases, c.HostNetwork, c.EnableServiceLinks = nil, nil, nil, false, nil
	c.PodManagementPolicy, c.UpdateStrategy, c.TerminationGracePeriodSeconds, c.ServiceName = nil, nil, nil, nil
	c.RemoteWrite, c.OTLP, c.TracingConfig, c.TSDB, c.Runtime = nil, nil, nil, nil, nil
	return c
}
