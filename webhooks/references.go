package webhooks

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/world"
)

// references looks for the Secrets and ConfigMaps that an object names, by their metadata alone. Without a Reader it looks for none.
type references struct {
	client.Reader
	namespaces []string // that Reader knows, none for all
}

// missing warns of those that don't exist. It is no more than a warning, since they may come later, in the same install.
func (r references) missing(ctx context.Context, a *Answer, o client.Object) error {
	if r.Reader == nil {
		return nil
	}
	seen := map[world.Reference]bool{}
	for _, ref := range promconfig.References(o) {
		ref.Key = "" // metadata has no keys
		if seen[ref] || len(r.namespaces) > 0 && !slices.Contains(r.namespaces, ref.Namespace) {
			continue
		}
		seen[ref] = true
		var meta metav1.PartialObjectMetadata
		meta.APIVersion, meta.Kind = "v1", string(ref.Source)
		err := r.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, &meta)
		if apierrors.IsNotFound(err) {
			a.warn("%s %s/%s does not exist; until it does, what refers to it is left out", ref.Source, ref.Namespace, ref.Name)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
