// Package certificates gives the webhook server its certificate. It makes one and renews it, and tells the API server whom to
// trust, or takes the one that somebody else keeps in a directory. Nothing of it needs a restart, and no call fails while a
// certificate or its authority is replaced.
package certificates
