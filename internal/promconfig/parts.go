package promconfig

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// FirstJobAnnotation on the Secret of a part names the job that the part was made to begin with. Placement is read back from it.
const FirstJobAnnotation = "promloop.dev/first-job"

// Part is the piece of a configuration that one Secret holds. The first has all sections but the jobs.
type Part struct {
	// Index is the number of the Secret.
	Index int
	// First is the value of FirstJobAnnotation, empty for the part with the sections.
	First string
	// Stored is gzip of several members.
	Stored []byte
	// Text is the length of what Stored unpacks to, in bytes.
	Text int
}

// room says how much goes into the Secrets, in bytes.
type room struct {
	part   int // the most that a part may have
	single int // a configuration in several parts becomes one again where it has no more
	member int // text from which a member is full: a part is only ever divided between members
	// Text before it is compressed: the most that the jobs of one object may have, those of one namespace, and a configuration.
	object, namespace, all int
}

// PartRoom is the most that a part may have, in bytes. It leaves 64 KiB of a Secret to its metadata. Source: the limit of 1 MiB in
// Kubernetes' core validation.
const PartRoom = 960 << 10

// TextRoom is the most that a configuration may have before it is compressed, in bytes. A reloader takes 128 MiB; what stands for
// variables may be longer than their names.
const TextRoom = 120 << 20

var secretRoom = room{part: PartRoom, single: 672 << 10, member: 256 << 10, object: 4 << 20, namespace: 64 << 20, all: TextRoom}

// job is the most that one job may take, compressed, in bytes: with the text that a member has before it is full, it stays within
// a part, so that a part which is too large can always be divided.
func (r room) job() int { return r.part / 2 }

// judgeRoom refuses a job that is too large by itself: it would leave no room for the others, and all would stay as they are.
func (run *run) judgeRoom(in *inspector, job jobText) {
	r := run.renderer
	most := r.room.job()
	if len(job.text) <= most {
		return
	}
	if stored := len(r.members.jobMember([]jobText{job}, r.turn)); stored > most {
		in.fault(TooLarge, "the job %s takes %d bytes compressed, and one job may take %d: shorten its lists, or divide it", job.name, stored, most)
	}
}

// span is the part that begins at a job and ends where the next one begins.
type span struct {
	index   int
	first   string
	jobs    []jobText
	members [][]byte
	starts  []int // first job of each member
	size    int
}

// layout spreads a configuration over parts. Every part has the jobs between two names, so that a job which comes, goes or
// changes concerns the part that it is in. A part that has outgrown its Secret is divided; nothing else ever moves a job, but that
// no Secret is left to divide into, or that one is enough for all.
type layout struct {
	members *members
	turn    int
	room    room
	max     int // how many parts there may be
	head    []byte
	text    int // of the head, before it was compressed
	spans   []span
}

// assemble compresses the sections and the jobs and spreads them over parts.
func (run *run) assemble(jobs []jobText) {
	head := run.sections(len(jobs) > 0)
	if head == nil {
		return
	}
	r := run.renderer
	if n := len(head) + lengthOf(jobs); n > r.room.all {
		run.faults = append(run.faults, Fault{Path: "spec", Reason: NoRoom, Message: fmt.Sprintf("the configuration takes %d bytes, and the "+
			"reloaders take %d: what is published stays; delete or shorten scrape objects", n, r.room.all)})
		return
	}
	l := &layout{members: &r.members, turn: r.turn, room: r.room, max: workload.ConfigParts(run.world), text: len(head)}
	l.head = l.members.compress(sha256.Sum256(head), r.turn, func(write func([]byte)) { write(head) })
	if !l.place(jobs, firstJobs(run.world, l.max)) {
		run.faults = append(run.faults, Fault{Path: "spec", Reason: NoRoom, Message: l.full()})
		return
	}
	run.result.Jobs, run.result.Fill = len(jobs), make([]int, l.max)
	for i := range l.spans {
		part := l.part(i)
		run.result.Parts, run.result.Fill[part.Index] = append(run.result.Parts, part), len(part.Stored)
		run.result.Text += part.Text
	}
	run.result.Stored = joined(run.result.Parts)
}

func joined(parts []Part) []byte {
	if len(parts) == 1 {
		return parts[0].Stored
	}
	all := make([][]byte, len(parts))
	for i := range parts {
		all[i] = parts[i].Stored
	}
	return bytes.Join(all, nil)
}

// firstJobs reads back which job each part begins with, by the part's number.
func firstJobs(w *world.World, parts int) map[int]string {
	out := map[int]string{}
	for n := 1; n < parts; n++ {
		if s := partSecret(w, n); s != nil && s.Annotations[FirstJobAnnotation] != "" {
			out[n] = s.Annotations[FirstJobAnnotation]
		}
	}
	return out
}

// place makes the spans, beginning at the jobs that they began with, and reports whether there is room for all.
func (l *layout) place(jobs []jobText, firsts map[int]string) bool {
	begins := beginnings(jobs, firsts)
	at := slices.Sorted(maps.Keys(begins))
	l.spans = []span{{jobs: jobs[:next(at, 0, len(jobs))]}}
	for i, from := range at {
		l.spans = append(l.spans, span{index: begins[from], first: firsts[begins[from]], jobs: jobs[from:next(at, i+1, len(jobs))]})
	}
	if total := l.measure(); len(l.spans) > 1 && total <= l.room.single {
		l.spans = []span{{jobs: jobs}}
		l.measure()
	}
	return l.divide() || l.spread(jobs)
}

