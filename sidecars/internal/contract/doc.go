// Package contract is docs/contract.md in Go: the manifest, the release, the digests and the report that operator and
// sidecars share. It decides nothing and touches no file; the page is the source, this package follows it.
package contract

// Domain is one of the two things that are loaded, each as a whole.
type Domain string

// The domains.
const (
	Config Domain = "config"
	Rules  Domain = "rules"
)

// Names of the files that describe a set, beside it in its volume.
const (
	ManifestFile = "manifest.json"
	ReleaseFile  = "release.json"
)

// FallbackManifest is the manifest's name among the last known good sets, where both domains lie side by side.
func FallbackManifest(d Domain) string { return string(d) + "-" + ManifestFile }

// Reason says why a wanted set is not loaded. The zero Reason means nothing stands against it.
type Reason string

// Reasons to wait: the set may still be loaded.
const (
	Incomplete         Reason = "Incomplete"
	AssetsMissing      Reason = "AssetsMissing"
	NotReleased        Reason = "NotReleased"
	OtherVersion       Reason = "OtherVersion"
	OlderGeneration    Reason = "OlderGeneration"
	ManifestVersion    Reason = "ManifestVersion"
	PrometheusNotReady Reason = "PrometheusNotReady"
	LockBusy           Reason = "LockBusy"
	ReloadTimeout      Reason = "ReloadTimeout"
	Unreachable        Reason = "Unreachable"
	ReloadForbidden    Reason = "ReloadForbidden"
	ReloadNotFound     Reason = "ReloadNotFound"
	Unauthorized       Reason = "Unauthorized"
)

// Reasons to refuse: this set is not loaded until something changes.
const (
	Empty             Reason = "Empty"
	TooFew            Reason = "TooFew"
	TooLarge          Reason = "TooLarge"
	BadGzip           Reason = "BadGzip"
	EnvMissing        Reason = "EnvMissing"
	EnvUnsafe         Reason = "EnvUnsafe"
	PrometheusRefused Reason = "PrometheusRefused"
	RefusedElsewhere  Reason = "RefusedElsewhere"
)

// WriteFailed is the one fault of our own: the set could not be written to the output directory.
const WriteFailed Reason = "WriteFailed"
