package controllers

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// Namespaces that can't be watched are asked for one by one: what comes, changes and goes is heard of at the next round.
func TestNamespacesArePolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "seen", Labels: map[string]string{"team": "a"}}}
		hidden := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "hidden", Labels: map[string]string{"team": "b"}}}
		unlisted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "unlisted"}}
		c := fake.NewClientBuilder().WithObjects(seen, hidden, unlisted).WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if key.Name == "hidden" {
					return apierrors.NewForbidden(corev1.Resource("namespaces"), key.Name, nil)
				}
				return c.Get(ctx, key, o, opts...)
			},
		}).Build()
		n := &NamespacePoller{Live: c, Names: []string{"seen", "hidden", "late"}, Every: time.Minute}
		list, err := n.list(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		labels := map[string]map[string]string{}
		for _, ns := range list.(*corev1.NamespaceList).Items {
			labels[ns.Name] = ns.Labels
		}
		want := map[string]map[string]string{"seen": {"team": "a"}, "hidden": {corev1.LabelMetadataName: "hidden"}}
		if diff := cmp.Diff(want, labels); diff != "" {
			t.Errorf("what may not be seen counts by its name (-want +got):\n%s", diff)
		}

		w, err := n.watch(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(kind watch.EventType, name string) {
			t.Helper()
			if e := <-w.ResultChan(); e.Type != kind || e.Object.(*corev1.Namespace).Name != name {
				t.Errorf("got %s of %v, want %s of %s", e.Type, e.Object, kind, name)
			}
		}
		late := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "late"}}
		if err := c.Create(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		expect(watch.Added, "late")
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(seen), seen); err != nil {
			t.Fatal(err)
		}
		seen.Labels["team"] = "c"
		if err := c.Update(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
		expect(watch.Modified, "seen")
		if err := c.Delete(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		expect(watch.Deleted, "late")
		w.Stop()
		if _, open := <-w.ResultChan(); open {
			t.Error("a watch that is stopped says nothing more")
		}
	})
}
