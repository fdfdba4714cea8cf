package olm

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/promloop/promloop/hack/bundle/internal/tree"
)

// check is a rule of ours: what static validators don't see and a cluster would punish.
type check struct {
	name string
	run  func(*manifests.Bundle) []error
}

func checks() []check {
	return []check{
		{"schema", matchesSchema},                        // strictly: an unknown field is lost on a cluster
		{"examples", examplesFit},                        // one per owned kind, by its schema
		{"volumes", volumesResolve},                      // a Secret that nobody makes keeps the pod from starting
		{"images", imagesRelated},                        // mirrors copy what relatedImages lists
		{"annotations", annotationsSmall},                // OLM copies them into the pod template
		{"install modes", installModesNeedTheirVariable}, // the operator must be told its namespaces
		{"scorecard", scorecardWouldPass},
	}
}

// madeByOLM are volumes that OLM replaces by the certificate it issues for webhooks.
var madeByOLM = map[string]bool{"webhook-cert": true, "apiservice-cert": true}

func volumesResolve(b *manifests.Bundle) []error {
	var errs []error
	for _, d := range b.CSV.Spec.InstallStrategy.StrategySpec.DeploymentSpecs {
		for _, v := range d.Spec.Template.Spec.Volumes {
			if v.Secret != nil && !madeByOLM[v.Name] && (v.Secret.Optional == nil || !*v.Secret.Optional) {
				errs = append(errs, fmt.Errorf("volume %s of %s needs Secret %s, which OLM does not make: name it webhook-cert, or make it optional", v.Name, d.Name, v.Secret.SecretName))
			}
		}
	}
	return errs
}

// imageReference is a name with a registry, and a tag or digest.
var imageReference = regexp.MustCompile(`^[a-z0-9.-]+\.[a-z0-9.-]+(:\d+)?/[\w./-]+[:@][\w.:-]+$`)

func imagesRelated(b *manifests.Bundle) []error {
	listed := map[string]bool{}
	for _, i := range b.CSV.Spec.RelatedImages {
		listed[i.Image] = true
	}
	var errs []error
	for _, container := range containers(b) {
		for _, text := range imageTexts(container) {
			if imageReference.MatchString(text) && !listed[text] {
				errs = append(errs, fmt.Errorf("container %s names %s, which relatedImages lacks", container.Name, text))
			}
		}
	}
	return errs
}

// imageTexts are all places of a container where an image can stand.
func imageTexts(c corev1.Container) []string {
	texts := []string{c.Image}
	for _, variable := range c.Env {
		texts = append(texts, variable.Value)
	}
	for _, argument := range c.Args {
		_, value, _ := strings.Cut(argument, "=")
		texts = append(texts, value)
	}
	return texts
}

func containers(b *manifests.Bundle) []corev1.Container {
	var all []corev1.Container
	for _, d := range b.CSV.Spec.InstallStrategy.StrategySpec.DeploymentSpecs {
		all = slices.Concat(all, d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers)
	}
	return all
}

// maxAnnotations is far below the 256 KiB that Kubernetes allows, since every pod carries them.
const maxAnnotations = 64 << 10

func annotationsSmall(b *manifests.Bundle) []error {
	size := 0
	for key, value := range b.CSV.Annotations {
		size += len(key) + len(value)
	}
	if size > maxAnnotations {
		return []error{fmt.Errorf("%d bytes, of %d: shorten the samples", size, maxAnnotations)}
	}
	return nil
}

// targetNamespaces is where OLM tells an operator which namespaces to watch.
const targetNamespaces = "metadata.annotations['olm.targetNamespaces']"

func installModesNeedTheirVariable(b *manifests.Bundle) []error {
	told := false
	for _, c := range containers(b) {
		for _, variable := range c.Env {
			from := variable.ValueFrom
			told = told || from != nil && from.FieldRef != nil && from.FieldRef.FieldPath == targetNamespaces
		}
	}
	var errs []error
	for _, mode := range b.CSV.Spec.InstallModes {
		if mode.Supported && mode.Type != v1alpha1.InstallModeTypeAllNamespaces && !told {
			errs = append(errs, fmt.Errorf("%s is supported, but no variable holds %s", mode.Type, targetNamespaces))
		}
	}
	return errs
}

// scorecardWouldPass asks what the scorecard's images ask on a cluster: each kind shows what it makes, and has a descriptor for every
// field that its example sets.
func scorecardWouldPass(b *manifests.Bundle) []error {
	examples, err := examplesOf(b)
	if err != nil {
		return []error{err}
	}
	var errs []error
	for _, o := range b.CSV.Spec.CustomResourceDefinitions.Owned {
		if len(o.Resources) == 0 {
			errs = append(errs, fmt.Errorf("owned %s lists no resources", o.Kind))
		}
		if len(o.StatusDescriptors) == 0 {
			errs = append(errs, fmt.Errorf("owned %s has no status descriptor", o.Kind))
		}
		described := map[string]bool{}
		for _, d := range o.SpecDescriptors {
			described[d.Path] = true
		}
		for _, example := range tree.OfKind(examples, o.Kind) {
			spec, _ := example.Object["spec"].(map[string]any)
			for _, field := range slices.Sorted(maps.Keys(spec)) {
				if !described[field] {
					errs = append(errs, fmt.Errorf("example %s %s sets spec.%s, which has no descriptor", o.Kind, example.GetName(), field))
				}
			}
		}
	}
	return errs
}

// examplesOf are the objects in the annotation alm-examples.
func examplesOf(b *manifests.Bundle) ([]tree.Object, error) {
	var list []map[string]any
	if err := json.Unmarshal([]byte(b.CSV.Annotations["alm-examples"]), &list); err != nil {
		return nil, fmt.Errorf("alm-examples: %w", err)
	}
	objects := make([]tree.Object, len(list))
	for i, content := range list {
		objects[i] = &unstructured.Unstructured{Object: content}
	}
	return objects, nil
}
