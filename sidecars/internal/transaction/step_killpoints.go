//go:build killpoints

package transaction

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

type moment string

const (
	stepBefore moment = "before"
	stepAfter  moment = "after"
)

// step kills this process at the point that RELOADER_KILL_AT names, such as after-Flip or before-Post.
func step(m moment, a Action) {
	name := strings.TrimPrefix(fmt.Sprintf("%T", a), "transaction.")
	if string(m)+"-"+name == os.Getenv("RELOADER_KILL_AT") {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
