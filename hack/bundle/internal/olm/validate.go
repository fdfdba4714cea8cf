package olm

import (
	"errors"
	"fmt"

	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/validation"
)

// newestKubernetes is the version whose removed APIs the bundle must not use.
const newestKubernetes = "1.37"

// Validate holds the bundle in dir to the operator-framework validators, every optional suite that needs no cluster among them, and
// to this project's own checks. A warning is an error too: it is what a catalogue's reviewer would ask about. nil when all is well.
func Validate(dir string) error {
	b, err := manifests.GetBundleFromDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if b.CSV == nil {
		return fmt.Errorf("%s: no ClusterServiceVersion under manifests/", dir)
	}
	errs := frameworkErrors(b)
	for _, check := range checks() {
		for _, found := range check.run(b) {
			errs = append(errs, fmt.Errorf("%s: %w", check.name, found))
		}
	}
	return errors.Join(errs...)
}

func frameworkErrors(b *manifests.Bundle) []error {
	suites := validation.DefaultBundleValidators.WithValidators(
		validation.OperatorHubV2Validator,
		validation.StandardCapabilitiesValidator,
		validation.StandardCategoriesValidator,
		validation.AlphaDeprecatedAPIsValidator,
		validation.GoodPracticesValidator,
		validation.ObjectValidator,
	)
	var errs []error
	for _, result := range suites.Validate(append(b.ObjectsToValidate(), map[string]string{"k8s-version": newestKubernetes})...) {
		for _, e := range append(result.Errors, result.Warnings...) {
			errs = append(errs, fmt.Errorf("%s: %w", result.Name, e))
		}
	}
	return errs
}
