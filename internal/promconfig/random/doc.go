// Package random draws Prometheus specs and scrape objects for property tests. Every field of the API that the configuration is
// made of is drawn, by reflection, so that a field that is added later is drawn too. What is drawn is valid: Prometheus takes it.
package random
