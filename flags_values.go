package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/promloop/promloop/internal/world"
)

// The forms of flags with several values. Nothing at all is no value, as upstream has it.

// list parses a,b,c into into.
func list(into *[]string) func(string) error {
	return func(value string) error {
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*into = append(*into, item)
			}
		}
		return nil
	}
}

// each parses names a,b,c into what they stand for.
func each[T any](into *[]T, known map[string]T) func(string) error {
	return func(value string) error {
		var names []string
		if err := list(&names)(value); err != nil {
			return err
		}
		for _, name := range names {
			meaning, found := known[name]
			if !found {
				return fmt.Errorf("%q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			}
			*into = append(*into, meaning)
		}
		return nil
	}
}

// pairs parses a=b,c=d into into.
func pairs(into map[string]string) func(string) error {
	return func(value string) error {
		if value == "" {
			return nil
		}
		for pair := range strings.SplitSeq(value, ",") {
			key, val, ok := strings.Cut(strings.TrimSpace(pair), "=")
			if !ok || key == "" {
				return fmt.Errorf("%q is not of the form key=value", pair)
			}
			into[key] = val
		}
		return nil
	}
}

// gates parses a=true,b=false into into, where all are upstream's.
func gates(into map[string]bool) func(string) error {
	return func(value string) error {
		said := map[string]string{}
		if err := pairs(said)(value); err != nil {
			return err
		}
		for name, text := range said {
			if _, known := world.FeatureGates()[name]; !known {
				return fmt.Errorf("there is no feature gate %q; there are %s", name, gatesByDefault())
			}
			on, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("%q of the feature gate %s is not true or false", text, name)
			}
			into[name] = on
		}
		return nil
	}
}

// gatesByDefault shows the defaults as the flag takes them.
func gatesByDefault() string {
	var out []string
	for name, on := range world.FeatureGates() {
		out = append(out, fmt.Sprintf("%s=%t", name, on))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}
