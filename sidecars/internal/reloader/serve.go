package reloader

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/promloop/promloop/sidecars/internal/report"
)

// serve answers for the report until the context ends.
func (p *parts) serve(ctx context.Context) error {
	if p.options.ListenAddress == "" {
		<-ctx.Done()
		return nil
	}
	config, err := p.options.Web.tls()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.options.ListenAddress)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	server := &http.Server{
		Handler:           p.board.Handler(p.extra, p.options.Web.authorized()),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10,
		BaseContext:    func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (p *parts) extra() report.Extra {
	return report.Extra{Watch: p.watcher.Stats(), Version: p.options.Version, Method: p.options.ReloadMethod}
}

// tls returns nil for plain HTTP. Certificates are read again for every connection: rotation needs no restart.
func (w Web) tls() (*tls.Config, error) {
	if w.CertFile == "" {
		if w.ClientCAFile != "" {
			return nil, errors.New("--web-client-ca-file needs --web-cert-file")
		}
		return nil, nil
	}
	if _, err := w.connection(nil); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: w.connection}, nil
}

func (w Web) connection(*tls.ClientHelloInfo) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(w.CertFile, w.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate of the report: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	if w.ClientCAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(w.ClientCAFile)
	if err != nil {
		return nil, err
	}
	config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", w.ClientCAFile)
	}
	return config, nil
}

// authorized checks the bearer token, read anew each time; nil lets everybody. An unreadable or empty token lets nobody.
func (w Web) authorized() func(*http.Request) bool {
	if w.TokenFile == "" {
		return nil
	}
	return func(r *http.Request) bool {
		data, err := os.ReadFile(w.TokenFile)
		want := strings.TrimSpace(string(data))
		have, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(have))
		return err == nil && bearer && want != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
	}
}
