package main

import (
	"flag"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/promloop/promloop/controllers"
)

// apiServer are the flags that say where the API server is, and who speaks to it.
type apiServer struct {
	address, as string
	tls         rest.TLSClientConfig
}

func (a *apiServer) flags(fs *flag.FlagSet) {
	fs.StringVar(&a.address, "apiserver", "", "URL of the API server; without it KUBECONFIG or the pod's service account says where it is")
	fs.StringVar(&a.as, "as", "", "user to impersonate")
	fs.StringVar(&a.tls.CertFile, "cert-file", "", "client certificate, for --apiserver")
	fs.StringVar(&a.tls.KeyFile, "key-file", "", "its key")
	fs.StringVar(&a.tls.CAFile, "ca-file", "", "who vouches for the certificate of --apiserver")
	fs.BoolVar(&a.tls.Insecure, "tls-insecure", false, "don't verify the certificate of --apiserver")
}

// withoutEffect names the flags that were given and need another one.
func (a *apiServer) withoutEffect() []string {
	if t := a.tls; a.address == "" && (t.Insecure || t.CertFile+t.KeyFile+t.CAFile != "") {
		return []string{"--cert-file, --key-file, --ca-file, --tls-insecure: they are for --apiserver, which is not given"}
	}
	return nil
}

// config says where the API server is.
func (a *apiServer) config() (*rest.Config, error) {
	config := &rest.Config{Host: a.address, TLSClientConfig: a.tls}
	if a.address == "" {
		var err error
		if config, err = ctrl.GetConfig(); err != nil {
			return nil, err
		}
	}
	if a.as != "" {
		config.Impersonate.UserName = a.as
	}
	// The API server's own fairness paces the operator; the client's is there against a runaway loop.
	config.QPS, config.Burst = 200, 400
	config.Wrap(controllers.CountRequests)
	return config, nil
}
