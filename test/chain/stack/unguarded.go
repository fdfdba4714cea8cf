package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promloop/promloop/test/cluster"
)

// WithoutEnv names the guard, by the id of its fault, that an unguarded operator works without.
const WithoutEnv = "PROMLOOP_WITHOUT"

// guard is a few words of the operator's source without which a fault strikes.
type guard struct{ id, file, old, new string }

// guards can be taken out of the program that BuildUnguarded makes: the switches are in the test, not in the product.
var guards = []guard{
	{"A9", "internal/rules/judge.go", "	c := collector{group: group, rule: ruleName(r.Record, r.Alert)}\n",
		"	if guardless(\"A9\") {\n		return nil\n	}\n	c := collector{group: group, rule: ruleName(r.Record, r.Alert)}\n"},
	{"A12", "internal/rules/item.go", "file: FileName(rule.Namespace, rule.Name)",
		"file: FileName(rule.Namespace, rule.Name+suffixGuardless(\"A12\", rule.Generation))"},
	{"A13", "internal/contract/manifest.go", "		m.Generation = max(last.Generation+1, now.UnixMilli())\n",
		"		m.Generation = max(last.Generation+1, now.UnixMilli())\n		if guardless(\"A13\") {\n			m.Generation = int64(m.Digest[0])<<8 + int64(m.Digest[1])\n		}\n"},
	{"B14", "internal/delivery/delivery.go", "		return Refused\n	}\n	return Pending\n", "		return Refused\n	}\n	if guardless(\"B14\") {\n		return Loaded\n	}\n	return Pending\n"},
	{"B15", "internal/delivery/poke.go", "	if sincePoke < wait {", "	if sincePoke < wait || guardless(\"B15\") && next.Attempt > 1 {"},
	{"B16", "controllers/prometheus_controller.go", "m.unpatchable, err = err.Error(), nil", "m.unpatchable = err.Error()\n			if !guardless(\"B16\") {\n				err = nil\n			}"},
	{"B17", "internal/delivery/poke.go", "return \"\", wait - sincePoke", "return \"\", unlessGuardless(\"B17\", wait-sincePoke)"},
	{"B18", "internal/delivery/poke.go", "	wait := floor\n", "	wait := unlessGuardless(\"B18\", floor)\n"},
	{"B21", "internal/plan/drift.go", "		if have == nil {\n			out = append(out, want)\n", "		if have == nil {\n			if !guardless(\"B21\") {\n				out = append(out, want)\n			}\n"},
	{"B22", "internal/plan/shrink.go", "2*step.next.Count < step.last.Count", "2*step.next.Count < step.last.Count && !guardless(\"B22\")"},
	{"B23", "internal/promconfig/sections.go", "	case w.Options.ForeignReloaders:\n", "	case w.Options.ForeignReloaders || guardless(\"B23\"):\n"},
	{"D43", "internal/workload/pod.go", "if !b.options.ForeignReloaders {", "if !b.options.ForeignReloaders && !guardless(\"D43\") {"},
	{"E45", "internal/plan/drift.go", "if !same(have, want) {", "if !same(have, want) || guardless(\"E45\") {"},
	{"E46", "controllers/prometheus_controller.go", "r.poke(ctx, w, pl.Delivery.Pokes, m)", "r.poke(ctx, w, pl.Delivery.Pokes[:keptGuardless(\"E46\", !publishes(pl.Writes), len(pl.Delivery.Pokes))], m)"},
	{"E48", "controllers/apply.go", "	content, err := runtime.", "	if guardless(\"E48\") {\n		o.SetResourceVersion(\"\")\n	}\n	content, err := runtime."},
	{"E49", "controllers/queue.go", "	for _, err := range errs {\n", "	for _, err := range errs {\n		if err != nil && guardless(\"E49\") {\n			return ctrl.Result{}, nil\n		}\n"},
	{"E50", "internal/rules/flags.go", "value > configMapBytes) {", "value > configMapBytes) && !guardless(\"E50\") {"},
	{"E51", "internal/promconfig/inspect.go", "	in.faults = append(in.faults, Fault{Path: in.where()", "	if guardless(\"E51\") {\n		return\n	}\n	in.faults = append(in.faults, Fault{Path: in.where()"},
	{"E52", "internal/plan/lastgood.go", "	if w.Options.ForeignReloaders {\n", "	if w.Options.ForeignReloaders || guardless(\"E52\") {\n"},
	{"E53", "internal/delivery/ledger.go", "Known: len(d.Pods) >= replicas", "Known: len(d.Pods) >= replicas || guardless(\"E53\")"},
	{"E54", "internal/delivery/delivery.go", "	case report == nil:\n", "	case report == nil && guardless(\"E54\"):\n		return Loaded\n	case report == nil:\n"},
	{"E55", "internal/delivery/release.go", "	case p.Report == nil:\n", "	case p.Report == nil && guardless(\"E55\"):\n		return 0\n	case p.Report == nil:\n"},
}

// switches is a file that every package with a guard gets.
const switches = `package %s

import (
	"os"
	"strconv"
	"strings"
)

func guardless(id string) bool { return os.Getenv("PROMLOOP_WITHOUT") == id }

func unlessGuardless[T any](id string, value T) (zero T) {
	if guardless(id) {
		return zero
	}
	return value
}

func keptGuardless(id string, drop bool, n int) int {
	if drop && guardless(id) {
		return 0
	}
	return n
}

func publishes[T interface{ GetName() string }](objects []T) bool {
	for _, o := range objects {
		if strings.HasSuffix(o.GetName(), "-manifest") {
			return true
		}
	}
	return false
}

func suffixGuardless(id string, n int64) string {
	if !guardless(id) {
		return ""
	}
	return "-" + strconv.FormatInt(n, 10)
}
`

// BuildUnguarded is the cluster.Prepare that tests of faults need beside Build: an operator whose guards can be switched off, one
// by one, by WithoutEnv.
func BuildUnguarded(ctx context.Context, dir string) error {
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "building an operator whose guards can be taken out")
	texts, err := withoutGuards(root)
	if err != nil {
		return err
	}
	copies := filepath.Join(dir, "unguarded-source")
	if err := os.MkdirAll(copies, 0o755); err != nil {
		return err
	}
	replace := map[string]string{}
	for path, text := range texts {
		replace[path] = filepath.Join(copies, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(replace[path], []byte(text), 0o644); err != nil {
			return err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	file := filepath.Join(copies, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		return err
	}
	return cluster.GoBuild(ctx, root, filepath.Join(dir, "bin", "unguarded"), "-overlay", file, ".")
}

// withoutGuards are the files of the operator that differ, by their paths.
func withoutGuards(root string) (map[string]string, error) {
	texts := map[string]string{}
	for _, g := range guards {
		path := filepath.Join(root, g.file)
		if texts[path] == "" {
			source, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			texts[path] = string(source)
		}
		if n := strings.Count(texts[path], g.old); n != 1 {
			return nil, fmt.Errorf("the guard of %s stands %d times in %s, want once: %q", g.id, n, g.file, g.old)
		}
		texts[path] = strings.Replace(texts[path], g.old, g.new, 1)
	}
	for _, path := range slices.Collect(maps.Keys(texts)) {
		dir := filepath.Dir(path)
		texts[filepath.Join(dir, "zz_switches.go")] = fmt.Sprintf(switches, filepath.Base(dir))
	}
	return texts, nil
}

func unguarded(name string) string { return filepath.Join(cluster.Dir(), "bin", "unguarded", name) }
