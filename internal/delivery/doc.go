// Package delivery decides, from the sets that are wanted and what each pod's sidecars reported, which pods have loaded them,
// which pods to poke, and when to look again. It never takes silence for success.
package delivery
