// Package world holds one Prometheus and everything that bears on it, at one instant, as plain values. The controllers fill it
// in by reading; every decision takes it and gives a value back. It has no client, no clock and no logger.
package world
