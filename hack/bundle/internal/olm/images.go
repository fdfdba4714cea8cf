package olm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/operator-framework/api/pkg/lib/version"
	"github.com/operator-framework/api/pkg/operators/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
)

// relatedImage is the prefix of environment variables that hold an image which the operator puts into pods.
const relatedImage = "RELATED_IMAGE_"

// addImages names every image, so that mirrors find it, and takes the version from the tag of the operator's own.
func addImages(csv *v1alpha1.ClusterServiceVersion, deployments []appsv1.Deployment) error {
	if len(deployments) != 1 || len(deployments[0].Spec.Template.Spec.Containers) != 1 {
		return fmt.Errorf("config/manager has %d Deployments: the bundle is made for one, with one container", len(deployments))
	}
	manager := deployments[0].Spec.Template.Spec.Containers[0]
	images := append(csv.Spec.RelatedImages, v1alpha1.RelatedImage{Name: Package, Image: manager.Image})
	for _, variable := range manager.Env {
		if name, ok := strings.CutPrefix(variable.Name, relatedImage); ok {
			name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
			images = append(images, v1alpha1.RelatedImage{Name: name, Image: variable.Value})
		}
	}
	slices.SortFunc(images, func(a, b v1alpha1.RelatedImage) int { return strings.Compare(a.Name, b.Name) })
	csv.Spec.RelatedImages = images
	csv.Annotations["containerImage"] = manager.Image
	return setVersion(csv, manager.Image)
}

func setVersion(csv *v1alpha1.ClusterServiceVersion, image string) error {
	_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	v, err := semver.Parse(strings.TrimPrefix(tag, "v"))
	if err != nil {
		return fmt.Errorf("config/manager: the tag of image %q is the bundle's version and must be like v1.2.3: %w", image, err)
	}
	csv.Spec.Version = version.OperatorVersion{Version: v}
	csv.Name = Package + ".v" + v.String()
	return nil
}
