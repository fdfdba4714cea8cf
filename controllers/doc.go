// Package controllers is the shell around the decisions in internal: it reads the cluster into a World, has it planned, writes what
// differs, and reports. It holds no rule of its own.
package controllers
