package expand_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
)

var vars = expand.Vars{Values: map[string]string{"POD_NAME": "pod-0", "EVIL": "a\"b", "ZONE": "eu/1a:x_y", "COLON": "a:"}, Names: []string{"POD_NAME", "SHARD", "EVIL", "ZONE", "COLON"}}

func TestCopyReplacesOnceAndOnlyWhatItMay(t *testing.T) {
	cases := map[string]struct {
		reason, in string
		strict     bool
		want       string
		refused    contract.Reason
	}{
		"Known":          {"an allowed name becomes its value", "x: $(POD_NAME)!", true, "x: pod-0!", ""},
		"SafeCharacters": {"these characters mean nothing to YAML", "$(ZONE)", true, "eu/1a:x_y", ""},
		"Escaped":        {"two dollar signs are the text itself", "$$(POD_NAME)", true, "$(POD_NAME)", ""},
		"ThreeDollars":   {"the first dollar sign stands for itself", "$$$(POD_NAME)", true, "$$(POD_NAME)", ""},
		"NoName":         {"relabelings and shells write these", "$1 ${2} $(a b) $(1a) $() $(", true, "$1 ${2} $(a b) $(1a) $() $(", ""},
		"AtTheEnd":       {"a dollar sign may be the last byte", "x$", true, "x$", ""},
		"UnknownLenient": {"without a manifest the text is nobody's promise", "$(HOME)", false, "$(HOME)", ""},
		"UnknownStrict":  {"with one, a literal would be loaded", "$(HOME)", true, "", contract.EnvMissing},
		"NotSet":         {"an allowed name without a value is a mistake in any case", "$(SHARD)", false, "", contract.EnvMissing},
		"EndsInColon":    {"in a list that makes a map of it", "- $(COLON)", false, "", contract.EnvUnsafe},
		"Unsafe":         {"a quote could end the scalar it stands in", "$(EVIL)", false, "", contract.EnvUnsafe},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := vars
			v.Strict = tc.strict
			var out strings.Builder
			err := v.Copy(&out, strings.NewReader(tc.in))
			if got := reasonOf(err); got != tc.refused {
				t.Fatalf("%s: refused %q (%v), want %q", tc.reason, got, err, tc.refused)
			}
			if tc.refused == "" && out.String() != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, out.String(), tc.want)
			}
			if err != nil && strings.Contains(err.Error(), vars.Values["EVIL"]) {
				t.Errorf("the message holds the value: %v", err)
			}
		})
	}
}

func reasonOf(err error) contract.Reason {
	if e, ok := errors.AsType[*expand.Error](err); ok {
		return e.Reason
	}
	return ""
}

// TestCopyDoesNotDependOnChunks reads the same text in pieces of any size, around the edges of every buffer.
func TestCopyDoesNotDependOnChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pad := strings.Repeat("y", rapid.IntRange(32<<10-300, 32<<10+10).Draw(t, "pad"))
		middle := rapid.SampledFrom([]string{"$(POD_NAME)", "$$(POD_NAME)", "$", "$(", "$(POD_NAME", strings.Repeat("$(POD_NAME)", 30)}).Draw(t, "middle")
		text := pad + middle + pad
		want := pad + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(middle, "$$(", "\x00("), "$(POD_NAME)", "pod-0"), "\x00(", "$(") + pad
		var out strings.Builder
		if err := vars.Copy(&out, &slow{text: text, n: rapid.IntRange(1, 5000).Draw(t, "chunk")}); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Fatalf("the text around %q changed", middle)
		}
	})
}

type slow struct {
	text string
	n    int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.n)], s.text)
	s.text = s.text[n:]
	return n, nil
}

func TestGunzipRefusesEveryTruncation(t *testing.T) {
	whole := zip(t, strings.Repeat("scrape_configs: []\n", 100))
	for n := 2; n < len(whole); n++ {
		r, err := expand.Gunzip("part", bytes.NewReader(whole[:n]))
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if reasonOf(err) != contract.BadGzip {
			t.Fatalf("cut to %d of %d bytes: %v, want BadGzip", n, len(whole), err)
		}
	}
}

