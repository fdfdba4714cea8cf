package rules

import (
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
)

// item is what a Planner knows of one object. The first part depends on the object and the judge alone; the second is worked out
// for each plan, unless the item is at rest.
type item struct {
	namespace string
	name      string
	created   metav1.Time
	asked     int // number of groups
	file      string
	bucket    int
	judgement Judgement
	note      string // what the object says of itself although it was accepted
	whole     form   // what the object asks for, when all of it was accepted
	carried   *carry

	atRest   bool   // it stands as it is wanted, in one place, and counts among what stays as it is
	copies   int    // in how many shards the file stands
	shard    int    // the one of them that counts, -1 for none
	standing string // its content there, as it stands in the cluster
	have     form   // the same, counted
	want     form   // what it should be
	final    form   // what it will be: want, or have when there is no room
	refusal  *Finding
	digested string // the content that the manifest's digests have
}

// form is one form of a rule file, and what it counts.
type form struct {
	content       string // "" for no file
	groups, rules int
}

func (f form) size(name string) int { return sizeOf(name, f.content) }

func (f form) usage(name string) usage { return usage{f.size(name), f.groups, f.rules} }

// carry remembers the form that a partly refused object took with the file that stood.
type carry struct {
	from string
	form form
	kept int // number of groups that kept their last accepted form
}

func newItem(j *Judge, rule *v1.PrometheusRule) *item {
	it := &item{
		namespace: rule.Namespace, name: rule.Name, created: rule.CreationTimestamp, asked: len(rule.Spec.Groups),
		file: FileName(rule.Namespace, rule.Name), judgement: j.Object(rule),
	}
	it.bucket = contract.BucketOf(it.file)
	it.note = note(it.judgement)
	if it.judgement.Whole() {
		it.whole = assemble(it.judgement.Groups)
		it.judgement.Groups = nil // whole holds their text
	}
	return it
}

// assemble makes a file of the groups that have text. A file without groups is no file.
func assemble(groups []Group) form {
	var f form
	var text strings.Builder
	for _, g := range groups {
		if g.Text == "" {
			continue
		}
		if f.groups == 0 {
			text.WriteString(fileHead)
		}
		text.WriteString(g.Text)
		f.groups++
		f.rules += g.Rules
	}
	f.content = text.String()
	return f
}

// wish works out what the file should be, given what stands: refused groups keep their last accepted form, and an object that
// was refused whole keeps its file. Forms that stand are judged again, since the Prometheus may ask for other things by now.
func (it *item) wish(j *Judge) {
	it.refusal = nil
	switch {
	case !it.judgement.Whole():
		if it.carried == nil || it.carried.from != it.standing {
			it.carried = it.carry(j, it.standing)
		}
		it.want = it.carried.form
	default:
		it.want = it.whole
	}
	it.have = it.want
	if it.standing != it.want.content {
		it.have = count(it.standing)
	}
	it.final = it.want
}

// settled reports whether nothing is left to do or to say about an item.
func (it *item) settled() bool {
	inPlace := it.copies == 0 || it.copies == 1 && it.standing != ""
	return inPlace && it.standing == it.want.content && it.judgement.Whole()
}

// hold makes content, which is equal to what stands and is wanted, the one copy of it in memory.
func (it *item) hold(content string) {
	it.standing, it.whole.content, it.digested = content, content, content
}

func (it *item) growth() usage { return it.want.usage(it.file).minus(it.have.usage(it.file)) }

func (it *item) carry(j *Judge, standing string) *carry {
	out := &carry{from: standing}
	before := fromFile(standing)
	asked := it.judgement.Groups
	if len(asked) == 0 { // refused whole: everything that stands is asked for
		for _, g := range before {
			asked = append(asked, Group{Name: g.Name})
		}
	}
	taken := map[string]bool{}
	for _, g := range asked {
		taken[g.Name] = taken[g.Name] || g.Text != ""
	}
	groups := make([]Group, 0, len(asked))
	for _, g := range asked {
		if g.Text == "" && !taken[g.Name] {
			g = it.lastAccepted(j, before, g.Name)
			taken[g.Name] = true
			out.kept += min(1, len(g.Text))
		}
		groups = append(groups, g)
	}
	out.form = assemble(groups)
	return out
}

// lastAccepted is the group of a name as it stands, without text when there is none that would be accepted today.
func (it *item) lastAccepted(j *Judge, before []rulefmt.RuleGroup, name string) Group {
	for _, g := range before {
		if g.Name == name {
			group, _ := j.group(j.subject(it.namespace, it.name), "", g)
			return group
		}
	}
	return Group{Name: name}
}

// count counts what a file that stands has.
func count(content string) form {
	f := form{content: content}
	for _, g := range fromFile(content) {
		f.groups++
		f.rules += len(g.Rules)
	}
	return f
}
