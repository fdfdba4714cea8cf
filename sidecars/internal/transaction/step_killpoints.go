//go:build killpoints

package transaction

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

type moment string

const (
	stepBefore moment = "before"
	stepAfter  moment = "after"
)

// times is how often each point was passed.
var times = map[string]int{}

// step kills or stops this process at the point that RELOADER_KILL_AT or RELOADER_STOP_AT names, such as after-Flip,
// before-Post or, when it comes by for the second time, before-Post-2.
func step(m moment, a Action) {
	name := string(m) + "-" + strings.TrimPrefix(fmt.Sprintf("%T", a), "transaction.")
	times[name]++
	if kill := os.Getenv("RELOADER_KILL_AT"); name == kill || fmt.Sprint(name, "-", times[name]) == kill {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	if name == os.Getenv("RELOADER_STOP_AT") {
		_ = os.Unsetenv("RELOADER_STOP_AT")
		// To this very thread, so that nothing of the step is done before the stop.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGSTOP)
	}
}
