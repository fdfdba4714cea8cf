// Package selection decides which objects a Prometheus selects, and says of every other one why it does not. It looks at labels
// and namespaces only: whether a selected object is any good is for rules and promconfig to judge.
package selection
