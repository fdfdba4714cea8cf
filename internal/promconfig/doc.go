// Package promconfig turns one Prometheus and the scrape objects that it selects into the configuration that Prometheus reads.
//
// Every object is inspected first (inspect.go): one walk over its fields finds what is wrong with it, what it refers to, and
// whether that can be read. What passes is then rendered without any further error. A Renderer keeps the text of an object until
// the object, what it refers to, or what it takes from the Prometheus changes.
//
// Values are written by one encoder (encode.go) from the API's own types. A field is written under its JSON name in snake case;
// where the configuration departs from that, and since which version of Prometheus it knows a directive, is data (directives.go).
package promconfig
