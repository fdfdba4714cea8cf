// Package snapshot is all we know of the volumes that a kubelet writes: a signal that a directory may have changed, and
// one consistent look at it. It knows names and bytes, and nothing of what they mean.
//
// A kubelet fills a new timestamped directory and then moves the symlink ..data to it; names beside ..data lead through it.
// So a View resolves ..data once and opens every file below what it found: it never sees half a change. A file that is gone
// by then means that the view is superseded, not that the set lost a file.
package snapshot