func TestGunzipReadsMembersInARowAndPlainText(t *testing.T) {
	for _, stored := range [][]byte{append(zip(t, "a"), zip(t, "b")...), []byte("ab")} {
		r, err := expand.Gunzip("part", bytes.NewReader(stored))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != "ab" {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

func TestLimitHoldsExactly(t *testing.T) {
	for n, want := range map[int]contract.Reason{9: "", 10: "", 11: contract.TooLarge, 1000: contract.TooLarge} {
		_, err := io.Copy(io.Discard, expand.Limit(strings.NewReader(strings.Repeat("x", n)), 10))
		if reasonOf(err) != want {
			t.Errorf("%d bytes with a limit of 10: %v, want %q", n, err, want)
		}
	}
}

func TestCounterCountsItemsOfItsSection(t *testing.T) {
	cases := map[string]struct {
		reason, text string
		want         int
	}{
		"Plain":       {"one line, one item", "scrape_configs:\n- job_name: a\n- job_name: b\n", 2},
		"Indented":    {"items may be indented, what is in them is not counted", "scrape_configs:\n  - job_name: a\n    x:\n      - y\n    z:\n    - w\n  - job_name: b\n", 2},
		"OtherKeys":   {"only this section counts", "rule_files:\n- a\nscrape_configs:\n- job_name: a\nalerting:\n- b\n", 1},
		"EmptyList":   {"an empty list has no items", "scrape_configs: [] # none\n", 0},
		"Missing":     {"no section, no items", "global: {}\n", 0},
		"EmptyMap":    {"a map without keys has no section", "{}\n", 0},
		"Flow":        {"what is not written line by line is not guessed at", "scrape_configs: [{job_name: a}]\n", expand.Unknown},
		"Json":        {"the same for a whole document", `{"scrape_configs": []}`, expand.Unknown},
		"NoNewline":   {"the last line may lack its end", "scrape_configs:\n- job_name: a", 1},
		"Comment":     {"a comment in the first column ends nothing", "scrape_configs:\n- job_name: a\n# note\n\n- job_name: b\n", 2},
		"DashAlone":   {"the item may begin on the next line", "scrape_configs:\n-\n  job_name: a\n- job_name: b\n", 2},
		"Quoted":      {"a key may be quoted, lines may end as on Windows", "\"scrape_configs\":\r\n- job_name: a\r\n-\r\n  job_name: b\r\n", 2},
		"Anchor":      {"what stands behind the key may be anything", "scrape_configs: &all\n- job_name: a\n", expand.Unknown},
		"BlockScalar": {"text inside an item is deeper than the item", "scrape_configs:\n- job_name: |\n    - x\n    - y\n", 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1000} {
				c := expand.NewCounter("scrape_configs")
				if _, err := io.CopyBuffer(struct{ io.Writer }{c}, &slow{text: tc.text, n: size}, make([]byte, size)); err != nil {
					t.Fatal(err)
				}
				if got := c.Count(); got != tc.want {
					t.Errorf("%s: counted %d, want %d (in chunks of %d)", tc.reason, got, tc.want, size)
				}
			}
		})
	}
}

func FuzzGunzip(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add(zip(f, "text"))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, stored []byte) {
		const limit = 1 << 16
		r, err := expand.Gunzip("part", bytes.NewReader(stored))
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, expand.Limit(r, limit))
		if n > limit || err != nil && reasonOf(err) != contract.BadGzip && reasonOf(err) != contract.TooLarge {
			t.Fatalf("%d bytes came through a limit of %d: %v", n, limit, err)
		}
		if plain := !bytes.HasPrefix(stored, []byte{0x1f, 0x8b}); plain && err == nil && n != int64(len(stored)) {
			t.Fatalf("%d bytes of plain text became %d", len(stored), n)
		}
	})
}

// reference is what Copy does, on the whole text at once.
var reference = regexp.MustCompile(`\$(\$?)\(([A-Za-z_][A-Za-z0-9_]*)\)`)

func FuzzCopy(f *testing.F) {
	f.Add("a $(POD_NAME) $$(POD_NAME) $(", 7)
	f.Add("$$$(POD_NAME)$(HOME) $(1) $()", 1)
	f.Add("$(SHARD)", 3)
	f.Add("$(EVIL)", 100)
	f.Fuzz(func(t *testing.T, text string, chunk int) {
		var refused contract.Reason
		want := reference.ReplaceAllStringFunc(text, func(match string) string {
			m := reference.FindStringSubmatch(match)
			value, set := vars.Values[m[2]]
			switch {
			case len(match) > 250:
				t.Skip("longer than any name is looked for")
			case m[1] == "$":
				return match[1:]
			case refused != "":
			case m[2] == "EVIL", m[2] == "COLON":
				refused = contract.EnvUnsafe
			case set:
				return value
			case slices.Contains(vars.Names, m[2]):
				refused = contract.EnvMissing
			}
			return match
		})
		var out strings.Builder
		err := vars.Copy(&out, &slow{text: text, n: max(chunk, 1)})
		if reasonOf(err) != refused || err != nil && refused == "" {
			t.Fatalf("refused for %q (%v), want %q", reasonOf(err), err, refused)
		}
		if err == nil && out.String() != want {
			t.Fatalf("got %q, want %q", out.String(), want)
		}
	})
}

// FuzzCounter writes a text in pieces of any size: the count must not hang on them, nor ever be more than the lines.
func FuzzCounter(f *testing.F) {
	f.Add("scrape_configs:\n- job_name: a\n- job_name: b\n", 5)
	f.Add("scrape_configs: [{}]\n", 1)
	f.Fuzz(func(t *testing.T, text string, chunk int) {
		whole, pieces := expand.NewCounter("scrape_configs"), expand.NewCounter("scrape_configs")
		_, _ = io.WriteString(whole, text)
		_, _ = io.Copy(struct{ io.Writer }{pieces}, &slow{text: text, n: max(chunk, 1)})
		if a, b := whole.Count(), pieces.Count(); a != b || a > strings.Count(text, "\n")+1 {
			t.Fatalf("%d in one piece, %d in several", a, b)
		}
	})
}

func zip(t testing.TB, text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
