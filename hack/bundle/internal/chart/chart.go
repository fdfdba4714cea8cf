// Package chart makes two Helm charts out of the objects that kustomize prints: promloop, the operator, and promloop-crds, its
// CRDs, which Helm would neither upgrade from a chart's crds/ nor fit into one release together with the rest.
//
// Rendered with its default values into the same namespace a chart gives exactly what kustomize gives.
package chart

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// static are the files that are written by hand, as templates with [[ ]] for what the tree knows.
//
//go:embed all:static
var static embed.FS

// Generate returns the files of both charts by their path from the repository's root. withCertManager are the objects where cert-manager
// keeps the webhook's certificate.
func Generate(objects, withCertManager []tree.Object) (map[string][]byte, error) {
	files := map[string][]byte{}
	facts, err := factsOf(objects)
	if err != nil {
		return nil, err
	}
	if err := addStatic(files, facts); err != nil {
		return nil, err
	}
	for _, o := range tree.OfKind(objects, "CustomResourceDefinition") {
		if files["charts/promloop-crds/templates/"+o.GetName()+".yaml"], err = crdTemplate(o); err != nil {
			return nil, fmt.Errorf("%s: %w", o.GetName(), err)
		}
	}
	return files, facts.addTemplates(files, objects, withCertManager)
}

func (f facts) addTemplates(files map[string][]byte, objects, withCertManager []tree.Object) error {
	without, err := f.templates(objects)
	if err != nil {
		return err
	}
	with, err := f.templates(withCertManager)
	if err != nil {
		return err
	}
	merged, err := mergeAll(without, with, "and .Values."+webhook+".enabled .Values."+webhook+".certManager.enabled")
	for name, text := range merged {
		files["charts/promloop/templates/"+name] = []byte(text)
	}
	return err
}

// templates are the operator's objects as Helm templates, by file.
func (f facts) templates(objects []tree.Object) (map[string]string, error) {
	out := map[string]string{}
	for _, o := range objects {
		if kind("Namespace", "CustomResourceDefinition")(o) { // the former is for Helm's --create-namespace
			continue
		}
		text, err := f.template(o)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
		}
		out[fileName(o)] = text
	}
	return out, nil
}

func addStatic(files map[string][]byte, facts facts) error {
	return fs.WalkDir(static, "static", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := static.ReadFile(path)
		if err != nil {
			return err
		}
		filled, err := template.New(path).Delims("[[", "]]").Funcs(template.FuncMap{"yaml": indentedYAML}).Parse(string(text))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := filled.Execute(&out, facts); err != nil {
			return err
		}
		files["charts"+strings.TrimPrefix(path, "static")] = out.Bytes()
		return nil
	})
}

// indentedYAML prints a value as a block that begins on its own line.
func indentedYAML(indent int, value any) (string, error) {
	text, err := yaml.Marshal(value)
	lines := strings.TrimRight(string(text), "\n")
	pad := "\n" + strings.Repeat(" ", indent)
	return pad + strings.ReplaceAll(lines, "\n", pad), err
}

func fileName(o tree.Object) string {
	return strings.ToLower(o.GetKind()) + "-" + o.GetName() + ".yaml"
}

// crdTemplate keeps the CRD when the chart is uninstalled: deleting it would delete every object of its kind.
func crdTemplate(o tree.Object) ([]byte, error) {
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		return nil, err
	}
	const annotations = "\n  annotations:\n"
	before, after, ok := strings.Cut(escape(string(text)), annotations)
	if !ok {
		return nil, errors.New("a CRD without annotations was not made by controller-gen")
	}
	return []byte(before + annotations + "    {{- if .Values.keep }}\n    helm.sh/resource-policy: keep\n    {{- end }}\n" + after), nil
}

// escape keeps braces, such as those of alert templates, from Helm's template engine.
func escape(text string) string {
	return strings.ReplaceAll(text, "{{", "{{ `{{` }}")
}
