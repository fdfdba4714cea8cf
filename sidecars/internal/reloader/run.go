package reloader

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// Version is set when the binary is built.
var Version = "dev"

// Main runs one reloader until the context ends and returns the exit status. Only the version goes to out, all else to errs.
func Main(ctx context.Context, domain contract.Domain, args []string, env func(string) (string, bool), out, errs io.Writer) int {
	o, err := Parse(domain, args, env, errs)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(errs, "%s-reloader: %v\n", domain, err)
		return 2
	case o.ShowVersion:
		fmt.Fprintln(out, Version)
		return 0
	}
	log := newLogger(o, errs)
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
	log.Info("started", "domain", o.Domain, "version", Version, "watching", strings.Join(p.watcher.Dirs, " "), "prometheus", p.client.Base.Redacted())
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
