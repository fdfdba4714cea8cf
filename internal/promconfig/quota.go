package promconfig

import (
	"fmt"
	"slices"

	"github.com/promloop/promloop/internal/world"
)

// refuseWhole refuses an object whose jobs, up to that of part n, are longer than one object may be. It stays as it was published.
func (run *run) refuseWhole(out *rendered, in *inspector, b *builder, o scrapeObject, n int) {
	in.at("spec", func() {
		in.fault(TooLarge, "the first %d of its %d jobs take %d bytes of configuration, and one object may take %d: divide it, or shorten "+
			"its selectors and relabelings", n+1, o.parts(), out.text, run.renderer.room.object)
	})
	b.scope.assets = nil
	out.jobs, out.kept, out.text = nil, nil, 0
	for n := range o.parts() {
		if run.keeps(in.faults) {
			out.keep(run.published().job(o.jobName(n)))
		}
	}
}

func lengthOf(jobs []jobText) int {
	sum := 0
	for i := range jobs {
		sum += len(jobs[i].text)
	}
	return sum
}

// shares is how much of the text of a namespace is taken, in bytes. Namespaces that have no more than their share are not in it.
type shares map[string]int

// crowded finds the namespaces whose objects have more text than those of one namespace may, and counts what stands of them.
func (run *run) crowded(jobs []jobText) bool {
	most := run.renderer.room.namespace
	if lengthOf(jobs) <= most {
		return false
	}
	sums := map[string]int{}
	run.ofThisTurn(func(namespace string, o *rendered) { sums[namespace] += o.text })
	run.taken = shares{}
	run.ofThisTurn(func(namespace string, o *rendered) {
		if sums[namespace] > most {
			run.taken[namespace] += min(o.text, lengthOf(run.standing(o)))
		}
	})
	return len(run.taken) > 0
}

func (run *run) ofThisTurn(visit func(namespace string, o *rendered)) {
	for id, o := range run.renderer.objects {
		if o.turn == run.renderer.turn {
			visit(id.Namespace, o)
		}
	}
}

// standing are the jobs of an object as they were published.
func (run *run) standing(o *rendered) []jobText {
	var out []jobText
	for i := range o.jobs {
		out = append(out, run.published().job(o.jobs[i].name)...)
	}
	return out
}

// overShare takes what an object adds to a crowded namespace, and tells why where there is no room for that. What stands always
// has room, so that nothing an object does takes the place of another.
func (run *run) overShare(namespace string, o *rendered) *Fault {
	used, crowded := run.taken[namespace]
	if !crowded {
		return nil
	}
	grown, most := max(0, o.text-lengthOf(run.standing(o))), run.renderer.room.namespace
	if grown == 0 || used+grown <= most {
		run.taken[namespace] += grown
		return nil
	}
	return &Fault{Path: "spec", Reason: QuotaExceeded, Message: fmt.Sprintf("the jobs of namespace %s take %d bytes of configuration, and this "+
		"object adds %d; those of one namespace may take %d: delete or shorten scrape objects of the namespace", namespace, used, grown, most)}
}

// holdBack leaves an object as it was published.
func (run *run) holdBack(id world.Object, known *rendered, f Fault) []jobText {
	faults := append(slices.Clip(known.faults), f)
	run.result.Verdicts[id], run.result.Faults[id] = verdictOf(faults), faults
	if !run.keeps(faults) {
		return nil
	}
	stays := run.standing(known)
	run.keepAssets(stays)
	return stays
}
