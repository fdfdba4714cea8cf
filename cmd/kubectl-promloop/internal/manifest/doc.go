// Package manifest reads Kubernetes objects from files, directories or a stream, and knows on which line each field of them stands.
package manifest
