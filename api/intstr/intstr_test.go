package intstr_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	k8sintstr "k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/api/intstr"
)

func TestEveryValueIsReadAndWrittenAsItStood(t *testing.T) {
	t.Parallel()
	verbatim := func(text string) intstr.IntOrString {
		return intstr.IntOrString{Type: intstr.Verbatim, StrVal: text}
	}
	for name, tc := range map[string]struct {
		reason, json string
		want         intstr.IntOrString
		text         string
	}{
		"Number":      {"it fits an int32", `9090`, intstr.FromInt32(9090), "9090"},
		"Zero":        {"it is a number, too", `0`, intstr.FromInt32(0), "0"},
		"Negative":    {"it is a number, too", `-1`, intstr.FromInt32(-1), "-1"},
		"Text":        {"it is kept", `"up == 0"`, intstr.FromString("up == 0"), "up == 0"},
		"Empty":       {"it is text", `""`, intstr.FromString(""), ""},
		"NumberAsTxt": {"text stays text", `"5000000000"`, intstr.FromString("5000000000"), "5000000000"},
		"Int32":       {"the largest that fits", `2147483647`, intstr.FromInt32(2147483647), "2147483647"},
		"Above":       {"one more does not fit", `2147483648`, verbatim("2147483648"), "2147483648"},
		"Below":       {"nor does one below", `-2147483649`, verbatim("-2147483649"), "-2147483649"},
		"Large":       {"PromQL reads it", `5000000000`, verbatim("5000000000"), "5000000000"},
		"Exponent":    {"it is a number, whatever its form", `1e+30`, verbatim("1e+30"), "1e+30"},
		"Fraction":    {"it is no int", `1.5`, verbatim("1.5"), "1.5"},
		"Bool":        {"it is neither", `true`, verbatim("true"), "true"},
		"Object":      {"it is neither", `{"a":[1,"b"]}`, verbatim(`{"a":[1,"b"]}`), `{"a":[1,"b"]}`},
		"Quantity":    {"quantities are never read here", `"1e-2147483647"`, intstr.FromString("1e-2147483647"), "1e-2147483647"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := intstr.FromString("of before")
			if err := json.Unmarshal([]byte(tc.json), &got); err != nil {
				t.Fatalf("%s, yet reading it fails: %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || got.String() != tc.text {
				t.Errorf("%s, yet it is read otherwise, as %q (-want +got):\n%s", tc.reason, got.String(), diff)
			}
			written, err := json.Marshal(struct{ V *intstr.IntOrString }{got.DeepCopy()})
			if err != nil || string(written) != `{"V":`+tc.json+`}` {
				t.Errorf("%s is written as %s: %v", tc.json, written, err)
			}
		})
	}
}

// What Kubernetes' own type reads means the same here.
func FuzzReadsWhatKubernetesReads(f *testing.F) {
	for _, seed := range []string{`1`, `"a"`, `5000000000`, `null`, `"\u2028<"`, `[1]`, ` 7 `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		var ours intstr.IntOrString
		if err := json.Unmarshal(data, &ours); err != nil {
			t.Fatalf("%s is not read: %v", data, err)
		}
		written, err := json.Marshal(ours)
		if err != nil {
			t.Fatalf("%s is not written: %v", data, err)
		}
		var theirs k8sintstr.IntOrString
		if json.Unmarshal(data, &theirs) != nil {
			return
		}
		want, err := json.Marshal(theirs)
		if err != nil || string(written) != string(want) || ours.String() != theirs.String() {
			t.Errorf("%s is written as %s; Kubernetes writes %s (%v)", data, written, want, err)
		}
	})
}

func TestALargeNumberInYAML(t *testing.T) {
	t.Parallel()
	var got struct{ Expr intstr.IntOrString }
	if err := yaml.UnmarshalStrict([]byte("expr: 5000000000\n"), &got); err != nil || got.Expr.String() == "" {
		t.Errorf("read as %q: %v", got.Expr.String(), err)
	}
}
