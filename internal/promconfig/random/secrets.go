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

// SecretData is what every Secret holds.
var SecretData = sync.OnceValue(func() map[string][]byte {
	cert, key := certificate()
	return map[string][]byte{
		"user": []byte("jane"), "password": []byte("pass: #1"), "strange": []byte("ü\n\"'\\{}"), "uuid": []byte("00000000-0000-0000-0000-000000000002"),
		"cert": cert, "key": key,
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
