// Package pattern weighs regular expressions before anybody compiles them. What Prometheus compiles can cost far more memory and time
// than its length: 80 KB of \pL half a gigabyte. A list of names weighs what it is long.
package pattern
