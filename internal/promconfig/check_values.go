package promconfig

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	"github.com/promloop/promloop/api/intstr"
	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func (in *inspector) duration(text string) {
	if text == "" {
		return
	}
	if _, err := model.ParseDuration(text); err != nil {
		in.fault(InvalidDuration, "%q is no duration such as 30s or 1m30s", text)
	}
}

// durationOr is a duration, or a default where it is not set or can't be read.
func durationOr(d *v1.Duration, or string) model.Duration {
	if parsed, err := model.ParseDuration(string(ptr.Deref(d, ""))); err == nil {
		return parsed
	}
	parsed, _ := model.ParseDuration(or)
	return parsed
}

var sizePattern = regexp.MustCompile(`^([0-9]{0,18}(?:\.[0-9]{1,18})?)((?:[KMGTPE]i?)?)B$`)

// byteSize is a size in bytes, in powers of 1024 with or without the i, and -1 where Prometheus can't read it: its numbers have 18
// digits, and it counts bytes in 63 bits.
func byteSize(size v1.ByteSize) float64 {
	if size == "" || size == "0" {
		return 0
	}
	parts := sizePattern.FindStringSubmatch(string(size))
	if parts == nil {
		return -1
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return -1
	}
	for _, unit := range "KMGTPE" {
		if parts[2] == "" {
			break
		}
		number *= 1024
		if string(unit) == parts[2][:1] {
			break
		}
	}
	if number >= 1<<63 {
		return -1
	}
	return number
}

func (in *inspector) size(size *v1.ByteSize) {
	if byteSize(*size) < 0 {
		in.fault(InvalidSize, "%q is no size below 8EB such as 512MB or 1.5GiB", *size)
	}
}

// port takes what can be the port of a container: its number or its name.
func (in *inspector) port(port *intstr.IntOrString) {
	if port == nil {
		return
	}
	if port.Type == intstr.Verbatim || port.IntVal < 0 || port.IntVal > 65535 {
		in.fault(InvalidField, "%.40s is no port, which is a number from 1 to 65535 or a name", port)
	}
}

func (in *inspector) nativeHistograms(c *v1.NativeHistogramConfig) {
	if factor := c.NativeHistogramMinBucketFactor; factor != nil {
		if _, ok := quantity(*factor); !ok {
			in.at("nativeHistogramMinBucketFactor", func() { in.fault(InvalidField, "%.40q is no quantity such as 1.1 or 1100m", factor) })
		}
	}
}

// hugeExponent is one that takes resource.ParseQuantity for ever, such as that of 1e-2147483647.
var hugeExponent = regexp.MustCompile(`[eE][+-]?[0-9]{3}`)

// quantity is the number that a quantity of Kubernetes stands for.
func quantity(v intstr.IntOrString) (float64, bool) {
	text := v.String()
	if len(text) > 64 || hugeExponent.MatchString(text) {
		return 0, false
	}
	q, err := resource.ParseQuantity(text)
	return q.AsApproximateFloat64(), err == nil
}

// url takes addresses of the given schemes, or of HTTP.
func (in *inspector) url(text string, schemes ...string) {
	if text == "" {
		return // told where it is needed
	}
	if len(schemes) == 0 {
		schemes = []string{"http", "https"}
	}
	u, err := url.Parse(text)
	if err != nil {
		in.fault(InvalidURL, "%v", err)
		return
	}
	if !slices.Contains(schemes, u.Scheme) || u.Host == "" {
		in.fault(InvalidURL, "%q is no address such as http://example.com", text)
	}
}

func (in *inspector) selector(s *metav1.LabelSelector) {
	if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
		in.fault(InvalidSelector, "%v", err)
	}
}

// labelNames inspects the names of labels that the user sets.
func (in *inspector) labelNames(labels map[string]string, scheme model.ValidationScheme) {
	for _, name := range sortedKeys(labels) {
		if !scheme.IsValidLabelName(name) {
			in.fault(InvalidLabel, "%q is no label name", name)
		}
	}
}

// targetLabels are judged by the version of Prometheus alone, whatever names are asked for.
func (in *inspector) targetLabels(labels map[string]string) {
	in.labelNames(labels, in.labelScheme(""))
}

func (in *inspector) optionalSecretKey(sel **corev1.SecretKeySelector) {
	if *sel != nil && (*sel).Name != "" { // old API servers filled in an empty one
		in.secretKey(*sel)
	}
}

func (in *inspector) secretKey(sel *corev1.SecretKeySelector) {
	in.reference(world.SecretKey(in.namespace, *sel))
}

func (in *inspector) configMapKey(sel *corev1.ConfigMapKeySelector) {
	in.reference(world.ConfigMapKey(in.namespace, *sel))
}

func (in *inspector) secretOrConfigMap(sel *v1.SecretOrConfigMap) {
	if sel.Secret != nil && sel.ConfigMap != nil {
		in.fault(InvalidClient, "set either secret or configMap, not both")
	}
}

// reference notes what the object refers to, and whether it can be read. A name that no object can have gets the same words as
// one that does not exist.
func (in *inspector) reference(r world.Reference) {
	if len(validation.IsDNS1123Subdomain(r.Name)) > 0 || len(validation.IsConfigMapKey(r.Key)) > 0 {
		in.fault(MissingReference, "%v", &world.MissingError{Reference: r})
		return
	}
	in.refs = append(in.refs, r)
	if in.lookup == nil {
		return
	}
	value, err := in.lookup(r)
	var unknown *world.UnknownError
	switch {
	case errors.As(err, &unknown):
		in.fault(UnknownReference, "%v", err)
	case err != nil:
		in.fault(MissingReference, "%v", err)
	case !utf8.Valid(value.Reveal()):
		in.fault(InvalidText, "%v is not UTF-8 text", r)
	}
}
