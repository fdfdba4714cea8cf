package world

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Source is the kind of object that a Reference points at.
type Source string

// The two kinds of objects that hold referenced values.
const (
	FromSecret    Source = "Secret"
	FromConfigMap Source = "ConfigMap"
)

// Reference names one value in a Secret or ConfigMap.
type Reference struct {
	Source    Source
	Namespace string
	Name      string
	Key       string
}

// String names the reference in messages: kind, namespace/name and key.
func (r Reference) String() string {
	return fmt.Sprintf("%s %s/%s key %q", r.Source, r.Namespace, r.Name, r.Key)
}

// SecretKey is the reference of a selector in an object of namespace.
func SecretKey(namespace string, s corev1.SecretKeySelector) Reference {
	return Reference{Source: FromSecret, Namespace: namespace, Name: s.Name, Key: s.Key}
}

// ConfigMapKey is the reference of a selector in an object of namespace.
func ConfigMapKey(namespace string, s corev1.ConfigMapKeySelector) Reference {
	return Reference{Source: FromConfigMap, Namespace: namespace, Name: s.Name, Key: s.Key}
}

// Value is the content of a referenced key. It never prints itself.
type Value struct {
	bytes []byte
}

// NewValue wraps the content of a key.
func NewValue(b []byte) Value { return Value{bytes: b} }

// Reveal returns the content. Only what goes into a published Secret, or is compared with what a server presents, may ask for it.
func (v Value) Reveal() []byte { return v.bytes }

// String hides the content from every format verb and log.
func (v Value) String() string { return "[hidden]" }

// GoString hides the content from %#v.
func (v Value) GoString() string { return "[hidden]" }

// Values are the referenced keys as far as they could be read.
type Values struct {
	found   map[Reference]Value
	unknown map[Reference]error
}

// NewValues takes what was read, and what could not be read for a reason other than its absence.
func NewValues(found map[Reference]Value, unknown map[Reference]error) Values {
	return Values{found: found, unknown: unknown}
}

// Get returns the value of r. It tells a key that does not exist (MissingError) from one that could not be read just now
// (UnknownError): the first is the user's to mend, the second keeps what was rendered before.
func (v Values) Get(r Reference) (Value, error) {
	if value, ok := v.found[r]; ok {
		return value, nil
	}
	if err, ok := v.unknown[r]; ok {
		return Value{}, &UnknownError{Reference: r, Err: err}
	}
	return Value{}, &MissingError{Reference: r}
}

// Incomplete reports whether something could not be read for a reason other than its absence.
func (v Values) Incomplete() bool { return len(v.unknown) > 0 }

// MissingError says that a referenced key does not exist.
type MissingError struct{ Reference Reference }

func (e *MissingError) Error() string {
	return e.Reference.String() + " does not exist or may not be read"
}

// UnknownError says that a referenced key could not be read just now.
type UnknownError struct {
	Reference Reference
	Err       error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s can't be read just now: %v", e.Reference, e.Err)
}

func (e *UnknownError) Unwrap() error { return e.Err }
