package promconfig

import (
	"bytes"
	"crypto/sha256"

	"github.com/klauspost/compress/gzip"
)

// members are pieces of text, each compressed to a gzip member of its own. Members joined are gzip of the joined text, so that a
// change costs the compression of the piece that it is in.
type members struct {
	known  map[[sha256.Size]byte]*member
	writer *gzip.Writer
	buffer bytes.Buffer
}

type member struct {
	data []byte
	turn int
}

func newMembers() members {
	return members{known: map[[sha256.Size]byte]*member{}, writer: gzip.NewWriter(nil)}
}

// compress returns the member of a text that is known by its digest; text is called only where it is new.
func (m *members) compress(digest [sha256.Size]byte, turn int, text func(write func([]byte))) []byte {
	if known := m.known[digest]; known != nil {
		known.turn = turn
		return known.data
	}
	m.buffer.Reset()
	m.writer.Reset(&m.buffer)
	text(func(p []byte) {
		if _, err := m.writer.Write(p); err != nil {
			panic(err) // a buffer takes everything
		}
	})
	if err := m.writer.Close(); err != nil {
		panic(err)
	}
	m.known[digest] = &member{data: bytes.Clone(m.buffer.Bytes()), turn: turn}
	return m.known[digest].data
}

func (m *members) forget(turn int) {
	for digest, member := range m.known {
		if member.turn != turn {
			delete(m.known, digest)
		}
	}
}

// jobsPerMember is how many jobs a member has on average.
const jobsPerMember = 64

// startsMember reports whether a job begins a new member. It depends on the name of the job alone: whatever comes or goes before
// it, the members after it stay the same.
func startsMember(name string) bool {
	hash := uint32(2166136261) // FNV-1a
	for i := range len(name) {
		hash = (hash ^ uint32(name[i])) * 16777619
	}
	return hash%jobsPerMember == 0
}

// ofJobs compresses jobs that follow one another, and returns their members with the index of the first job of each. A member is
// full when its text reaches most, in bytes.
func (m *members) ofJobs(jobs []jobText, most, turn int) (compressed [][]byte, first []int) {
	start, size := 0, 0
	for i := 1; i <= len(jobs); i++ {
		size += len(jobs[i-1].text)
		if i == len(jobs) || startsMember(jobs[i].name) || size >= most {
			compressed, first = append(compressed, m.jobMember(jobs[start:i], turn)), append(first, start)
			start, size = i, 0
		}
	}
	return compressed, first
}

// jobMember compresses neighbouring jobs.
func (m *members) jobMember(jobs []jobText, turn int) []byte {
	h := sha256.New()
	for i := range jobs {
		h.Write(jobs[i].digest[:])
	}
	return m.compress([sha256.Size]byte(h.Sum(nil)), turn, func(write func([]byte)) {
		for i := range jobs {
			write(jobs[i].text)
		}
	})
}
