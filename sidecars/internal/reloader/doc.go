// Package reloader is the program that both commands are: flags and environment to options, options to parts, parts to a
// group of goroutines of which the first to return stops all.
package reloader
