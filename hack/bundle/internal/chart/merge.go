package chart

import (
	"errors"
	"fmt"
	"strings"
)

// guarded is text under a condition of Helm's.
func guarded(condition, text string) string {
	return "{{- if " + condition + " }}\n" + text + "{{- end }}\n"
}

// mergeAll makes one set of files of two: where condition holds they render as those of with, else as those of without.
func mergeAll(without, with map[string]string, condition string) (map[string]string, error) {
	merged := map[string]string{}
	for name, text := range with {
		if without[name] == "" {
			merged[name] = guarded(condition, text)
		}
	}
	var errs []error
	for name, text := range without {
		if with[name] == "" {
			merged[name] = guarded("not ("+condition+")", text)
			continue
		}
		var err error
		if merged[name], err = merge(text, with[name], condition); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return merged, errors.Join(errs...)
}

// merge puts the lines that with has beyond those of without under the condition.
func merge(without, with, condition string) (string, error) {
	var out, added strings.Builder
	flush := func() {
		if added.Len() > 0 {
			out.WriteString(guarded(condition, added.String()))
			added.Reset()
		}
	}
	rest := strings.SplitAfter(without, "\n")
	for line := range strings.Lines(with) {
		if line != rest[0] {
			added.WriteString(line)
			continue
		}
		flush()
		out.WriteString(line)
		rest = rest[1:]
	}
	flush()
	if len(rest) != 1 || rest[0] != "" {
		return "", fmt.Errorf("%q is changed or taken away, and lines can only be added", rest[0])
	}
	return out.String(), nil
}
