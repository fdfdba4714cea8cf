package wire_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	theirsv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	oursv1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/test/upstream/wire"
)

// The comparisons are worth what they find, so that mistakes are planted here and have to be found.

func TestComparisonFindsPlantedSchemaMistakes(t *testing.T) {
	t.Parallel()
	theirs := readCRD(t, generateTheirs(t), "servicemonitors")
	cases := map[string]struct {
		reason string
		plant  func(crd *apiextensionsv1.CustomResourceDefinition)
		want   string
	}{
		"Renamed": {
			reason: "a wrong JSON tag loses what users wrote under the right one",
			plant: func(crd *apiextensionsv1.CustomResourceDefinition) {
				endpoint := endpointSchema(crd)
				endpoint.Properties["scrape_timeout"] = endpoint.Properties["scrapeTimeout"]
				delete(endpoint.Properties, "scrapeTimeout")
			},
			want: ".spec.endpoints[].scrapeTimeout: missing",
		},
		"Added": {
			reason: "a field of our own in spec is one that the other operator would drop",
			plant: func(crd *apiextensionsv1.CustomResourceDefinition) {
				endpointSchema(crd).Properties["extra"] = apiextensionsv1.JSONSchemaProps{Type: "string"}
			},
			want: ".spec.endpoints[].extra: not a field of theirs",
		},
		"OtherType": {
			reason: "a number where a string stood refuses existing objects",
			plant:  change("interval", func(p *apiextensionsv1.JSONSchemaProps) { p.Type = "integer" }),
			want:   ".spec.endpoints[].interval: type",
		},
		"NarrowerPattern": {
			reason: "existing objects may hold what a narrower pattern refuses",
			plant:  change("interval", func(p *apiextensionsv1.JSONSchemaProps) { p.Pattern = "^[0-9]+s$" }),
			want:   ".spec.endpoints[].interval: pattern",
		},
		"NarrowerEnum": {
			reason: "the lower-case forms are in use",
			plant:  change("scheme", func(p *apiextensionsv1.JSONSchemaProps) { p.Enum = p.Enum[:1] }),
			want:   ".spec.endpoints[].scheme: enum",
		},
		"Required": {
			reason: "an optional field must stay optional",
			plant: func(crd *apiextensionsv1.CustomResourceDefinition) {
				endpoint := endpointSchema(crd)
				endpoint.Required = append(endpoint.Required, "port")
			},
			want: ".spec.endpoints[]: required",
		},
		"Default": {
			reason: "another default changes what an object means",
			plant: change("path", func(p *apiextensionsv1.JSONSchemaProps) {
				p.Default = &apiextensionsv1.JSON{Raw: []byte(`"/metrics"`)}
			}),
			want: ".spec.endpoints[].path: default",
		},
		"Rule": {
			reason: "a validation rule more is a narrower schema",
			plant: change("path", func(p *apiextensionsv1.JSONSchemaProps) {
				p.XValidations = apiextensionsv1.ValidationRules{{Rule: "self != ''"}}
			}),
			want: ".spec.endpoints[].path: x-kubernetes-validations",
		},
		"ShortName": {
			reason: "people type the short names",
			plant:  func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Names.ShortNames = nil },
			want:   "names:",
		},
		"Subresource": {
			reason: "without the subresource a status write fails",
			plant:  func(crd *apiextensionsv1.CustomResourceDefinition) { crd.Spec.Versions[0].Subresources = nil },
			want:   "version v1: subresources",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours := withAgeColumn(theirs.DeepCopy())
			if found := wire.Compare(theirs, *ours); len(found) > 0 {
				t.Fatalf("the copy differs before anything was planted: %v", found)
			}
			tc.plant(ours)
			found := wire.Compare(theirs, *ours)
			if !slices.ContainsFunc(found, func(d string) bool { return strings.HasPrefix(d, tc.want) }) {
				t.Errorf("%s: %q not among %q", tc.reason, tc.want, found)
			}
		})
	}
}

func TestComparisonAllowsOurFieldsUnderStatus(t *testing.T) {
	t.Parallel()
	theirs := readCRD(t, generateTheirs(t), "servicemonitors")
	ours := withAgeColumn(theirs.DeepCopy())
	ours.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"].Properties["extra"] = apiextensionsv1.JSONSchemaProps{Type: "string"}
	if found := wire.Compare(theirs, *ours); len(found) > 0 {
		t.Errorf("status is where our fields lie, yet %v", found)
	}
}

func TestRoundTripFindsPlantedMistakes(t *testing.T) {
	t.Parallel()
	type renamed struct {
		Record string             `json:"record,omitempty"`
		Alert  string             `json:"name,omitempty"`
		Expr   intstr.IntOrString `json:"expr"`
	}
	type retyped struct {
		Alert string `json:"alert,omitempty"`
		Expr  string `json:"expr"`
	}
	type kept struct {
		oursv1.Rule `json:",inline"`
		Record      string `json:"record"`
	}
	rule := theirsv1.Rule{Alert: "Down", Expr: intstr.FromInt32(1)}
	cases := map[string]struct {
		reason string
		via    any
	}{
		"Renamed":   {reason: "a field under another name is lost", via: renamed{}},
		"Retyped":   {reason: "a number can't be read into a string", via: retyped{}},
		"Omitempty": {reason: "an empty field that was not there appears", via: kept{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if through(rule, tc.via, same) == "" {
				t.Errorf("%s, yet nothing was found", tc.reason)
			}
		})
	}
	if diff := through(rule, oursv1.Rule{}, same); diff != "" {
		t.Errorf("the type without a mistake differs: %s", diff)
	}
}

// A filler that leaves a field out proves nothing about it.
func TestAFullObjectHoldsEveryLeaf(t *testing.T) {
	t.Parallel()
	dir := generateTheirs(t)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			raw, err := json.Marshal(filler{}.new(k.theirs))
			if err != nil {
				t.Fatal(err)
			}
			schema := readCRD(t, dir, k.plural).Spec.Versions[0].Schema.OpenAPIV3Schema
			for _, path := range absent("", schema, plain(raw)) {
				t.Errorf("%s was left out", path)
			}
		})
	}
}

// absent lists the properties in a schema that a value does not have; lists and maps are judged by their first entries.
func absent(path string, schema *apiextensionsv1.JSONSchemaProps, value any) []string {
	var found []string
	switch value := value.(type) {
	case map[string]any:
		for name, property := range schema.Properties {
			v, ok := value[name]
			if !ok {
				found = append(found, path+"."+name)
				continue
			}
			found = append(found, absent(path+"."+name, &property, v)...)
		}
		if more := schema.AdditionalProperties; more != nil && more.Schema != nil {
			found = append(found, absent(path+".*", more.Schema, value["key-0"])...)
		}
	case []any:
		found = append(found, absent(path+"[]", schema.Items.Schema, value[0])...)
	}
	return found
}

func endpointSchema(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["endpoints"].Items.Schema
}

func change(field string, edit func(*apiextensionsv1.JSONSchemaProps)) func(*apiextensionsv1.CustomResourceDefinition) {
	return func(crd *apiextensionsv1.CustomResourceDefinition) {
		endpoint := endpointSchema(crd)
		property := endpoint.Properties[field]
		edit(&property)
		endpoint.Properties[field] = property
	}
}

// withAgeColumn writes out the column that a CRD without columns has.
func withAgeColumn(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinition {
	crd.Spec.Versions[0].AdditionalPrinterColumns = []apiextensionsv1.CustomResourceColumnDefinition{
		{Name: "Age", Type: "date", JSONPath: ".metadata.creationTimestamp"},
	}
	return crd
}
