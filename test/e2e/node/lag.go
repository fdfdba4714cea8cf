package node

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// StartLaggingKubelet starts the kubelet behind a proxy that holds back what the API server tells it about Secrets and ConfigMaps, as
// a watch does that has fallen behind. The kubelet must be stopped; stop it again before calling end.
func (n *Node) StartLaggingKubelet(lag time.Duration) (end func() error, err error) {
	config := n.cluster.Config()
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1, // watches stream
		ModifyResponse: func(r *http.Response) error {
			if watchesVolumes(r.Request) {
				r.Body = late(r.Body, lag)
			}
			return nil
		},
	}}
	go func() { _ = server.Serve(listener) }() // ends with Close
	kubeconfig := filepath.Join(n.dir, "lagging.kubeconfig")
	if err := clientcmd.WriteToFile(kubeconfigFor("http://"+listener.Addr().String()), kubeconfig); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server.Close, n.startKubeletWith(kubeconfig)
}

func watchesVolumes(r *http.Request) bool {
	watch := r.URL.Query().Get("watch")
	return (watch == "true" || watch == "1") && (strings.HasSuffix(r.URL.Path, "/secrets") || strings.HasSuffix(r.URL.Path, "/configmaps"))
}

func kubeconfigFor(server string) clientcmdapi.Config {
	const name = "lagging"
	return clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: server}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name}},
		CurrentContext: name,
	}
}

// late gives what comes out of body, each piece as much later as lag says.
func late(body io.ReadCloser, lag time.Duration) io.ReadCloser {
	type piece struct {
		text []byte
		due  time.Time
	}
	reader, writer := io.Pipe()
	pieces := make(chan piece, 1<<10)
	go func() {
		defer close(pieces)
		buffer := make([]byte, 32<<10)
		for {
			n, err := body.Read(buffer)
			if n > 0 {
				pieces <- piece{bytes.Clone(buffer[:n]), time.Now().Add(lag)}
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		for p := range pieces {
			<-time.After(time.Until(p.due))
			_, _ = writer.Write(p.text) // nobody reads after Close, and the body ends then
		}
		_ = writer.Close()
	}()
	return struct {
		io.Reader
		io.Closer
	}{reader, closers{reader, body}}
}

type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
