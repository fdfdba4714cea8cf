// Package store keeps the sets of one domain in the output directory: complete, immutable generations, the link that
// Prometheus reads through, and the lock and the journal that both domains share. It is crash-safe: at every instant the
// link leads to a whole generation. It decides nothing.
package store
