package chart

import (
	"errors"
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
	// moreEntries are the keys of a value, added to a map of strings.
	moreEntries = regexp.MustCompile(`(?m)^( *)ENTRIES-(\d+)-END: ""$`)
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
		return g[1] + "{{- range " + action(g[2]) + " }}\n" + g[1] + "- {{ toJson . }}\n" + g[1] + "{{- end }}"
	})
	replace(moreEntries, func(g []string) string {
		return g[1] + "{{- range $key, $value := " + action(g[2]) + " }}\n" + g[1] + "{{ quote $key }}: {{ quote $value }}\n" + g[1] + "{{- end }}"
	})
	return text
}

// template is an object as a Helm template.
func (f facts) template(o tree.Object) (string, error) {
	o = o.DeepCopy()
	m := &markers{}
	if err := f.parametrize(o, m); err != nil {
		return "", err
	}
	o.Object, _ = f.relocate(o.Object, m).(map[string]any)
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		return "", err
	}
	filled := m.fill(escape(string(text)))
	for _, option := range f.Switches {
		if option.of(o) {
			filled = guarded(".Values."+option.Value+".enabled", filled)
		}
	}
	return filled, nil
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

// parametrize puts values into an object.
func (f facts) parametrize(o tree.Object, m *markers) error {
	for _, option := range f.Switches {
		if !option.of(o) {
			continue
		}
		for _, setting := range option.More {
			if setting.into == nil {
				continue
			}
			if err := setting.into(o, m, ".Values."+option.Value+"."+setting.Name); err != nil {
				return err
			}
		}
	}
	switch o.GetKind() {
	case "ServiceAccount":
		return unstructured.SetNestedField(o.Object, m.put("OPTIONAL", ".Values.serviceAccount.annotations"), "metadata", "annotations")
	case "Deployment":
		return errors.Join(f.parametrizeDeployment(o, m), f.parametrizeManager(o, m))
	}
	return nil
}

func (f facts) parametrizeDeployment(o tree.Object, m *markers) error {
	set := func(value string, path ...string) error {
		return unstructured.SetNestedField(o.Object, value, append([]string{"spec"}, path...)...)
	}
	errs := []error{
		set(m.put("MARKER", ".Values.replicas"), "replicas"),
		set(m.put("MARKER", "toJson .Values.affinity"), "template", "spec", "affinity"),
		set("", "template", "metadata", "labels", m.put("ENTRIES", ".Values.podLabels")),
		set("", "template", "metadata", "annotations", m.put("ENTRIES", ".Values.podAnnotations")),
	}
	for _, name := range []string{"imagePullSecrets", "nodeSelector", "priorityClassName", "tolerations", "topologySpreadConstraints", "hostNetwork"} {
		errs = append(errs, set(m.put("OPTIONAL", ".Values."+name), "template", "spec", name))
	}
	return errors.Join(errs...)
}

// parametrizeManager puts values into the container. What a user adds comes last, and so has the last word.
func (f facts) parametrizeManager(o tree.Object, m *markers) error {
	path := []string{"spec", "template", "spec", "containers"}
	containers, _, err := unstructured.NestedSlice(o.Object, path...)
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
	manager["args"] = append(arguments,
		m.put("ITEMS", `ternary (list) (list "--webhook-port=0") .Values.`+webhook+`.enabled`), m.put("ITEMS", ".Values.extraArgs"))
	f.parametrizeImages(manager, m)
	variables, _ := manager["env"].([]any)
	manager["env"] = append(variables, m.put("ITEMS", ".Values.env"))
	return unstructured.SetNestedSlice(o.Object, containers, path...)
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
