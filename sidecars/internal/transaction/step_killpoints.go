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

// step kills or stops this process at the point that RELOADER_KILL_AT or RELOADER_STOP_AT names, such as after-Flip or
// before-Post.
func step(m moment, a Action) {
	name := string(m) + "-" + strings.TrimPrefix(fmt.Sprintf("%T", a), "transaction.")
	if name == os.Getenv("RELOADER_KILL_AT") {
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
