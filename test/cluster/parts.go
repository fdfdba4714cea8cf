package cluster

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// partsEnv names a directory that has the parts already; nothing is built then.
const partsEnv = "PROMLOOP_PARTS"

// Part is one program of a cluster, built from a pinned module.
type Part struct {
	Name    string
	Module  string // directory below that of the modules
	Package string
	Version string   // shown while it is built
	Flags   []string // of go build
	Slow    string   // what to expect of a cold build on two cores, "" if not worth a word
}

// The Kubernetes parts say v0.0.0 without their version, and version checks then go wrong. Prometheus is built without the
// discovery mechanisms that need cloud vendors' libraries.
var (
	kubernetesFlags = []string{"-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion=" + kubernetesVersion}
	prometheusFlags = []string{"-tags", "netgo,remove_all_sd,enable_kubernetes_sd",
		"-ldflags", "-s -w -X github.com/prometheus/common/version.Version=" + prometheusVersion}
)

const (
	etcdVersion       = "v3.7.3"
	kubernetesVersion = "v1.37.2"
	prometheusVersion = "3.16.0"
)

func parts() []Part {
	kubernetes := func(name, slow string) Part {
		return Part{Name: name, Module: "kubernetes", Package: "k8s.io/kubernetes/cmd/" + name, Version: kubernetesVersion,
			Flags: kubernetesFlags, Slow: slow}
	}
	prometheus := func(name, slow string) Part {
		return Part{Name: name, Module: "prometheus", Package: "github.com/prometheus/prometheus/cmd/" + name,
			Version: prometheusVersion, Flags: prometheusFlags, Slow: slow}
	}
	return []Part{
		{Name: "etcd", Module: "etcd", Package: "go.etcd.io/etcd/server/v3", Version: etcdVersion, Slow: "about 1 minute"},
		kubernetes("kube-apiserver", "about 6 minutes"),
		kubernetes("kube-controller-manager", "about 1 minute"),
		kubernetes("kubectl", ""),
		prometheus("prometheus", "about 2 minutes"),
		prometheus("promtool", ""),
	}
}

// Parts returns the directory that holds etcd, kube-apiserver, kube-controller-manager, kubectl, prometheus and promtool.
// What is not there is built first, from the modules below parts/, with progress written to log. The directory lies in
// $PROMLOOP_CACHE, by default promloop/parts in the user's cache directory, and is named after everything that goes into the
// programs. A second caller waits for the first. $PROMLOOP_PARTS names a directory to be used as it is.
func Parts(ctx context.Context, log io.Writer) (string, error) {
	if dir := os.Getenv(partsEnv); dir != "" {
		return dir, nil
	}
	modules, err := modulesDir()
	if err != nil {
		return "", err
	}
	return Build(ctx, modules, parts(), log)
}

// Build returns the directory that holds the programs of all, built from the modules below modules as Parts builds its own.
func Build(ctx context.Context, modules string, all []Part, log io.Writer) (string, error) {
	key, err := partsKey(ctx, modules, all)
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, key)
	unlock, err := lock(ctx, dir+".lock", log)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	// Under another name until it is whole: an interrupted build leaves nothing that looks finished.
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	if err := buildAll(ctx, modules, partial, all, log); err != nil {
		return "", err
	}
	return dir, os.Rename(partial, dir)
}

func cacheDir() (string, error) {
	dir := os.Getenv("PROMLOOP_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no directory for built programs, set PROMLOOP_CACHE to one: %w", err)
		}
		dir = filepath.Join(user, "promloop", "parts")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// modulesDir finds parts/ beside this source file. Modules below a package can't be embedded in it.
func modulesDir() (string, error) {
	_, source, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(source), "parts")
	if _, err := os.Stat(dir); err != nil || !filepath.IsAbs(dir) {
		return "", fmt.Errorf("no %s: run this program from the checkout it was built in, built without -trimpath, or set %s",
			dir, partsEnv)
	}
	return dir, nil
}

// partsKey is a digest of everything that decides what the programs are.
func partsKey(ctx context.Context, modules string, all []Part) (string, error) {
	version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its version: %w", err)
	}
	digest := sha256.New()
	fmt.Fprintf(digest, "%s%v", version, all)
	for _, p := range all {
		for _, name := range []string{"go.mod", "go.sum"} {
			content, err := os.ReadFile(filepath.Join(modules, p.Module, name))
			if err != nil {
				return "", err
			}
			digest.Write(content)
		}
	}
	return hex.EncodeToString(digest.Sum(nil))[:16], nil
}

// lock takes the lock file, waiting for whoever has it. The kernel gives it back if we die.
func lock(ctx context.Context, path string, log io.Writer) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	look := time.NewTicker(200 * time.Millisecond) // a waiting flock(2) could not be interrupted
	defer look.Stop()
	for told := false; unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil; told = true {
		if !told {
			fmt.Fprintln(log, "waiting for another run that is building the parts")
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, ctx.Err()
		case <-look.C:
		}
	}
	return func() { file.Close() }, nil
}

func buildAll(ctx context.Context, modules, dir string, all []Part, log io.Writer) error {
	for i, p := range all {
		fmt.Fprintf(log, "building %s %s (%d/%d) …", p.Name, p.Version, i+1, len(all))
		if p.Slow != "" {
			fmt.Fprintf(log, " takes %s the first time", p.Slow)
		}
		began := time.Now()
		args := append([]string{"-C", filepath.Join(modules, p.Module), "build", "-o", filepath.Join(dir, p.Name)}, p.Flags...)
		if err := goTool(ctx, append(args, p.Package)...); err != nil {
			fmt.Fprintln(log)
			return fmt.Errorf("building %s: %w", p.Name, err)
		}
		fmt.Fprintf(log, " · %s\n", time.Since(began).Round(time.Second))
	}
	return nil
}

// GoBuild builds the packages of the module in moduleDir into dir, as static programs. It is meant for a Prepare.
func GoBuild(ctx context.Context, moduleDir, dir string, packages ...string) error {
	return goTool(ctx, append([]string{"-C", moduleDir, "build", "-o", dir + "/"}, packages...)...)
}

// goTool runs go without cgo and outside of any workspace. Its error carries the last lines that go wrote.
func goTool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, lastLines(string(output), 30))
	}
	return nil
}

func lastLines(text string, n int) string {
	var lines []string
	for scan := bufio.NewScanner(strings.NewReader(text)); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
