package selection_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/selection"
	"github.com/promloop/promloop/internal/world"
)

// wish is what a selector asks of one label, and how to grant it.
type wish struct {
	met   func(value string, there bool) bool
	grant func(labels map[string]string)
}

// wishes draws a selector, with what it asks of each label.
func wishes(t *rapid.T, name string) (*metav1.LabelSelector, map[string]wish) {
	selector, asked := &metav1.LabelSelector{}, map[string]wish{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID).Draw(t, name) {
		operator := rapid.SampledFrom([]metav1.LabelSelectorOperator{"", "In", "NotIn", "Exists", "DoesNotExist"}).Draw(t, name+" "+key)
		set := func(labels map[string]string) { labels[key] = "1" }
		remove := func(labels map[string]string) { delete(labels, key) }
		isOne := func(value string, there bool) bool { return there && value == "1" }
		requirement := metav1.LabelSelectorRequirement{Key: key, Operator: operator}
		switch operator {
		case "":
			metav1.AddLabelToSelector(selector, key, "1")
			asked[key] = wish{isOne, set}
			continue
		case "In":
			requirement.Values, asked[key] = []string{"1"}, wish{isOne, set}
		case "NotIn":
			requirement.Values = []string{"1"}
			asked[key] = wish{func(value string, there bool) bool { return !isOne(value, there) }, remove}
		case "Exists":
			asked[key] = wish{func(_ string, there bool) bool { return there }, set}
		case "DoesNotExist":
			asked[key] = wish{func(_ string, there bool) bool { return !there }, remove}
		}
		selector.MatchExpressions = append(selector.MatchExpressions, requirement)
	}
	return selector, asked
}

var labelNamed = regexp.MustCompile(`(?:has|lacks) label (\w+)`)

// Whoever does what the reason says, label by label, gets the object selected: it names a label that differs, with its value, and
// the namespace's before the object's own.
func TestTheReasonNamesTheLabelThatDiffers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &v1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "main"}}
		var ofObject, ofNamespace map[string]wish
		p.Spec.RuleSelector, ofObject = wishes(t, "objects")
		p.Spec.RuleNamespaceSelector, ofNamespace = wishes(t, "namespaces")
		drawn := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.SampledFrom([]string{"1", "2"}), 0, 4)
		object, namespace := meta("team", drawn.Draw(t, "labels")), drawn.Draw(t, "namespace labels")
		s, err := selection.SelectorOf(p, world.PrometheusRule)
		if err != nil {
			t.Fatal(err)
		}
		for range len(ofObject) + len(ofNamespace) + 1 {
			verdict := s.Judge(&object, namespace)
			asked, labels, reason := ofObject, object.Labels, selection.OtherLabels
			if unmet(ofNamespace, namespace) != nil {
				asked, labels, reason = ofNamespace, namespace, selection.OtherNamespace
			}
			if differing := unmet(asked, labels); differing == nil {
				if !verdict.Accepted() {
					t.Fatalf("nothing differs, and yet: %+v", verdict)
				}
				return
			}
			if verdict.Reason != reason {
				t.Fatalf("want %s: %+v", reason, verdict)
			}
			checkReason(t, verdict, asked, labels)
		}
		t.Fatal("every label was put right, and the object is still not selected")
	})
}

// checkReason holds that a verdict names a label that differs, as it is, and grants what it asks for.
func checkReason(t *rapid.T, verdict world.Verdict, asked map[string]wish, labels map[string]string) {
	named := labelNamed.FindStringSubmatch(verdict.Message)
	if named == nil {
		t.Fatalf("no label is named: %+v", verdict)
	}
	value, there := labels[named[1]]
	want := fmt.Sprintf("lacks label %s,", named[1])
	if there {
		want = fmt.Sprintf("has label %s=%s,", named[1], value)
	}
	if !slices.Contains(unmet(asked, labels), named[1]) || !strings.Contains(verdict.Message, want) {
		t.Fatalf("the labels %v that differ are %v: %+v", labels, unmet(asked, labels), verdict)
	}
	asked[named[1]].grant(labels)
}

// unmet are the labels that are not as they are asked for.
func unmet(asked map[string]wish, labels map[string]string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if value, there := labels[key]; !asked[key].met(value, there) {
			out = append(out, key)
		}
	}
	return out
}
