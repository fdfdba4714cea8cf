// Package loader has Prometheus' own loader, of the newest version and with its discoveries, judge what promconfig renders, and tells
// promconfig what Prometheus knows. It is a module of its own, since nothing that imports the loader can be tidied without an error: a
// dependency of its tests is missing.
package loader
