package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Growth is what becomes of volume claims whose size is not what the spec asks for now.
type Growth struct {
	// Claims are to be written: those that stand, with the larger request.
	Claims []*corev1.PersistentVolumeClaim
	// Stuck says which claims can't follow and why, in sentences for the user, in order of names.
	Stuck []string
}

// Grow compares the claims that stand with the templates of the StatefulSets they were made for. A StatefulSet never changes claims
// that it has made; most storage classes let them grow in place, none lets them shrink. expandable reports whether the storage
// class of that name lets claims grow.
func Grow(desired []*appsv1.StatefulSet, claims []*corev1.PersistentVolumeClaim, expandable func(class string) bool) Growth {
	var growth Growth
	for _, claim := range claims {
		template := templateOf(claim.Name, desired)
		if template == nil {
			continue
		}
		asked, has := *template.Spec.Resources.Requests.Storage(), *claim.Spec.Resources.Requests.Storage()
		class := ptr.Deref(claim.Spec.StorageClassName, "")
		switch {
		case asked.Cmp(has) == 0:
		case asked.Cmp(has) < 0:
			growth.stuck(claim, "asks for %s, and the spec for less, %s: a volume can't shrink", &has, &asked)
		case !expandable(class):
			growth.stuck(claim, "can't grow from %s to %s: storage class %q does not allow volume expansion", &has, &asked, class)
		default:
			larger := claim.DeepCopy()
			larger.Spec.Resources.Requests[corev1.ResourceStorage] = asked
			growth.Claims = append(growth.Claims, larger)
		}
	}
	slices.Sort(growth.Stuck)
	return growth
}

func (g *Growth) stuck(claim *corev1.PersistentVolumeClaim, why string, values ...any) {
	g.Stuck = append(g.Stuck, "PersistentVolumeClaim "+claim.Name+" "+fmt.Sprintf(why, values...))
}

// templateOf is the template that a claim was made from: claims are named template-StatefulSet-ordinal.
func templateOf(claim string, statefulSets []*appsv1.StatefulSet) *corev1.PersistentVolumeClaim {
	for _, sts := range statefulSets {
		for i := range sts.Spec.VolumeClaimTemplates {
			template := &sts.Spec.VolumeClaimTemplates[i]
			ordinal, found := strings.CutPrefix(claim, template.Name+"-"+sts.Name+"-")
			if _, err := strconv.Atoi(ordinal); found && err == nil {
				return template
			}
		}
	}
	return nil
}
