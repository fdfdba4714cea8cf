package main

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/go-logr/logr"
)

// silent is above every level.
const silent slog.Level = math.MaxInt

// logLevels are upstream's.
var logLevels = map[string]slog.Level{
	"all": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	"none": silent,
}

// newLogger writes lines with the keys and spellings of upstream's, which log pipelines look for.
func newLogger(s settings, out io.Writer) (logr.Logger, error) {
	level, known := logLevels[strings.ToLower(s.logLevel)]
	if !known {
		return logr.Logger{}, fmt.Errorf("--log-level is %q: it takes all, debug, info, warn, error or none", s.logLevel)
	}
	if level == silent {
		out = io.Discard // logr passes errors on whatever the level
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: asUpstream}
	switch strings.ToLower(s.logFormat) {
	case "logfmt":
		return logr.FromSlogHandler(slog.NewTextHandler(out, options)), nil
	case "json":
		return logr.FromSlogHandler(slog.NewJSONHandler(out, options)), nil
	}
	return logr.Logger{}, fmt.Errorf("--log-format is %q: it takes logfmt or json", s.logFormat)
}

// asUpstream has the time as ts in UTC, and the level in lower case; logr's levels between info and debug count as debug.
func asUpstream(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch value := a.Value.Any().(type) {
	case time.Time:
		if a.Key == slog.TimeKey {
			return slog.String("ts", value.UTC().Format(time.RFC3339Nano))
		}
	case slog.Level:
		if a.Key == slog.LevelKey {
			return slog.String(slog.LevelKey, levelName(value))
		}
	}
	return a
}

func levelName(level slog.Level) string {
	if level < slog.LevelInfo {
		level = slog.LevelDebug
	}
	return strings.ToLower(level.String())
}
