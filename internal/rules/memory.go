package rules

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

// memory is what a Planner keeps from one call to the next. A file is active until it stands as it is wanted in one place alone;
// then it is at rest, and nobody looks at it before its object or its ConfigMap changes.
type memory struct {
	judge   *Judge
	known   []identity        // the objects of the last call, sorted by namespace and name
	items   map[string]*item  // one per object, by file
	active  map[string]bool   // files that are not at rest, those of no object among them
	rest    map[string]usage  // what the files at rest count, by namespace
	stands  map[int]*standing // ConfigMaps by number
	digests digests
	notes   map[world.Object]string // on objects that were accepted
}

// identity is equal for the same form of the same object.
type identity struct {
	namespace, name string
	uid             types.UID
	generation      int64
}

// standing is a ConfigMap as it was seen last.
type standing struct {
	configMap *corev1.ConfigMap
	bytes     int
	resting   int // how many files in it are at rest
}

func newMemory(j *Judge) memory {
	return memory{
		judge: j, items: map[string]*item{}, active: map[string]bool{}, rest: map[string]usage{}, stands: map[int]*standing{},
		notes: map[world.Object]string{},
	}
}

func identityOf(rule *v1.PrometheusRule) identity {
	return identity{rule.Namespace, rule.Name, rule.UID, rule.Generation}
}

// is reports whether rule is the form that is known. Where the API server has numbered nothing, nothing is known.
func (k identity) is(rule *v1.PrometheusRule) bool {
	return k.generation == rule.Generation && k.generation > 0 && k.uid == rule.UID && k.uid != ""
}

func (k identity) compare(other identity) int {
	return cmp.Or(cmp.Compare(k.namespace, other.namespace), cmp.Compare(k.name, other.name))
}

// observe takes the objects as they are now. What is the same at the beginning and at the end costs a comparison each.
func (m *memory) observe(selected []*v1.PrometheusRule) {
	from, end, shorter := 0, 0, min(len(m.known), len(selected))
	for from < shorter && m.known[from].is(selected[from]) {
		from++
	}
	for end < shorter-from && m.known[len(m.known)-1-end].is(selected[len(selected)-1-end]) {
		end++
	}
	old, now := m.known[from:len(m.known)-end], selected[from:len(selected)-end]
	fresh := make([]identity, 0, len(now))
	for _, rule := range now {
		this := identityOf(rule)
		fresh = append(fresh, this)
		for len(old) > 0 && old[0].compare(this) < 0 {
			m.forget(old[0])
			old = old[1:]
		}
		same := false
		if len(old) > 0 && old[0].compare(this) == 0 {
			same, old = old[0].is(rule), old[1:]
		}
		if !same {
			m.learn(newItem(m.judge, rule))
		}
	}
	for _, gone := range old {
		m.forget(gone)
	}
	m.known = slices.Replace(m.known, from, len(m.known)-end, fresh...)
}

func (m *memory) learn(it *item) {
	m.stir(it.file)
	if before := m.items[it.file]; before != nil {
		it.digested = before.digested
	}
	m.items[it.file] = it
	delete(m.notes, it.object())
	if it.note != "" {
		m.notes[it.object()] = it.note
	}
}

func (m *memory) forget(k identity) {
	file := FileName(k.namespace, k.name)
	m.stir(file)
	m.digests.note(m.items[file], "")
	delete(m.notes, world.Object{Kind: world.PrometheusRule, NamespacedName: types.NamespacedName{Namespace: k.namespace, Name: k.name}})
	delete(m.items, file)
}

// stir makes a file active.
func (m *memory) stir(file string) {
	m.active[file] = true
	if it := m.items[file]; it != nil && it.atRest {
		m.count(it, -1)
	}
}

// lay puts an item to rest, if nothing is left to do about it.
func (m *memory) lay(it *item) {
	if it.settled() {
		delete(m.active, it.file)
		it.hold(it.standing)
		m.count(it, 1)
	}
}

// count counts an item among those at rest, or with -1 no longer.
func (m *memory) count(it *item, sign int) {
	it.atRest = sign > 0
	add(m.rest, it.namespace, it.whole.usage(it.file).times(sign))
	if st := m.stands[it.shard]; st != nil {
		st.resting += sign
	}
}

// compare finds the files that stand otherwise than they did.
func (m *memory) compare(prometheus string, configMaps []*corev1.ConfigMap) {
	now := make(map[int]*corev1.ConfigMap, len(configMaps))
	for _, cm := range configMaps {
		if i, ours := indexOf(cm.Name, prometheus); ours {
			now[i] = cm
		}
	}
	for i, before := range m.stands {
		if now[i] == nil {
			m.stirAll(before.configMap.Data)
			delete(m.stands, i)
		}
	}
	for i, cm := range now {
		before := m.stands[i]
		if before == nil {
			before = &standing{configMap: &corev1.ConfigMap{}}
			m.stands[i] = before
		}
		if !sameForm(before.configMap, cm) {
			m.difference(i, before.configMap.Data, cm.Data)
		}
		before.configMap = cm
	}
}

func (m *memory) stirAll(data map[string]string) {
	for file := range data {
		m.stir(file)
	}
}

// difference stirs the files of one ConfigMap that are not as they were.
func (m *memory) difference(index int, before, now map[string]string) {
	st := m.stands[index]
	st.bytes = 0
	same := 0
	for file, content := range now {
		st.bytes += sizeOf(file, content)
		it := m.items[file]
		if it != nil && it.atRest && it.shard == index && it.standing == content {
			it.hold(content)
			same++
			continue
		}
		m.stir(file)
	}
	if same == st.resting {
		return // none is missing
	}
	for file := range before {
		if _, stands := now[file]; !stands {
			m.stir(file)
		}
	}
}

// sameForm reports whether a is b, or another copy of the same form of it.
func sameForm(a, b *corev1.ConfigMap) bool {
	return a == b || a.UID != "" && a.UID == b.UID && a.ResourceVersion != "" && a.ResourceVersion == b.ResourceVersion
}

// locate finds out where the active files are, takes away what belongs to no object, and returns the items among them, sorted by
// namespace and name.
func (m *memory) locate(s *shards) []*item {
	var active []*item
	for _, file := range slices.Collect(maps.Keys(m.active)) {
		it := m.items[file]
		if it == nil {
			if !s.sweep(file, -1) {
				delete(m.active, file)
			}
			continue
		}
		s.find(it)
		s.sweep(file, it.shard)
		active = append(active, it)
	}
	slices.SortFunc(active, func(a, b *item) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	return active
}
