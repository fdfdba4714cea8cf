package rules

import (
	"cmp"
	"slices"
)

// find sets where the file of an item is, and its content. After a move that was cut short it is in two places: the one with the
// content that is wanted counts, else the first. An empty file counts as none.
func (s *shards) find(it *item) {
	it.copies, it.shard, it.standing = 0, -1, ""
	for i, c := range s.all {
		content, there := c.files[it.file]
		if !there {
			continue
		}
		it.copies++
		wanted := content == it.whole.content && it.standing != content
		if content != "" && (it.shard < 0 || wanted) {
			it.shard, it.standing = i, content
		}
	}
}

// sweep takes a file away from every shard but the given one; -1 spares none. It reports whether there was anything to take away.
func (s *shards) sweep(file string, except int) bool {
	swept := false
	for i, c := range s.all {
		if content, there := c.files[file]; there && i != except {
			c.edit(file, content, "")
			swept = true
		}
	}
	return swept
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
	return cmp.Or(a.created.Compare(b.created.Time), cmp.Compare(a.file, b.file))
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
