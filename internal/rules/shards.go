package rules

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Shard is one ConfigMap of rule files, complete as it should be.
type Shard struct {
	// Index is the number at the end of the ConfigMap's name.
	Index int
	// Files are all its files by name. The map may be the one of the World: it must not be changed.
	Files map[string]string
	// Changed reports whether it differs from what stands in the cluster.
	Changed bool
}

// sizeOf is what a file takes of a ConfigMap in etcd: its name stands there twice, once among the fields that we manage.
func sizeOf(name, content string) int {
	if content == "" {
		return 0
	}
	return 2*len(name) + 16 + len(content)
}

// shard is one ConfigMap while files are being placed.
type shard struct {
	name   string
	files  map[string]string // as it stands; nil when it does not stand
	opened bool              // stands, or has been given a file
	bytes  int               // of all that it will hold
	edits  map[string]string // what changes; "" takes a file away
	left   bool              // a file is moving away from it
}

// edit notes that name shall have content, "" for none, and keeps the sum right.
func (s *shard) edit(name, before, content string) {
	if s.edits == nil {
		s.edits = map[string]string{}
	}
	s.edits[name] = content
	s.bytes += sizeOf(name, content) - sizeOf(name, before)
	s.opened = true
}

func (s *shard) result(index int) Shard {
	if len(s.edits) == 0 {
		return Shard{Index: index, Files: s.files, Changed: s.files == nil}
	}
	files := maps.Clone(s.files)
	if files == nil {
		files = map[string]string{}
	}
	for name, content := range s.edits {
		if content == "" {
			delete(files, name)
			continue
		}
		files[name] = content
	}
	return Shard{Index: index, Files: files, Changed: true}
}

// shards are all ConfigMaps that the pods of one Prometheus mount.
type shards struct {
	limits Limits
	all    []*shard
}

// roomFor chooses the shard for a file of the given size, or -1: the emptiest of those that stand and stay below FillBytes, else
// a new one, else the emptiest that can take it. allowed may be nil.
func (s *shards) roomFor(size int, allowed func(*shard) bool) int {
	fill := min(s.limits.FillBytes, s.limits.ShardBytes)
	if at := s.emptiest(size, fill, func(c *shard) bool { return c.opened && (allowed == nil || allowed(c)) }); at >= 0 {
		return at
	}
	if at := s.emptiest(size, s.limits.ShardBytes, func(c *shard) bool { return !c.opened }); at >= 0 {
		return at
	}
	return s.emptiest(size, s.limits.ShardBytes, allowed)
}

func (s *shards) emptiest(size, limit int, allowed func(*shard) bool) int {
	best, least := -1, math.MaxInt
	for i, c := range s.all {
		if c.bytes+size <= limit && c.bytes < least && (allowed == nil || allowed(c)) {
			best, least = i, c.bytes
		}
	}
	return best
}

// free is the room that is left in all shards together.
func (s *shards) free() int {
	free := 0
	for _, c := range s.all {
		free += max(0, s.limits.ShardBytes-c.bytes)
	}
	return free
}

// full says why a file of the given size has no room, and what to do.
func (s *shards) full(size int) string {
	byFill := func(a, b *shard) int { return cmp.Compare(a.bytes, b.bytes) }
	emptiest, fullest := slices.MinFunc(s.all, byFill), slices.MaxFunc(s.all, byFill)
	return fmt.Sprintf("the rules take %d bytes and no ConfigMap has room for them: of %d, each with a limit of %d bytes, "+
		"the emptiest (%s) has %d free and the fullest (%s) %d; make the object smaller, delete rules, or raise --rule-shards",
		size, len(s.all), s.limits.ShardBytes, emptiest.name, max(0, s.limits.ShardBytes-emptiest.bytes),
		fullest.name, max(0, s.limits.ShardBytes-fullest.bytes))
}

// results lists the shards that must exist, in the order in which they must be written: those that files move away from come
// last, so that a moving file is in its new place before it leaves the old one. Shard 0 always exists.
func (s *shards) results() []Shard {
	var keeping, leaving []Shard
	for i, c := range s.all {
		switch {
		case i > 0 && !c.opened:
		case c.left:
			leaving = append(leaving, c.result(i))
		default:
			keeping = append(keeping, c.result(i))
		}
	}
	return append(keeping, leaving...)
}

func (s *shards) fill() []int {
	fill := make([]int, len(s.all))
	for i, c := range s.all {
		fill[i] = c.bytes
	}
	return fill
}
