package nodelet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/util/cert"
)

// serve starts what there is of a kubelet's API: containers' logs, which the apiserver fetches for kubectl logs.
func (n *Node) serve(ctx context.Context) error {
	certificate, key, err := cert.GenerateSelfSignedCertKey(n.options.Name, []net.IP{net.ParseIP(NodeIP)}, nil)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(NodeIP, "0"))
	if err != nil {
		return err
	}
	n.port = int32(listener.Addr().(*net.TCPAddr).Port)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.serveLogs)
	server := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
		BaseContext: func(net.Listener) context.Context { return n.ctx }}
	go func() {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			n.log("serving logs", err)
		}
	}()
	context.AfterFunc(n.ctx, func() { server.Close() })
	return nil
}

// serveLogs understands kubectl's --tail, --previous and --follow.
func (n *Node) serveLogs(w http.ResponseWriter, r *http.Request) {
	pod, container := Pod{Namespace: r.PathValue("namespace"), Name: r.PathValue("pod")}, r.PathValue("container")
	path, err := n.logPath(pod, container, r.FormValue("previous") == "true")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest) // whose text the apiserver passes on
		return
	}
	file, err := os.Open(path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	io.WriteString(w, tail(string(text), r.FormValue("tailLines")))
	if r.FormValue("follow") == "true" {
		follow(r.Context(), w, file)
	}
}

// follow passes on what is added to the file until the reader goes.
func follow(ctx context.Context, w http.ResponseWriter, file *os.File) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	every(ctx, 200*time.Millisecond, 0, func() {
		if _, err := io.Copy(w, file); err != nil {
			stop()
		}
		_ = http.NewResponseController(w).Flush() // the next write tells that the reader is gone
	})
}

// tail returns the last lines of a text, all of it if there is no number.
func tail(text, lines string) string {
	n, err := strconv.Atoi(lines)
	if err != nil {
		return text
	}
	all := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	text = strings.Join(all[max(0, len(all)-n):], "")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// Logs returns what a container has printed since it was started last.
func (n *Node) Logs(pod Pod, name string) (string, error) {
	path, err := n.logPath(pod, name, false)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// logPath finds the log of a container's newest instance, or of the one before.
func (n *Node) logPath(pod Pod, name string, previous bool) (path string, err error) {
	err = n.inspect(pod, func(w *worker) error {
		c, err := w.container(name)
		if err != nil {
			return err
		}
		instance := c.restarts
		if previous {
			if instance--; instance < 0 {
				return fmt.Errorf("container %q of pod %s has not been restarted", name, pod)
			}
		}
		path = w.logPath(name, instance)
		return nil
	})
	return path, err
}

func (w *worker) logPath(container string, instance int) string {
	return w.path(filepath.Join("logs", container, strconv.Itoa(instance)+".log"))
}
