package world

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/internal/contract"
)

// World is everything that the outcome for one Prometheus depends on, at one instant.
//
// Whoever fills it in establishes, and every decision may rely on:
//   - no object in it is being deleted, and none is changed by a decision: they are shared with the cache;
//   - slices are sorted by namespace and name;
//   - Namespaces has every namespace that an object of this World lives in;
//   - a Secret or ConfigMap key that was not found is absent from Values, never empty;
//   - a pod without a report has not answered: that is unknown, not failed.
type World struct {
	Now        time.Time // the only clock that a decision may read
	Options    Options
	Prometheus *v1.Prometheus

	ServiceMonitors []*v1.ServiceMonitor
	PodMonitors     []*v1.PodMonitor
	Probes          []*v1.Probe
	ScrapeConfigs   []*v1alpha1.ScrapeConfig
	Rules           []*v1.PrometheusRule
	Namespaces      map[string]labels.Set
	Unseen          map[Kind]string // kinds that can't be watched, and why: nothing is known of their objects
	Values          Values

	Owned Owned
	// Claims are the volume claims of the StatefulSets. StorageClasses are those that these and the spec name, and NamedServices what
	// spec.serviceName names: nil for what does not exist, absent where the operator may not look. All may be a minute old. ClaimsUnread
	// is why they could not be read, "" when they were.
	Claims         []*corev1.PersistentVolumeClaim
	StorageClasses map[string]*storagev1.StorageClass
	NamedServices  map[string]*corev1.Service
	ClaimsUnread   string

	Pods    []*corev1.Pod
	Reports map[string]Report    // by pod name
	Poked   map[string]time.Time // when each pod was last poked, by pod name; absent means not in this process' life
	// Unpatchable is the API server's answer where it forbade the last poke, "" where it did not.
	Unpatchable string

	// Salt is fresh random, for a configuration that has no manifest yet to take the salt from.
	Salt []byte
}

// Owned is what the operator wrote before for this Prometheus, as it stands in the cluster. A nil pointer means that the object
// does not exist. Placement of rules and the last accepted forms are read back from here, so that a restart changes nothing.
type Owned struct {
	ConfigSecret   *corev1.Secret
	ConfigManifest *corev1.Secret
	RuleShards     []*corev1.ConfigMap // sorted by shard number
	RulesManifest  *corev1.ConfigMap
	StatefulSets   []*appsv1.StatefulSet // sorted by the shard that ShardOf tells
	Services       []*corev1.Service
	Secrets        []*corev1.Secret // all other owned Secrets: parts, TLS assets, web configuration, last known good
}

// PublishedConfig is the manifest of the configuration as it stands, empty where there is none or it can't be read.
func (o *Owned) PublishedConfig() contract.Manifest {
	if o.ConfigManifest == nil {
		return contract.Manifest{}
	}
	return readable(o.ConfigManifest.Data[contract.ManifestKey])
}

// PublishedRules is the same of the rules.
func (o *Owned) PublishedRules() contract.Manifest {
	if o.RulesManifest == nil {
		return contract.Manifest{}
	}
	return readable([]byte(o.RulesManifest.Data[contract.ManifestKey]))
}

func readable(manifest []byte) contract.Manifest {
	m, err := contract.DecodeManifest(manifest)
	if err != nil {
		return contract.Manifest{} // written anew, a configuration's under a new salt
	}
	return m
}

// Report is what the two sidecars of one pod said last. A nil pointer means that this sidecar has not answered.
type Report struct {
	Config *contract.Loaded
	Rules  *contract.Loaded
}

// ReloaderTimes are the times of the sidecars that users may set: how often they look beneath inotify, how long a reload may take,
// and how long they wait before a refused set is tried again.
var ReloaderTimes = []string{"watch-interval", "reload-timeout", "retry-interval"}

// ReloaderTimeAnnotation, with one of ReloaderTimes behind it, sets that time for one Prometheus, such as
// promloop.dev/reloader-watch-interval: 5s.
const ReloaderTimeAnnotation = "promloop.dev/reloader-"

// Options are the operator's own settings, from its flags.
type Options struct {
	// ConfigReloaderImage is the image of config-reloader and of the init container (--prometheus-config-reloader).
	ConfigReloaderImage string
	// RulesReloaderImage is the image of rules-reloader (--config-reloader-image).
	RulesReloaderImage string
	// ReloaderResources are the requests and limits of each sidecar (--config-reloader-cpu, --config-reloader-memory and
	// their newer split forms).
	ReloaderResources corev1.ResourceRequirements
	// ReloaderTimes are times of the sidecars by their names in ReloaderTimes; one that is absent is the sidecars' own
	// (--reloader-watch-interval and so on).
	ReloaderTimes map[string]time.Duration
	// ForeignReloaders is true when the sidecars don't know the contract: rules are then read from their volume.
	ForeignReloaders bool
	// PrometheusBaseImage is used when neither image nor baseImage is set, for example quay.io/prometheus/prometheus.
	PrometheusBaseImage string
	// ThanosBaseImage is the same for the Thanos sidecar.
	ThanosBaseImage string
	// RuleShards is the number of rule ConfigMaps that every pod mounts (--rule-shards).
	RuleShards int
	// ConfigParts is the number of Secrets that a configuration may spread over, the first included.
	ConfigParts int
	// AssetShards is the number of TLS asset Secrets that every pod mounts.
	AssetShards int
	// Labels and Annotations are put on every object that the operator makes (--labels, --annotations).
	Labels      map[string]string
	Annotations map[string]string
	// ClusterDomain is appended to service names where a full name is needed (--cluster-domain).
	ClusterDomain string
	// LocalHost is the name that sidecars reach Prometheus under (--localhost).
	LocalHost string
	// AlwaysManaged has the configuration written even where no selector of scrape objects is set
	// (--disable-unmanaged-prometheus-configuration).
	AlwaysManaged bool
	// FeatureGates are those of upstream's gates that are not left at their default (--feature-gates); ask Enabled.
	FeatureGates map[string]bool
}
