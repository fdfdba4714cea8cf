package status

// Reasons of conditions, each explained in docs/kinds. Those of what is left out are verdicts: see selection, promconfig, rules and
// workload.
const (
	// Available, of a Prometheus, those of several shards with and between them.
	SomePodsNotReady    = "SomePodsNotReady"
	NoPodReady          = "NoPodReady"
	StatefulSetNotFound = "StatefulSetNotFound"
	and                 = "And"

	// Reconciled, of a Prometheus. But for the first it is True all the same; the others go from the gravest to the mildest.
	ReconciliationFailed   = "ReconciliationFailed"
	Paused                 = "Paused" // of Loaded too
	SomeObjectsRejected    = "SomeObjectsRejected"
	VolumeNotResized       = "VolumeNotResized"
	NoSelectedResources    = "NoSelectedResources"
	DeprecatedFieldsInUse  = "DeprecatedFieldsInUse"
	ConfigurationUnmanaged = "ConfigurationUnmanaged"
	IgnoredFields          = "IgnoredFields"

	// Loaded, of a Prometheus.
	Pending          = "Pending"
	Refused          = "Refused"
	PodsNotPatchable = "PodsNotPatchable"

	// Loaded, of both.
	NoReport = "NoReport" // a replica does not say what it has loaded

	// Accepted, Loaded and Ready, of a selectable object.
	Accepted         = "Accepted"
	NotSelected      = "NotSelected"
	LoadedEverywhere = "LoadedEverywhere"
	Reconciling      = "Reconciling"
	Delivering       = "Delivering"
	Ready            = "Ready"
)
