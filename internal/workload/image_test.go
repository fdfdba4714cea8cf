package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	v1 "github.com/promloop/promloop/api/v1"
)

func TestDeprecatedFieldsAreTold(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(*v1.PrometheusSpec)
		want   []string
	}{
		"None":  {"an image is what is to be used", func(s *v1.PrometheusSpec) { s.Image = new("example.com/p:v3") }, nil},
		"Empty": {"an empty field is not in use", func(s *v1.PrometheusSpec) { s.Thanos = &v1.ThanosSpec{Tag: new("")} }, nil},
		"Prometheus": {
			"each field is named", func(s *v1.PrometheusSpec) { s.BaseImage, s.Tag, s.SHA = "example.com/p", "main", "abc" },
			[]string{"spec.baseImage is deprecated: use spec.image", "spec.tag is deprecated: use spec.image", "spec.sha is deprecated: use spec.image"},
		},
		"Thanos": {
			"and so are those of the sidecar", func(s *v1.PrometheusSpec) {
				s.Thanos = &v1.ThanosSpec{BaseImage: new("example.com/t"), Tag: new("main"), SHA: new("abc")}
			},
			[]string{"spec.thanos.baseImage is deprecated: use spec.thanos.image", "spec.thanos.tag is deprecated: use spec.thanos.image", "spec.thanos.sha is deprecated: use spec.thanos.image"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, For(newWorld(spec(tc.change))).Deprecated); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
