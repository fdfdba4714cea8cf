// Package expand turns the stored parts of a configuration into the text that Prometheus reads: gunzip, bounded, and
// $(NAME) replaced once. It streams: memory does not grow with the configuration.
package expand

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// Error is a refusal of the content: it will be the same however often it is read.
type Error struct {
	Reason contract.Reason
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func refuse(r contract.Reason, format string, args ...any) error {
	return &Error{Reason: r, Err: fmt.Errorf(format, args...)}
}

// Gunzip reads one part: gzip (any number of members), or plain text when it does not begin with the two bytes of gzip.
// Reads return an Error with BadGzip when the data is damaged. The name is used in messages.
func Gunzip(name string, r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, bufferSize)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, refuse(contract.BadGzip, "%s: %w", name, err)
	}
	return &gunzipper{name: name, z: z}, nil
}

const bufferSize = 32 << 10

type gunzipper struct {
	name string
	z    *gzip.Reader
}

func (g *gunzipper) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = refuse(contract.BadGzip, "%s: %w", g.name, err)
	}
	return n, err
}

// Limit reads at most limit bytes of r and returns an Error with TooLarge where there is more.
func Limit(r io.Reader, limit int64) io.Reader { return &limiter{r: r, left: limit, limit: limit} }

type limiter struct {
	r           io.Reader
	left, limit int64
}

func (l *limiter) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, refuse(contract.TooLarge, "larger than %d bytes when unpacked", l.limit)
	}
	return n, err
}

// Vars replaces variables in a configuration.
type Vars struct {
	// Values of the names that may be expanded. A name that may be expanded and is not set is absent from Values and
	// present in Names.
	Values map[string]string
	Names  []string
	// Strict refuses text with a $(NAME) that may not be expanded; otherwise that is left as it is.
	Strict bool
}

// maxName bounds how far ahead the closing parenthesis is looked for.
const maxName = 256

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// isName says that the text is a name as a shell's variables have it.
func isName(text string) bool {
	return text != "" && !strings.Contains(digits, text[:1]) && strings.Trim(text, letters+digits+"_") == ""
}

// isSafe says that a value means nothing to YAML, wherever it stands.
func isSafe(value string) bool {
	return strings.Trim(value, letters+digits+"._-/:") == "" && !strings.HasSuffix(value, ":")
}

// Copy writes r to w with its variables replaced. Errors of type Error are refusals: EnvMissing, EnvUnsafe.
func (v Vars) Copy(w io.Writer, r io.Reader) error {
	in := bufio.NewReaderSize(r, bufferSize)
	for {
		text, err := in.ReadSlice('$')
		if _, werr := w.Write(bytes.TrimSuffix(text, []byte("$"))); werr != nil {
			return werr
		}
		if bytes.HasSuffix(text, []byte("$")) {
			err = v.dollar(w, in)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// dollar handles what follows a dollar sign that was read already.
func (v Vars) dollar(w io.Writer, in *bufio.Reader) error {
	name, length, escaped, err := peekName(in)
	if err != nil {
		return err
	}
	text := "$"
	switch {
	case name == "":
	case escaped:
		text = "$(" + name + ")"
	default:
		if text, err = v.value(name); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	_, err = in.Discard(length)
	return err
}

// peekName looks for (NAME) or, escaped, $(NAME), and says how many bytes that takes. Without one the name is "".
func peekName(in *bufio.Reader) (name string, length int, escaped bool, err error) {
	ahead, err := in.Peek(maxName)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, false, err
	}
	rest, escaped := bytes.CutPrefix(ahead, []byte("$"))
	rest, open := bytes.CutPrefix(rest, []byte("("))
	end := bytes.IndexByte(rest, ')')
	if !open || end < 0 || !isName(string(rest[:end])) {
		return "", 0, false, nil
	}
	length = len("()") + end
	if escaped {
		length++
	}
	return string(rest[:end]), length, escaped, nil
}

func (v Vars) value(name string) (string, error) {
	value, ok := v.Values[name]
	if ok && !isSafe(value) {
		return "", refuse(contract.EnvUnsafe, "$(%s): its value has a character other than letters, digits and . _ - / : or ends in a colon", name)
	}
	if ok {
		return value, nil
	}
	if v.Strict || v.listed(name) {
		return "", refuse(contract.EnvMissing, "$(%s) is not set here or may not be expanded; write $$(%s) for the text itself", name, name)
	}
	return "$(" + name + ")", nil
}

func (v Vars) listed(name string) bool {
	for _, n := range v.Names {
		if n == name {
			return true
		}
	}
	return false
}
