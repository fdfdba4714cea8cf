package random

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"sync"
	"time"

	"github.com/promloop/promloop/internal/world"
)

// additionalJobs shows forms of YAML that a user may write.
const additionalJobs = `
- job_name: self   # a comment
  scrape_interval: 15s
  honor_labels: yes
  sample_limit: 0x10
  params: {"match[]": ['{job="a"}', "b: c"]}
  static_configs:
  - targets: ["localhost:9090", 'other:80']
    labels:
      note: |
        two
        lines
      "on": "off"
  relabel_configs:
  - {source_labels: [a, b], separator: "", regex: 123, action: Drop}
- job_name: "hashed: by itself"
  static_configs: [{targets: []}]
  relabel_configs:
  - source_labels: [__address__]
    modulus: 2
    target_label: __tmp
    action: hashmod
`

// emptyKey holds nothing, which Prometheus takes for some references.
const emptyKey = "empty"

// SecretData is what every Secret holds.
var SecretData = sync.OnceValue(func() map[string][]byte {
	cert, key := certificate()
	return map[string][]byte{
		"user": []byte("jane"), emptyKey: {}, "password": []byte("pass: #1"), "strange": []byte("ü\n\"'\\{}"),
		"uuid":          []byte("00000000-0000-0000-0000-000000000002"),
		"jobs":          []byte(additionalJobs),
		"relabelings":   []byte("- {action: labeldrop, regex: x}\n- source_labels: [a]\n  target_label: b\n"),
		"alertmanagers": []byte("- static_configs:\n  - targets: [\"am:9093\"]\n  timeout: 5s\n"),
		"cert":          cert, "key": key,
	}
})

// ConfigMapData is what every ConfigMap holds.
var ConfigMapData = sync.OnceValue(func() map[string]string {
	return map[string]string{"client": "client-1", "ca": string(SecretData()["cert"])}
})

// Values are the referenced keys in all Namespaces.
func Values() world.Values {
	found := map[world.Reference]world.Value{}
	for _, namespace := range Namespaces {
		for key, data := range SecretData() {
			found[world.Reference{Source: world.FromSecret, Namespace: namespace, Name: SecretName, Key: key}] = world.NewValue(data)
		}
		for key, data := range ConfigMapData() {
			found[world.Reference{Source: world.FromConfigMap, Namespace: namespace, Name: ConfigMapName, Key: key}] = world.NewValue([]byte(data))
		}
	}
	return world.NewValues(found, nil)
}

// certificate makes a certificate that signs itself, and its key.
func certificate() (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}
