// Package faults proves what docs/faults.md promises about the sidecars: each fault is put to a real Prometheus and the real
// binaries, on volumes that Kubernetes' own AtomicWriter writes, while a sampler looks for rules and targets that go missing.
//
// Every scenario runs twice. The second time its guard is taken out: the reloaders are built once more with a few lines of
// their source replaced, through the compiler's -overlay, or started with a setting that turns the guard off. The scenario has
// to fail then, so no test here passes for a reason of its own. Nothing of this is in the product.
package faults
