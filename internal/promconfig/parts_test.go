package promconfig

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bench lays out jobs as the Renderer does, from one state of the cluster to the next.
type bench struct {
	members members
	room    room
	max     int
	turn    int
	firsts  map[int]string
	stored  map[int][]byte // by number, as it stands in the cluster
	order   []int
}

func newBench(room room, parts int) *bench {
	return &bench{members: newMembers(), room: room, max: parts, firsts: map[int]string{}}
}

var testHead = []byte("global: {}\nscrape_configs:\n")

// publish places the jobs and returns the numbers of the Secrets that it writes; ok is false where there is no room.
func (b *bench) publish(jobs []jobText) (written []int, ok bool) {
	b.turn++
	l := &layout{members: &b.members, turn: b.turn, room: b.room, max: b.max}
	l.head = l.members.compress(sha256.Sum256(testHead), b.turn, func(write func([]byte)) { write(testHead) })
	if !l.place(jobs, b.firsts) {
		return nil, false
	}
	before := b.stored
	b.firsts, b.stored, b.order = map[int]string{}, map[int][]byte{}, nil
	for i := range l.spans {
		part := l.part(i)
		if part.Index > 0 {
			b.firsts[part.Index] = part.First
		}
		b.order = append(b.order, part.Index)
		b.stored[part.Index] = part.Stored
		if !bytes.Equal(before[part.Index], part.Stored) {
			written = append(written, part.Index)
		}
	}
	b.members.forget(b.turn)
	slices.Sort(written)
	return written, true
}

// joined is the text that a reloader makes of the parts.
func (b *bench) joined(t interface{ Fatal(...any) }) string {
	var all []byte
	for _, n := range b.order {
		all = append(all, b.stored[n]...)
	}
	text, err := gunzip(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func textOf(jobs []jobText) string {
	var out strings.Builder
	out.Write(testHead)
	for _, job := range jobs {
		out.Write(job.text)
	}
	return out.String()
}

// job has text that hardly compresses, of the given size in bytes.
func job(n, size int, seed uint64) jobText {
	random := rand.New(rand.NewPCG(uint64(n), seed))
	text := []byte(fmt.Sprintf("- job_name: %s\n  # ", jobName(n)))
	for range size {
		text = append(text, byte(33+random.IntN(90)))
	}
	text = append(text, '\n')
	return jobText{name: jobName(n), text: text, digest: sha256.Sum256(text)}
}

func jobName(n int) string { return fmt.Sprintf("serviceMonitor/ns-%d/name-%04d/0", n%7, n) }

func byJobName(a, b jobText) int { return compareJobs(a.name, b.name) }

// Whatever comes, goes and changes: no part is too large, the parts joined are the configuration, and a change writes one part, two
// where that one had to be divided.
func TestPartsHoldTheConfiguration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(room{part: 4_000, single: 2_800, member: 1}, 8)
		var jobs []jobText
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			jobs = slices.Clone(jobs)
			n, size := rapid.IntRange(0, 300).Draw(t, "job"), rapid.IntRange(1, 700).Draw(t, "size")
			i := slices.IndexFunc(jobs, func(j jobText) bool { return j.name == jobName(n) })
			switch {
			case i >= 0 && rapid.Bool().Draw(t, "delete"):
				jobs = slices.Delete(jobs, i, i+1)
			case i >= 0:
				jobs[i] = job(n, size, uint64(step))
			default:
				jobs = append(jobs, job(n, size, uint64(step)))
				slices.SortFunc(jobs, byJobName)
			}
			before := len(b.order)
			written, ok := b.publish(jobs)
			if !ok {
				t.Fatalf("%d jobs found no room", len(jobs))
			}
			for n, stored := range b.stored {
				if len(stored) > b.room.part {
					t.Fatalf("part %d has %d bytes", n, len(stored))
				}
			}
			if diff := cmp.Diff(textOf(jobs), b.joined(t)); diff != "" {
				t.Fatalf("the parts joined are another configuration (-want +got):\n%s", diff)
			}
			divided, joined := len(b.order) > before && before > 0, len(b.order) < before
			if len(written) > 1 && !divided && !joined && len(b.order) < b.max {
				t.Fatalf("one change wrote the parts %v of %v", written, b.order)
			}
			if again, _ := b.publish(jobs); len(again) > 0 {
				t.Fatalf("read back from the cluster, parts %v would move", again)
			}
		}
	})
}

func TestParts(t *testing.T) {
	t.Parallel()
	many := func(n, size int) (jobs []jobText) {
		for i := range n {
			jobs = append(jobs, job(i, size, 0))
		}
		slices.SortFunc(jobs, byJobName)
		return jobs
	}
	small := room{part: 10_000, single: 7_000, member: 1_000}
	cases := map[string]struct {
		reason     string
		first      []jobText
		second     func(jobs []jobText) []jobText
		parts      int
		wantOrder  []int
		wantWrites []int
	}{
		"Single": {"what fits stays in the configuration Secret", many(20, 100), same, 8, []int{0}, nil},
		"FirstJobGone": {"a part keeps its place when the job that it began with goes", many(60, 400), func(jobs []jobText) []jobText {
			return slices.DeleteFunc(slices.Clone(jobs), func(j jobText) bool { return j.name == "serviceMonitor/ns-1/name-0043/0" })
		}, 8, []int{0, 2, 1, 3}, []int{2}},
		"Shrunk":  {"one Secret is enough again", many(60, 400), func(jobs []jobText) []jobText { return jobs[:10] }, 8, []int{0}, []int{0}},
		"Emptied": {"nothing is left but the sections", many(60, 400), func([]jobText) []jobText { return nil }, 8, []int{0}, []int{0}},
		"Spread": {"no Secret is left to divide into: all are filled alike", many(60, 400), func(jobs []jobText) []jobText {
			for i := range 10 {
				jobs = append(jobs, job(700+7*i, 400, 0))
			}
			slices.SortFunc(jobs, byJobName)
			return jobs
		}, 3, []int{0, 1, 2}, []int{0, 1, 2}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(small, tc.parts)
			if _, ok := b.publish(tc.first); !ok {
				t.Fatal("no room")
			}
			jobs := tc.second(tc.first)
			writes, ok := b.publish(jobs)
			if !ok {
				t.Fatal("no room")
			}
			if diff := cmp.Diff(tc.wantOrder, b.order); diff != "" {
				t.Errorf("%s: order of the parts (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.wantWrites, writes); diff != "" {
				t.Errorf("%s: parts written (-want +got):\n%s", tc.reason, diff)
			}
			if textOf(jobs) != b.joined(t) {
				t.Error("the parts joined are another configuration")
			}
		})
	}
	b := newBench(small, 2)
	if _, ok := b.publish(many(60, 1_000)); ok {
		t.Error("60 KB found room in two parts of 10 KB")
	}
}

func same(jobs []jobText) []jobText { return jobs }

func TestJobsAreOrderedByTheirNames(t *testing.T) {
	t.Parallel()
	sorted := []string{
		"serviceMonitor/a/b/2", "serviceMonitor/a/b/10", "serviceMonitor/a/b-c/0", "serviceMonitor/a-b/a/0",
		"podMonitor/a/a/0", "probe/a/a", "scrapeConfig/a/a", "own",
	}
	for i := range sorted {
		for j := range sorted {
			if got, want := compareJobs(sorted[i], sorted[j]), sign(i-j); got != want {
				t.Errorf("%s and %s: got %d, want %d", sorted[i], sorted[j], got, want)
			}
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }
