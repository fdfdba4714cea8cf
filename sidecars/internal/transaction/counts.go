package transaction

import (
	"maps"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// Bounds are the upper bounds of the latency histogram; the last bucket has none.
var Bounds = [...]time.Duration{
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 10 * time.Minute,
}

// Histogram counts durations by Bounds; Buckets are not cumulative.
type Histogram struct {
	Buckets [len(Bounds) + 1]int64
	Sum     time.Duration
}

// With returns the histogram with one more duration in it.
func (h Histogram) With(d time.Duration) Histogram {
	i := 0
	for i < len(Bounds) && d > Bounds[i] {
		i++
	}
	h.Buckets[i]++
	h.Sum += d
	return h
}

func (c Counts) refused(r contract.Reason) Counts {
	c.Refusals = maps.Clone(c.Refusals)
	if c.Refusals == nil {
		c.Refusals = map[contract.Reason]int64{}
	}
	c.Refusals[r]++
	return c
}