// next is starts[i], or end behind the last.
func next(starts []int, i, end int) int {
	if i < len(starts) {
		return starts[i]
	}
	return end
}

// measure compresses the jobs of all spans and returns the size of all.
func (l *layout) measure() int {
	total := 0
	for i := range l.spans {
		s := &l.spans[i]
		s.members, s.starts = l.members.ofJobs(s.jobs, l.room.member, l.turn)
		s.size = size(s.members)
		if i == 0 {
			s.size += len(l.head)
		}
		total += s.size
	}
	return total
}

func size(members [][]byte) int {
	sum := 0
	for _, m := range members {
		sum += len(m)
	}
	return sum
}

// beginnings finds the jobs that parts begin with: number of the part by index of the job. Where the job of that name is gone, it
// is the next one in the order of names.
func beginnings(jobs []jobText, firsts map[int]string) map[int]int {
	out := map[int]int{}
	if len(firsts) == 0 {
		return out
	}
	at := make(map[string]int, len(jobs))
	for i := range jobs {
		at[jobs[i].name] = i
	}
	own := ownJobs(jobs)
	for _, n := range slices.Sorted(maps.Keys(firsts)) {
		i, found := at[firsts[n]]
		if !found {
			i, _ = slices.BinarySearchFunc(own, firsts[n], func(job jobText, name string) int { return compareJobs(job.name, name) })
		}
		if _, taken := out[i]; !taken && i < len(jobs) {
			out[i] = n
		}
	}
	return out
}

// ownJobs are those before the user's own text: only they are in an order of their own.
func ownJobs(jobs []jobText) []jobText {
	i := slices.IndexFunc(jobs, func(job jobText) bool { return bytes.HasPrefix(job.text, []byte(additionalMark)) })
	if i < 0 {
		return jobs
	}
	return jobs[:i]
}

// compareJobs orders the names of jobs as jobs are: by kind, namespace, name and number.
func compareJobs(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	order := cmp.Compare(kindOrder(x[0]), kindOrder(y[0]))
	for i := 1; i < min(len(x), len(y)) && order == 0; i++ {
		if i == 3 {
			order = cmp.Compare(len(x[i]), len(y[i])) // numbers without leading zeros
		}
		order = cmp.Or(order, strings.Compare(x[i], y[i]))
	}
	return order
}

func kindOrder(prefix string) int {
	kinds := []world.Kind{world.ServiceMonitor, world.PodMonitor, world.Probe, world.ScrapeConfig}
	i := slices.IndexFunc(kinds, func(kind world.Kind) bool { return prefixes[kind] == prefix+"/" })
	if i < 0 {
		return len(kinds)
	}
	return i
}

// divide halves the spans that are too large, and reports whether it could.
func (l *layout) divide() bool {
	for i := 0; i < len(l.spans); i++ {
		for l.spans[i].size > l.room.part {
			index, at := l.unused(), l.middle(i)
			if index < 0 || at <= 0 {
				return false
			}
			jobs := l.spans[i].jobs
			l.spans[i].jobs = jobs[:at]
			l.spans = slices.Insert(l.spans, i+1, span{index: index, first: jobs[at].name, jobs: jobs[at:]})
			l.measure()
		}
	}
	return true
}

// middle is the job at which the second half of a span begins, 0 where it can't be halved.
func (l *layout) middle(i int) int {
	s := &l.spans[i]
	rest, best := size(s.members), 0
	for m := 1; m < len(s.members); m++ {
		rest -= len(s.members[m-1])
		best = s.starts[m]
		if rest <= s.size/2 {
			break
		}
	}
	return best
}

// unused is the lowest number that no span has, -1 where there is none.
func (l *layout) unused() int {
	for n := 1; n < l.max; n++ {
		if !slices.ContainsFunc(l.spans, func(s span) bool { return s.index == n }) {
			return n
		}
	}
	return -1
}

// spread begins anew and fills all parts alike, and reports whether they hold it.
func (l *layout) spread(jobs []jobText) bool {
	l.spans = []span{{jobs: jobs}}
	total, all := l.measure(), l.spans[0]
	largest := len(l.head)
	for _, member := range all.members {
		largest = max(largest, len(member))
	}
	filled, from := len(l.head), 0
	l.spans = []span{{}}
	for m, member := range all.members {
		if filled += len(member); filled > total/l.max+largest {
			from, filled = all.starts[m], len(member)
			l.spans = append(l.spans, span{index: len(l.spans), first: jobs[from].name})
		}
		l.spans[len(l.spans)-1].jobs = jobs[from:next(all.starts, m+1, len(jobs))]
	}
	l.measure()
	return len(l.spans) <= l.max && !slices.ContainsFunc(l.spans, func(s span) bool { return s.size > l.room.part })
}

// part joins the members of a span.
func (l *layout) part(i int) Part {
	s := &l.spans[i]
	out := Part{Index: s.index, First: s.first, Stored: make([]byte, 0, s.size)}
	if i == 0 {
		out.Stored, out.Text = append(out.Stored, l.head...), l.text
	}
	for j := range s.jobs {
		out.Text += len(s.jobs[j].text)
	}
	for _, m := range s.members {
		out.Stored = append(out.Stored, m...)
	}
	return out
}

// full says how large the configuration is and what to do.
func (l *layout) full() string {
	total := 0
	for i := range l.spans {
		total += l.spans[i].size
	}
	return fmt.Sprintf("the configuration takes %d bytes compressed, and the %d Secrets of at most %d bytes that the pods mount do not hold "+
		"it: what is published stays; delete or shorten scrape objects, or raise --config-parts", total, l.max, l.room.part)
}
