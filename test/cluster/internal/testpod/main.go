// Command testpod is the only program in the image that the nodelet's own tests run. It shows a test what a container sees.
//
//	testpod touch PATH            writes an empty file
//	testpod fail-once PATH        fails if there is no file at PATH, and makes it
//	testpod check PATH            fails if there is no file at PATH
//	testpod serve                 serves on :8080
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

const credentials = "/var/run/secrets/kubernetes.io/serviceaccount/"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testpod:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch args[0] {
	case "touch":
		return os.WriteFile(args[1], nil, 0o644)
	case "check":
		_, err := os.Stat(args[1])
		return err
	case "fail-once":
		if _, err := os.Stat(args[1]); err == nil {
			return nil
		}
		return errors.Join(os.WriteFile(args[1], nil, 0o644), errors.New("failing once, as told"))
	case "serve":
		fmt.Println("serving with arguments", args)
		return http.ListenAndServe(":8080", routes())
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func routes() http.Handler {
	var unready atomic.Bool
	mux := http.NewServeMux()
	answer := func(pattern string, f func(r *http.Request) (string, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			text, err := f(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			io.WriteString(w, text)
		})
	}
	answer("/args", func(*http.Request) (string, error) { return strings.Join(os.Args, " "), nil })
	answer("/env", func(r *http.Request) (string, error) { return os.Getenv(r.FormValue("name")), nil })
	answer("/file", func(r *http.Request) (string, error) {
		text, err := os.ReadFile(r.FormValue("path"))
		return string(text), err
	})
	answer("/write", func(r *http.Request) (string, error) {
		return "", os.WriteFile(r.FormValue("path"), []byte(r.FormValue("text")), 0o644)
	})
	answer("/list", func(r *http.Request) (string, error) {
		paths, err := filepath.Glob(r.FormValue("glob"))
		return strings.Join(paths, " "), err
	})
	answer("/signal", func(r *http.Request) (string, error) {
		pid, err := strconv.Atoi(r.FormValue("pid"))
		if err != nil {
			return "", err
		}
		return "", syscall.Kill(pid, 0)
	})
	answer("/ready", func(*http.Request) (string, error) {
		if unready.Load() {
			return "", errors.New("told to be unready")
		}
		return "ready", nil
	})
	answer("/be", func(r *http.Request) (string, error) {
		unready.Store(r.FormValue("ready") == "false")
		return "", nil
	})
	answer("/exit", func(r *http.Request) (string, error) {
		code, err := strconv.Atoi(r.FormValue("code"))
		if err == nil {
			os.Exit(code)
		}
		return "", err
	})
	answer("/apiserver", func(r *http.Request) (string, error) { return askAPIServer(r.FormValue("path")) })
	return mux
}

// askAPIServer makes a request the way every client inside a cluster does.
func askAPIServer(path string) (string, error) {
	ca, err := os.ReadFile(credentials + "ca.crt")
	if err != nil {
		return "", err
	}
	token, err := os.ReadFile(credentials + "token")
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	server := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+server+path, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.Status + " " + string(text), err
}
