package loader

import (
	"math"
	"testing"

	"github.com/alecthomas/units"
	"pgregory.net/rapid"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/promconfig/random"
	"github.com/promloop/promloop/internal/world"
)

// A size is published where Prometheus can read it, and nowhere else. 8EB is the largest number that it can hold or a negative one, by the
// machine.
func TestSizesThatPrometheusReads(t *testing.T) {
	sizes := rapid.StringMatching(`([0-9]{0,3}\.)?[0-9]{1,5}([KMGTPE]?i?)?B`)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(sizes, rapid.SampledFrom([]string{"7.9EB", "8EB", "8EiB", "8192PB", "9.3EB", "10EB", "9999999999EB", "9223372036854775808B", "5iB"})).Draw(t, "size")
		bytes, err := units.ParseBase2Bytes(size)
		w, sel := random.Monitors(1, world.DefaultPrometheusVersion)
		sel.ServiceMonitors[0].Spec.BodySizeLimit = new(v1.ByteSize(size))
		w.Prometheus.Spec.RetentionSize = v1.ByteSize(size)
		res := promconfig.NewRenderer().Render(w, sel)
		if taken, readable := len(res.Verdicts) == 0, err == nil && bytes >= 0 && bytes < math.MaxInt64; taken != readable {
			t.Fatalf("%s: published %t, Prometheus reads %d (%v)", size, taken, bytes, err)
		}
		text, err := res.Plain()
		if err == nil {
			err = Load(text)
		}
		if err != nil {
			t.Fatalf("%s: %v", size, err)
		}
	})
}
