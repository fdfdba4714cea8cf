package reloader

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// Command is one reloader as it is called. Only the version goes to Out, all else to Errs.
type Command struct {
	Domain    contract.Domain
	Version   string // of this program
	Args      []string
	Env       func(string) (string, bool)
	Out, Errs io.Writer
}

// Main runs the reloader of domain as this process until that is told to end, and returns the exit status.
func Main(domain contract.Domain, version string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Command{Domain: domain, Version: version, Args: os.Args[1:], Env: os.LookupEnv, Out: os.Stdout, Errs: os.Stderr}.Run(ctx)
}

// Run works until the context ends and returns the exit status.
func (c Command) Run(ctx context.Context) int {
	o, err := Parse(c.Domain, c.Args, c.Env, c.Errs)
	o.Version = c.Version
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(c.Errs, "%s-reloader: %v\n", c.Domain, err)
		return 2
	case o.ShowVersion:
		fmt.Fprintln(c.Out, c.Version)
		return 0
	}
	log := newLogger(o, c.Errs)
	if err := Run(ctx, o, log); err != nil {
		log.Error("stopped", "err", err)
		return 1
	}
	return 0
}

// Run works until the context ends or one of its parts does.
func Run(ctx context.Context, o Options, log *slog.Logger) error {
	limitMemory(o)
	if o.Once {
		return stageOnce(ctx, o, log)
	}
	p, err := assemble(o, log)
	if err != nil {
		return err
	}
	log.Info("started", "domain", o.Domain, "version", o.Version, "watching", strings.Join(p.watcher.Dirs, " "), "prometheus", p.client.Base.Redacted())
	return group(ctx, p.serve, p.watch, p.drive)
}

// group runs all until the first returns, ends the others, and returns what went wrong.
func group(ctx context.Context, members ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(members))
	var all sync.WaitGroup
	for i, run := range members {
		all.Go(func() {
			defer cancel()
			errs[i] = run(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (p *parts) watch(ctx context.Context) error {
	return p.watcher.Run(ctx, func() {
		select {
		case p.changed <- struct{}{}:
		default: // it will look anyway
		}
	})
}

func (p *parts) drive(ctx context.Context) error { return p.driver.Run(ctx) }

// limitMemory makes the garbage collector work harder than usual: what we hold is small, and so are our limits.
func limitMemory(o Options) {
	debug.SetGCPercent(50)
	if limit, ok := memoryLimit(); ok && o.MemoryRatio > 0 {
		debug.SetMemoryLimit(int64(float64(limit) * o.MemoryRatio))
	}
}

// levels are the words of --log-level; two of them are upstream's.
var levels = map[string]slog.Level{
	"all": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	"none": slog.LevelError + 1,
}

func newLogger(o Options, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: levels[strings.ToLower(o.LogLevel)]}
	var handler slog.Handler = slog.NewTextHandler(out, options)
	if o.LogFormat == "json" {
		handler = slog.NewJSONHandler(out, options)
	}
	return slog.New(handler)
}
