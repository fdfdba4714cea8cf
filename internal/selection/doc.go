// Package selection decides which objects a Prometheus selects, and says of every other one why it does not.
package selection
