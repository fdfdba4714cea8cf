// Command config-reloader loads the configuration into Prometheus whenever a complete new set appears, and proves it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// version is set when the binary is built.
var version = "dev"

func main() {
	reloader.Version = version
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(reloader.Main(ctx, contract.Config, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}
