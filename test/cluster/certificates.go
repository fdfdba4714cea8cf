package cluster

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"github.com/promloop/promloop/test/cluster/nodelet"
)

// serviceAddress is the address of the Service default/kubernetes: the first of the range that the kube-apiserver takes by default.
const serviceAddress = "10.0.0.1"

// makeCertificates writes what envtest would: the kube-apiserver's certificate and the key that signs service account tokens. The
// certificate is good for the address of the Service, too, which is what pods are told to use. It returns the authority.
func makeCertificates(dir string) (authority []byte, err error) {
	chain, key, err := cert.GenerateSelfSignedCertKey("localhost",
		[]net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(nodelet.NodeIP), net.ParseIP(serviceAddress)},
		[]string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"})
	if err != nil {
		return nil, fmt.Errorf("making the kube-apiserver's certificate: %w", err)
	}
	_, authority = pem.Decode(chain) // what is left behind the certificate itself
	if len(authority) == 0 {
		return nil, errors.New("the kube-apiserver's certificate comes without its authority")
	}
	signer, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return nil, fmt.Errorf("making the key of service account tokens: %w", err)
	}
	for name, content := range map[string][]byte{
		"apiserver.crt": chain, "apiserver.key": key, "sa-signer.crt": signer, "sa-signer.key": signer,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return authority, nil
}
