// Package webhooks answers admission reviews of every kind, on every replica of the operator. It decodes, asks the judges that the
// reconciler asks too, and says all that is wrong in one answer. It never changes anything: what gets past it is judged again.
package webhooks
