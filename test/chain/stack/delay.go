package stack

import (
	"io"
	"time"
)

// delayedBody passes on what it reads after a while, as a watch that lags.
type delayedBody struct {
	source io.ReadCloser
	chunks chan chunk
	done   chan struct{}
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
	due  time.Time
}

func delayed(source io.ReadCloser, by func() time.Duration) io.ReadCloser {
	d := &delayedBody{source: source, chunks: make(chan chunk, 1024), done: make(chan struct{})}
	go d.read(by)
	return d
}

func (d *delayedBody) read(by func() time.Duration) {
	for {
		data := make([]byte, 32<<10)
		n, err := d.source.Read(data)
		select {
		case d.chunks <- chunk{data[:n], err, time.Now().Add(by())}:
		case <-d.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (d *delayedBody) Read(p []byte) (int, error) {
	for len(d.rest) == 0 && d.err == nil {
		select {
		case c := <-d.chunks:
			select {
			case <-time.After(time.Until(c.due)):
			case <-d.done:
			}
			d.rest, d.err = c.data, c.err
		case <-d.done:
			return 0, io.EOF
		}
	}
	if len(d.rest) == 0 {
		return 0, d.err
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (d *delayedBody) Close() error {
	select {
	case <-d.done:
	default:
		close(d.done)
	}
	return d.source.Close()
}
