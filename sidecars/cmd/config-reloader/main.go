// Command config-reloader loads the configuration into Prometheus whenever a complete new set appears, and proves it.
package main

import (
	"os"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/reloader"
)

// version is set when the binary is built.
var version = "dev"

func main() { os.Exit(reloader.Main(contract.Config, version)) }
