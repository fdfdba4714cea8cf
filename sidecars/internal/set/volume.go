package set

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/expand"
	"github.com/promloop/promloop/sidecars/internal/snapshot"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// maxDescription bounds the files that describe a set, in bytes; a ConfigMap holds at most 1 MiB.
const maxDescription = 1 << 20

// Volume is where the sets of one domain appear.
type Volume struct {
	Domain contract.Domain
	Dir    string
	// Key is the configuration's file when there is no manifest; "" in the domain of rules.
	Key string
	// AnyFile takes every file of a directory of rules for one, where none is copied.
	AnyFile bool
	// Watched directories are loaded by Prometheus as they are: a change in them makes another set of the same files.
	Watched []string
	// ReleaseFile is where the operator's release appears; "" means that everything is released.
	ReleaseFile string
	// CertsDir is where a configuration's assets are.
	CertsDir string
	// Manifest is the name of the manifest's file; "" is the usual.
	Manifest string
	// Required says that nothing is loaded without a manifest.
	Required bool
	Vars     expand.Vars
	// MaxBytes bounds a set, unpacked.
	MaxBytes int64
	// Current is where the committed set is; files that did not change are linked from there. "" is nowhere.
	Current func() string

	last look
}

// look is one consistent look at the volume and what was found.
type look struct {
	stamp    string
	manifest contract.Manifest
	parts    []contract.Part
	names    []string
	obs      transaction.Observation
}

// Observe looks at the volume. It returns snapshot.ErrSuperseded when that changed meanwhile.
func (v *Volume) Observe() (transaction.Observation, error) {
	stamp := snapshot.Stamp(v.Dir)
	view, err := snapshot.Open(v.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		v.last = look{}
		return incomplete("%s does not exist (yet)", v.Dir), nil
	}
	if err != nil {
		return transaction.Observation{}, err
	}
	defer view.Close()
	l := v.last
	if !view.Atomic() || !l.obs.Complete || l.stamp != stamp {
		if l, err = v.look(view); err != nil {
			return transaction.Observation{}, err
		}
	}
	l.stamp = stamp
	v.last = l
	return v.judgeOutside(view, l)
}

// look reads and checks everything in the view.
func (v *Volume) look(view *snapshot.View) (look, error) {
	name := cmp.Or(v.Manifest, contract.ManifestFile)
	data, err := view.ReadFile(name, maxDescription)
	if errors.Is(err, fs.ErrNotExist) && v.Required {
		return look{obs: incomplete("no %s in %s yet", name, v.Dir)}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return v.lookPlain(view)
	}
	if err != nil {
		return look{}, err
	}
	m, err := contract.ParseManifest(data, v.Domain)
	if err != nil {
		return look{obs: incomplete("%v", err)}, nil
	}
	l := look{manifest: m, obs: transaction.Observation{
		Set:         transaction.Set{Digest: m.Digest, Generation: m.Generation},
		HasManifest: true, ManifestVersion: m.Version, AcceptLower: m.AcceptLower,
		PrometheusVersion: m.PrometheusVersion, Staged: m.Staged(),
	}}
	if !m.Known() {
		return l, nil
	}
	problem, err := v.compare(view, &l)
	l.obs.Complete = problem == ""
	l.obs.Problem = transaction.Problem{}
	if problem != "" {
		l.obs.Problem = transaction.Problem{Reason: contract.Incomplete, Text: fmt.Sprintf("generation %d: %s", m.Generation, problem)}
	}
	return l, err
}

// compare says what is missing for the set to be the one that its manifest describes.
func (v *Volume) compare(view *snapshot.View, l *look) (string, error) {
	if v.Domain == contract.Rules {
		return v.compareRules(view, l)
	}
	return compareParts(view, l)
}

// lookPlain works without a manifest: the set is what is there.
func (v *Volume) lookPlain(view *snapshot.View) (look, error) {
	l := look{}
	digest, problem := "", ""
	var err error
	if v.Domain == contract.Rules {
		digest, err = v.digestRules(view, nil, &l)
	} else {
		digest, problem, err = v.digestPlain(view, &l)
	}
	if err != nil {
		return look{}, err
	}
	if problem != "" {
		return look{obs: incomplete("%s", problem)}, nil
	}
	l.obs.Digest, l.obs.Complete = digest, true
	return l, nil
}

// judgeOutside adds what does not lie in the set itself: its assets, the release, directories that are only watched.
func (v *Volume) judgeOutside(view *snapshot.View, l look) (transaction.Observation, error) {
	o := l.obs
	release, err := v.release(view)
	if err != nil {
		return o, err
	}
	o.Released = v.ReleaseFile == "" || o.Digest != "" && release.Digest(v.Domain) == o.Digest
	o.RefusedElsewhere = o.Digest != "" && slices.Contains(release.Refused, o.Digest)
	if missing := v.missingAssets(l.manifest); o.Complete && missing != "" {
		o.Complete = false
		o.Problem = transaction.Problem{Reason: contract.AssetsMissing, Text: fmt.Sprintf("generation %d: %s", o.Generation, missing)}
	}
	o.ID = v.id(o.Digest)
	return o, nil
}

// id names the generation of a digest: what is written depends on the values of variables, too.
func (v *Volume) id(digest string) string {
	if digest == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintln(h, digest)
	for _, name := range v.Vars.Names {
		value, set := v.Vars.Values[name]
		fmt.Fprintf(h, "%q %q %v\n", name, value, set)
	}
	for _, dir := range v.Watched {
		fmt.Fprintf(h, "%q %q\n", dir, snapshot.Stamp(dir))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// release reads the release through the same view where it lies in the same volume.
func (v *Volume) release(view *snapshot.View) (contract.Release, error) {
	if v.ReleaseFile == "" {
		return contract.Release{}, nil
	}
	var data []byte
	var err error
	if filepath.Dir(v.ReleaseFile) == filepath.Clean(v.Dir) {
		data, err = view.ReadFile(filepath.Base(v.ReleaseFile), maxDescription)
	} else {
		data, err = os.ReadFile(v.ReleaseFile)
	}
	if errors.Is(err, snapshot.ErrSuperseded) {
		return contract.Release{}, err
	}
	if err != nil {
		return contract.Release{}, nil // nothing is released
	}
	r, err := contract.ParseRelease(data)
	if err != nil {
		return contract.Release{}, nil
	}
	return r, nil
}

// openSeen opens a file that was there a moment ago: without it the set is no longer the one that was seen.
func openSeen(view *snapshot.View, name string) (*os.File, error) {
	f, err := view.OpenFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = snapshot.ErrSuperseded
	}
	return f, err
}

func (v *Volume) missingAssets(m contract.Manifest) string {
	for _, name := range m.Assets {
		info, err := os.Stat(filepath.Join(v.CertsDir, filepath.Base(name)))
		if err != nil || info.Size() == 0 {
			return fmt.Sprintf("asset %s is missing or empty in %s", name, v.CertsDir)
		}
	}
	return ""
}

func incomplete(format string, args ...any) transaction.Observation {
	return transaction.Observation{Problem: transaction.Problem{Reason: contract.Incomplete, Text: fmt.Sprintf(format, args...)}}
}
