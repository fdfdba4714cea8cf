// Package set knows what belongs to the set of a domain in its volume: which files, whether they are all there by their
// manifest, and how they become the files that Prometheus reads. Whether and when that happens is not decided here.
package set
