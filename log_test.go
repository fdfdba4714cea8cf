package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
)

// Log pipelines look for the keys and spellings of upstream's lines.
func TestLinesOfTheLog(t *testing.T) {
	cases := map[string]struct {
		settings settings
		want     string // a regular expression of all that is written
	}{
		"Info":  {settings{logLevel: "info", logFormat: "logfmt"}, `^ts=\d{4}-\S+Z level=info msg=hello level=mine\nts=\S+Z level=error msg=ouch err=broken\n$`},
		"Debug": {settings{logLevel: "debug", logFormat: "logfmt"}, `level=debug msg=detail`},
		"All":   {settings{logLevel: "all", logFormat: "logfmt"}, `level=debug msg=detail`},
		"Error": {settings{logLevel: "error", logFormat: "json"}, `^\{"ts":"[^"]+Z","level":"error","msg":"ouch","err":"broken"\}\n$`},
		"None":  {settings{logLevel: "none", logFormat: "logfmt"}, `^$`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log, err := newLogger(tc.settings, &out)
			if err != nil {
				t.Fatal(err)
			}
			log.Info("hello", "level", "mine")
			log.V(1).Info("detail")
			log.Error(errors.New("broken"), "ouch")
			if !regexp.MustCompile(tc.want).MatchString(out.String()) {
				t.Errorf("want %s, got %s", tc.want, out.String())
			}
		})
	}
}

func TestUnknownLogSettings(t *testing.T) {
	for _, s := range []settings{{logLevel: "loud", logFormat: "json"}, {logLevel: "info", logFormat: "xml"}} {
		if _, err := newLogger(s, nil); err == nil || !strings.Contains(err.Error(), "it takes") {
			t.Errorf("%s and %s: %v must say what the flag takes", s.logLevel, s.logFormat, err)
		}
	}
}
