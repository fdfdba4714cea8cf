package promconfig

import (
	"github.com/promloop/promloop/api/v1alpha1"
)

// discoveries are all ways of finding targets that a ScrapeConfig has. The API's types are written as they are.
type discoveries struct {
	Static       []v1alpha1.StaticConfig         `yaml:"static_configs"`
	File         []v1alpha1.FileSDConfig         `yaml:"file_sd_configs"`
	HTTP         []v1alpha1.HTTPSDConfig         `yaml:"http_sd_configs"`
	Kubernetes   []v1alpha1.KubernetesSDConfig   `yaml:"kubernetes_sd_configs"`
	Consul       []v1alpha1.ConsulSDConfig       `yaml:"consul_sd_configs"`
	DNS          []v1alpha1.DNSSDConfig          `yaml:"dns_sd_configs"`
	EC2          []v1alpha1.EC2SDConfig          `yaml:"ec2_sd_configs"`
	Azure        []v1alpha1.AzureSDConfig        `yaml:"azure_sd_configs"`
	GCE          []v1alpha1.GCESDConfig          `yaml:"gce_sd_configs"`
	OpenStack    []v1alpha1.OpenStackSDConfig    `yaml:"openstack_sd_configs"`
	DigitalOcean []v1alpha1.DigitalOceanSDConfig `yaml:"digitalocean_sd_configs"`
	Kuma         []v1alpha1.KumaSDConfig         `yaml:"kuma_sd_configs"`
	Eureka       []v1alpha1.EurekaSDConfig       `yaml:"eureka_sd_configs"`
	Docker       []v1alpha1.DockerSDConfig       `yaml:"docker_sd_configs"`
	Linode       []v1alpha1.LinodeSDConfig       `yaml:"linode_sd_configs"`
	Hetzner      []v1alpha1.HetznerSDConfig      `yaml:"hetzner_sd_configs"`
	Nomad        []v1alpha1.NomadSDConfig        `yaml:"nomad_sd_configs"`
	DockerSwarm  []v1alpha1.DockerSwarmSDConfig  `yaml:"dockerswarm_sd_configs"`
	PuppetDB     []v1alpha1.PuppetDBSDConfig     `yaml:"puppetdb_sd_configs"`
	LightSail    []v1alpha1.LightSailSDConfig    `yaml:"lightsail_sd_configs"`
	OVHCloud     []v1alpha1.OVHCloudSDConfig     `yaml:"ovhcloud_sd_configs"`
	Scaleway     []v1alpha1.ScalewaySDConfig     `yaml:"scaleway_sd_configs"`
	Ionos        []v1alpha1.IonosSDConfig        `yaml:"ionos_sd_configs"`
}

func discoveriesOf(spec *v1alpha1.ScrapeConfigSpec) discoveries {
	return discoveries{
		Static:       spec.StaticConfigs,
		File:         spec.FileSDConfigs,
		HTTP:         spec.HTTPSDConfigs,
		Kubernetes:   inRolesThatHaveNodes(spec.KubernetesSDConfigs),
		Consul:       spec.ConsulSDConfigs,
		DNS:          spec.DNSSDConfigs,
		EC2:          spec.EC2SDConfigs,
		Azure:        spec.AzureSDConfigs,
		GCE:          spec.GCESDConfigs,
		OpenStack:    spec.OpenStackSDConfigs,
		DigitalOcean: spec.DigitalOceanSDConfigs,
		Kuma:         spec.KumaSDConfigs,
		Eureka:       spec.EurekaSDConfigs,
		Docker:       spec.DockerSDConfigs,
		Linode:       spec.LinodeSDConfigs,
		Hetzner:      spec.HetznerSDConfigs,
		Nomad:        spec.NomadSDConfigs,
		DockerSwarm:  spec.DockerSwarmSDConfigs,
		PuppetDB:     spec.PuppetDBSDConfigs,
		LightSail:    spec.LightSailSDConfigs,
		OVHCloud:     spec.OVHCloudSDConfigs,
		Scaleway:     spec.ScalewaySDConfigs,
		Ionos:        spec.IonosSDConfigs,
	}
}

// inRolesThatHaveNodes leaves attachMetadata out where Prometheus refuses it: for all but pods and endpoints.
func inRolesThatHaveNodes(configs []v1alpha1.KubernetesSDConfig) []v1alpha1.KubernetesSDConfig {
	var out []v1alpha1.KubernetesSDConfig
	for _, c := range configs {
		switch c.Role {
		case v1alpha1.KubernetesRolePod, v1alpha1.KubernetesRoleEndpoint, v1alpha1.KubernetesRoleEndpointSlice:
		default:
			c.AttachMetadata = nil
		}
		out = append(out, c)
	}
	return out
}
