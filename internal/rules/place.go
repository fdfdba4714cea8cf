package rules

import (
	"cmp"
	"slices"
)

// locate finds out where the files of items are, and takes away the files that belong to none.
func (s *shards) locate(items []*item) {
	claimed := s.claim(items, s.remembered)
	if s.doubled(items, claimed) {
		claimed = s.claim(items, s.find)
	}
	for i, c := range s.all {
		if claimed[i] != len(c.files) {
			c.sweep(i, items)
		}
	}
}

// claim sets where each item stands, and counts the files of each shard that belong to an item.
func (s *shards) claim(items []*item, find func(*item) (int, string)) []int {
	claimed := make([]int, len(s.all))
	for _, it := range items {
		if it.shard, it.standing = find(it); it.shard >= 0 {
			claimed[it.shard]++
		}
	}
	return claimed
}

// remembered looks first where the file stood in the last plan.
func (s *shards) remembered(it *item) (int, string) {
	if it.shard < 0 || it.shard >= len(s.all) {
		return s.find(it)
	}
	c := s.all[it.shard]
	if c.known && it.standing != "" {
		return it.shard, it.standing
	}
	if content := c.files[it.file]; content != "" {
		return it.shard, content
	}
	return s.find(it)
}

// find returns where the file is and its content, or -1. After a move that was cut short it is in two places: the one with the
// content that is wanted counts, else the first. An empty file counts as none, and is taken away.
func (s *shards) find(it *item) (int, string) {
	first, standing := -1, ""
	for i, c := range s.all {
		content := c.files[it.file]
		if content == "" {
			continue
		}
		if content == it.whole.content {
			return i, content
		}
		if first < 0 {
			first, standing = i, content
		}
	}
	return first, standing
}

// doubled reports whether some file of an item is in a second place too.
func (s *shards) doubled(items []*item, claimed []int) bool {
	for i, c := range s.all {
		if claimed[i] == len(c.files) {
			continue
		}
		for _, it := range items {
			if c.files[it.file] != "" && it.shard != i {
				return true
			}
		}
	}
	return false
}

// sweep takes the files away that belong to no item in this shard, which is the one at index.
func (s *shard) sweep(index int, items []*item) {
	claimed := make(map[string]bool, len(s.files))
	for _, it := range items {
		if it.shard == index {
			claimed[it.file] = true
		}
	}
	for name, content := range s.files {
		if !claimed[name] {
			s.edit(name, content, "")
		}
	}
}

// settle gives every item its place. What shrinks stays and makes room; what grows stays while it fits, else moves alone; what is
// new comes last, the oldest object first. What finds no room keeps the form that stands.
func (s *shards) settle(items []*item, quota *quota) {
	var growing, fresh, homeless []*item
	for _, it := range items {
		switch {
		case it.want.content == it.standing:
		case it.shard < 0:
			fresh = append(fresh, it)
		case it.want.size(it.file) > it.have.size(it.file):
			growing = append(growing, it)
		default:
			s.change(it, quota)
		}
	}
	for _, it := range growing {
		c := s.all[it.shard]
		if c.bytes+it.want.size(it.file)-it.have.size(it.file) > s.limits.ShardBytes {
			homeless = append(homeless, it)
			c.left = true
			continue
		}
		if !quota.refuses(it, s) {
			s.change(it, quota)
		}
	}
	for _, it := range homeless {
		s.move(it, quota)
	}
	slices.SortStableFunc(fresh, byAge)
	for _, it := range fresh {
		s.add(it, quota)
	}
}

func byAge(a, b *item) int {
	return cmp.Or(a.rule.CreationTimestamp.Compare(b.rule.CreationTimestamp.Time), cmp.Compare(a.file, b.file))
}

func (s *shards) change(it *item, quota *quota) {
	s.all[it.shard].edit(it.file, it.standing, it.want.content)
	quota.take(it)
}

// move brings an item that has outgrown its shard into another one, if it can be into one that nothing moves away from: then
// writing the shards in order never leaves the file nowhere.
func (s *shards) move(it *item, quota *quota) {
	size, old := it.want.size(it.file), it.shard
	to := s.roomFor(size, func(c *shard) bool { return !c.left })
	if to < 0 {
		to = s.roomFor(size, func(c *shard) bool { return c != s.all[old] })
	}
	if to < 0 {
		it.refuse(NoRoom, s.full(size))
		return
	}
	if quota.refuses(it, s) {
		return
	}
	s.all[old].edit(it.file, it.standing, "")
	s.all[to].edit(it.file, "", it.want.content)
	it.shard, it.standing = to, ""
	quota.take(it)
}

func (s *shards) add(it *item, quota *quota) {
	size := it.want.size(it.file)
	to := s.roomFor(size, nil)
	if to < 0 {
		it.refuse(NoRoom, s.full(size))
		return
	}
	if quota.refuses(it, s) {
		return
	}
	s.all[to].edit(it.file, "", it.want.content)
	it.shard, it.standing = to, ""
	quota.take(it)
}

// refuse keeps the form that stands.
func (it *item) refuse(reason, message string) {
	it.final = it.have
	it.refusal = &Finding{Path: "spec", Reason: reason, Message: message}
}
