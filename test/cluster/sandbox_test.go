package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// roleEnv has the test binary play a program that enters a sandbox of its own, inside the one of the tests.
const roleEnv = "PROMLOOP_TEST_ROLE"

// The roles. Each gets its sandbox before it is called.
var roles = map[string]func(){
	"exit": func() { os.Exit(7) },
	// order ends when asked to, and says so.
	"order": func() {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		fmt.Println("ready")
		<-asked
		fmt.Println("ended in order")
		os.Exit(3)
	},
	// parent has a child that holds the standard output and does not end by itself.
	"parent": func() {
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), roleEnv+"=order")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		forever()
	},
	// door serves at the node's address and shows it outside.
	"door": func() {
		go http.ListenAndServe(nodelet.NodeIP+":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "from inside "+r.URL.Path)
		}))
		fmt.Println(cluster.Expose(nodelet.NodeIP + ":80"))
		forever()
	},
	"directory": func() {
		fmt.Println(cluster.Dir(), os.TempDir() == cluster.Dir(), os.Getpid())
		os.Exit(0)
	},
}

// forever blocks until the process is ended. Waiting for a signal is what the runtime does not take for a deadlock.
func forever() {
	never := make(chan os.Signal, 1)
	signal.Notify(never, syscall.SIGUSR2)
	<-never
}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(roleEnv)]; role != nil {
		cluster.Enter()
		role()
	}
	cluster.Main(m)
}

// inRole is the test binary in a role, outside any sandbox as far as it knows.
func inRole(t *testing.T, role string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "PROMLOOP_SANDBOX=")
	cmd.Stderr = os.Stderr
	return cmd
}

// started starts a role and returns it with a reader of its output, from which the first line has been read.
func started(t *testing.T, role string) (cmd *exec.Cmd, output *bufio.Reader, line string) {
	t.Helper()
	cmd = inRole(t, role)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	output = bufio.NewReader(pipe)
	line, err = output.ReadString('\n')
	if err != nil {
		t.Fatalf("the role %s said nothing: %v", role, err)
	}
	return cmd, output, strings.TrimSpace(line)
}

func TestExitStatusPassesThrough(t *testing.T) {
	t.Parallel()
	cmd := inRole(t, "exit")
	_ = cmd.Run() // its status is what counts
	if got := cmd.ProcessState.ExitCode(); got != 7 {
		t.Errorf("the program inside exited with 7, outside it is %d", got)
	}
}

func TestSignalsReachTheInside(t *testing.T) {
	t.Parallel()
	cmd, output, _ := started(t, "order")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(output)
	if got := string(rest); got != "ended in order\n" {
		t.Errorf("after SIGTERM the inside said %q", got)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 3 {
		t.Errorf("the exit status is %d, want 3", got)
	}
}

func TestNothingOutlivesTheOutside(t *testing.T) {
	t.Parallel()
	cmd, output, line := started(t, "parent")
	if line != "ready" {
		t.Fatalf("the child inside said %q", line)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, output) // ends when nobody holds the other end
		ended <- err
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("a process inside lives on after the outside was killed")
	}
}

func TestExposeLeadsInside(t *testing.T) {
	t.Parallel()
	_, _, line := started(t, "door")
	address, problem, _ := strings.Cut(line, " ")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/page", nil)
	if err != nil {
		t.Fatalf("%v; the inside said %s", err, problem)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if got := string(text); got != "from inside /page" || !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("%s answered %q", address, got)
	}
}

func TestDirectoryGoesWithTheRun(t *testing.T) {
	t.Parallel()
	output, err := inRole(t, "directory").Output()
	if err != nil {
		t.Fatal(err)
	}
	var dir, temp, pid string
	fmt.Sscan(string(output), &dir, &temp, &pid)
	if temp != "true" || pid != "1" {
		t.Errorf("temporary files go elsewhere (%s), or the program is process %s", temp, pid)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there after the run: %v", dir, err)
	}
}

func TestPartsSayTheirVersions(t *testing.T) {
	t.Parallel()
	dir, err := cluster.Parts(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ program, argument, want string }{
		{"etcd", "--version", "etcd Version: 3.7."},
		{"kube-apiserver", "--version", "Kubernetes v1.37.2"},
		{"kube-controller-manager", "--version", "Kubernetes v1.37.2"},
		{"prometheus", "--version", "version 3.16.0"},
		{"promtool", "--version", "version 3.16.0"},
	} {
		output, err := exec.CommandContext(t.Context(), dir+"/"+c.program, c.argument).CombinedOutput()
		if err != nil || !strings.Contains(string(output), c.want) {
			t.Errorf("%s says %q (%v), want %q", c.program, output, err, c.want)
		}
	}
}
