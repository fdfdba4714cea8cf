package controllers

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
)

func TestStatusCatchesUpWithACacheThatIsBehind(t *testing.T) {
	t.Parallel()
	at := func(version, uid string, replicas int32) *v1.Prometheus {
		p := &v1.Prometheus{}
		p.ResourceVersion, p.UID = version, types.UID(uid)
		p.Status.Replicas = replicas
		return p
	}
	for _, tc := range []struct {
		reason  string
		written *v1.Prometheus
		cached  *v1.Prometheus
		want    int32
	}{
		{"nothing was written yet", nil, at("5", "a", 1), 1},
		{"the cache shows the object before the write", at("12", "a", 2), at("5", "a", 1), 2},
		{"the cache shows the write", at("12", "a", 2), at("12", "a", 2), 2},
		{"somebody wrote after us", at("12", "a", 2), at("13", "a", 3), 3},
		{"versions are numbers, not text", at("10", "a", 2), at("9", "a", 1), 2},
		{"another object has the name now", at("12", "a", 2), at("5", "b", 1), 1},
	} {
		(&memory{written: tc.written}).catchUp(tc.cached)
		if got := tc.cached.Status.Replicas; got != tc.want {
			t.Errorf("%s: %d replicas, want %d", tc.reason, got, tc.want)
		}
	}
}
