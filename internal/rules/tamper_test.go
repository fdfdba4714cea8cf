package rules_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/promloop/promloop/internal/rules"
)

// Whatever somebody else does to the ConfigMaps, one plan mends it, and what a planner remembers does not mislead it.
func TestTamperedConfigMapsAreMended(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		for range rapid.IntRange(1, 8).Draw(t, "length") {
			before := view(h.data())
			for range rapid.IntRange(1, 3).Draw(t, "at once") {
				h.tamper()
			}
			if rapid.Bool().Draw(t, "change too") {
				h.change()
				before = nil
			}
			h.store(h.plan())
			h.store(h.plan()) // what found no room while a file was in two places finds it now
			places(t, h.data())
			for name, content := range before {
				now := view(h.data())[name]
				if now == "" && content != "" && !h.quarantined(name) {
					t.Fatalf("%s is gone", name)
				}
			}
			for _, s := range h.plan().Shards {
				if s.Changed {
					t.Fatalf("shard %d is written again although nothing changed", s.Index)
				}
			}
		}
	})
}

// quarantined reports whether the file's object is refused in part or whole: its last accepted form lives in the ConfigMaps alone.
func (h *history) quarantined(file string) bool {
	for o := range h.planner.For(h.world(), h.selected()).Verdicts {
		if rules.FileName(o.Namespace, o.Name) == file {
			return true
		}
	}
	return false
}

// tamper changes one ConfigMap behind the operator's back.
func (h *history) tamper() {
	index := rapid.IntRange(0, h.shards-1).Draw(h.t, "tampered")
	data := map[string]string{}
	if cm := h.configMaps[index]; cm != nil {
		maps.Copy(data, cm.Data)
	}
	files := slices.Sorted(maps.Keys(view(h.data())))
	if len(files) == 0 {
		files = []string{"foreign.yaml"}
	}
	file := rapid.SampledFrom(files).Draw(h.t, "file")
	switch rapid.SampledFrom([]string{"delete", "copy", "remove", "spoil", "empty", "add"}).Draw(h.t, "tamper") {
	case "delete":
		delete(h.configMaps, index)
		return
	case "copy":
		data[file] = view(h.data())[file]
	case "remove":
		delete(data, file)
	case "spoil":
		data[file] = "groups: []"
	case "empty":
		data[file] = ""
	case "add":
		data["foreign.yaml"] = "groups: []"
	}
	h.write(rules.Shard{Index: index, Files: data})
}
