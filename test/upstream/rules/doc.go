// Package rules holds promloop's rule planning next to prometheus-operator's: the same objects, the same change, and what each does.
package rules
