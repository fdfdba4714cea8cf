package plan

import (
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/world"
)

// Shrink is the removal of more than half of what a Prometheus ran, in one step. It may well be what somebody wants, such as a
// namespace that is no longer selected, and they will want to know how much it was.
type Shrink struct {
	Domain   contract.Domain
	From, To int // jobs or rule groups
}

func shrinks(w *world.World, want delivery.Wanted) []Shrink {
	var out []Shrink
	for _, step := range []struct {
		domain     contract.Domain
		last, next contract.Manifest
	}{
		{contract.Config, w.Owned.PublishedConfig(), want.Config},
		{contract.Rules, w.Owned.PublishedRules(), want.Rules},
	} {
		if step.next.Digest != step.last.Digest && 2*step.next.Count < step.last.Count {
			out = append(out, Shrink{Domain: step.domain, From: step.last.Count, To: step.next.Count})
		}
	}
	return out
}
