// Package intstr is a number or text in an object of a tenant: an expression, a port or a quantity.
//
// Reading one never fails, unlike intstr.IntOrString and resource.Quantity of Kubernetes. The schema lets more through
// than those read, and a value that can't be read fails the list that it is in: one object would hide all objects of its
// kind. What the value means is judged where it is used, for that object alone.
//
// +kubebuilder:object:generate=true
package intstr

import (
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// IntOrString holds a number that fits an int32 in IntVal, and everything else as text in StrVal.
type IntOrString intstr.IntOrString

// Verbatim is the type of a value that is neither an int32 nor a string: StrVal is its JSON, such as 5000000000.
const Verbatim intstr.Type = 2

// FromString is text.
func FromString(text string) IntOrString { return IntOrString(intstr.FromString(text)) }

// FromInt32 is a number.
func FromInt32(number int32) IntOrString { return IntOrString(intstr.FromInt32(number)) }

// String is the text, or the number as it is written.
func (v IntOrString) String() string {
	if v.Type == intstr.Int {
		return strconv.Itoa(int(v.IntVal))
	}
	return v.StrVal
}

// UnmarshalJSON takes every value.
func (v *IntOrString) UnmarshalJSON(data []byte) error {
	var read intstr.IntOrString
	if err := read.UnmarshalJSON(data); err != nil {
		read = intstr.IntOrString{Type: Verbatim, StrVal: string(data)}
	}
	*v = IntOrString(read)
	return nil
}

// MarshalJSON writes what was read.
func (v IntOrString) MarshalJSON() ([]byte, error) {
	if v.Type == Verbatim {
		return []byte(v.StrVal), nil
	}
	return intstr.IntOrString(v).MarshalJSON()
}
