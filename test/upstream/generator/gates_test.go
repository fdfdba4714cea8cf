package generator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"

	"github.com/promloop/promloop/internal/world"
)

// A Prometheus that moves from one operator to the other must not lose what a gate lets it have.
func TestFeatureGatesAreUpstreams(t *testing.T) {
	var ours []string
	for gate, on := range world.FeatureGates() {
		ours = append(ours, fmt.Sprintf("%s=%t", gate, on))
	}
	slices.Sort(ours)
	theirs := operator.DefaultConfig("10m", "50Mi").Gates.String()
	if diff := cmp.Diff(theirs, strings.Join(ours, ",")); diff != "" {
		t.Errorf("the gates, or their defaults, differ (-upstream +ours):\n%s", diff)
	}
}
