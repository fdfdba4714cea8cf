package chart

import (
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// markers are words that stand in an object for template actions until it is text: an object can hold no action, and text no paths.
type markers struct{ actions []string }

var (
	// word is replaced by its action wherever it stands.
	word = regexp.MustCompile(`MARKER-(\d+)-END`)
	// optionalLine is a key that is there only when the value is not empty.
	optionalLine = regexp.MustCompile(`(?m)^( *)(\w+): OPTIONAL-(\d+)-END$`)
	// moreItems are the items of a value, added to a list.
	moreItems = regexp.MustCompile(`(?m)^( *)- ITEMS-(\d+)-END$`)
)

func (m *markers) put(form, action string) string {
	m.actions = append(m.actions, action)
	return form + "-" + strconv.Itoa(len(m.actions)-1) + "-END"
}

// fill turns the markers of a text into actions.
func (m *markers) fill(text string) string {
	replace := func(pattern *regexp.Regexp, with func(groups []string) string) {
		text = pattern.ReplaceAllStringFunc(text, func(found string) string { return with(pattern.FindStringSubmatch(found)) })
	}
	action := func(index string) string {
		i, _ := strconv.Atoi(index) // the patterns match digits only
		return m.actions[i]
	}
	replace(word, func(g []string) string { return "{{ " + action(g[1]) + " }}" })
	replace(optionalLine, func(g []string) string {
		return g[1] + "{{- with " + action(g[3]) + " }}\n" + g[1] + g[2] + ": {{ toJson . }}\n" + g[1] + "{{- end }}"
	})
	replace(moreItems, func(g []string) string {
		return g[1] + "{{- range " + action(g[2]) + " }}\n" + g[1] + "- {{ quote . }}\n" + g[1] + "{{- end }}"
	})
	return text
}

// template is an object as a Helm template.
func (f facts) template(o tree.Object) ([]byte, error) {
	o = o.DeepCopy()
	m := &markers{}
	if o.GetKind() == "Deployment" {
		if err := f.parametrize(o, m); err != nil {
			return nil, err
		}
	}
	o.Object, _ = f.relocate(o.Object, m).(map[string]any)
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		return nil, err
	}
	filled := m.fill(escape(string(text)))
	for _, option := range f.Switches {
		if option.of(o) {
			filled = "{{- if .Values." + option.Value + ".enabled }}\n" + filled + "{{- end }}\n"
		}
	}
	return []byte(filled), nil
}

// relocate replaces the namespace wherever its name stands: in metadata, subjects, addresses of Services, arguments.
func (f facts) relocate(value any, m *markers) any {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			value[key] = f.relocate(child, m)
		}
	case []any:
		for i, child := range value {
			value[i] = f.relocate(child, m)
		}
	case string:
		if strings.Contains(value, f.Namespace) {
			return strings.ReplaceAll(value, f.Namespace, m.put("MARKER", ".Release.Namespace"))
		}
	}
	return value
}

// parametrize puts values into the Deployment.
func (f facts) parametrize(o tree.Object, m *markers) error {
	pod := []string{"spec", "template", "spec"}
	for _, name := range []string{"imagePullSecrets", "nodeSelector", "priorityClassName", "tolerations"} {
		if err := unstructured.SetNestedField(o.Object, m.put("OPTIONAL", ".Values."+name), append(pod, name)...); err != nil {
			return err
		}
	}
	containers, _, err := unstructured.NestedSlice(o.Object, append(pod, "containers")...)
	if err != nil {
		return err
	}
	manager, _ := containers[0].(map[string]any)
	manager["image"] = m.put("MARKER", ".Values.images.operator | quote")
	manager["resources"] = m.put("MARKER", "toJson .Values.resources")
	arguments, _ := manager["args"].([]any)
	for i, argument := range arguments {
		if text, _ := argument.(string); strings.HasPrefix(text, kubeletFlag) {
			arguments[i] = kubeletFlag + m.put("MARKER", ".Values.kubeletService")
		}
	}
	manager["args"] = append(arguments, m.put("ITEMS", ".Values.extraArgs"))
	f.parametrizeImages(manager, m)
	if err := unstructured.SetNestedField(o.Object, m.put("MARKER", ".Values.replicas"), "spec", "replicas"); err != nil {
		return err
	}
	return unstructured.SetNestedSlice(o.Object, containers, append(pod, "containers")...)
}

func (f facts) parametrizeImages(manager map[string]any, m *markers) {
	variables, _ := manager["env"].([]any)
	for _, v := range variables {
		variable, _ := v.(map[string]any)
		for _, image := range f.Images {
			if image.variable != "" && variable["name"] == image.variable {
				variable["value"] = m.put("MARKER", ".Values.images."+image.Value+" | quote")
			}
		}
	}
}
