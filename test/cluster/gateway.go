package cluster

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
)

// The gateway leads from a port of 127.0.0.1 outside the sandbox to an address inside. Two unix sockets in the directory of the
// run are all the two sides share: the inside asks for a port at outsideSocket, and every connection made to that port comes in
// through insideSocket. Either way the first line is the address inside.
const (
	outsideSocket = "outside.sock"
	insideSocket  = "inside.sock"
)

// Expose makes address (host:port inside the sandbox) reachable from outside and returns where, 127.0.0.1:<a free port>.
// It lasts until the run ends.
func Expose(address string) (string, error) {
	if err := openInside(); err != nil {
		return "", err
	}
	conn, err := net.Dial("unix", filepath.Join(Dir(), outsideSocket))
	if err != nil {
		return "", fmt.Errorf("asking for a port outside: %w", err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintln(conn, address); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("asking for a port outside: %w", err)
	}
	return strings.TrimSpace(answer), nil
}

// openInside starts the inner side once: each connection names an address and is then joined to it.
var openInside = sync.OnceValue(func() error {
	listener, err := net.Listen("unix", filepath.Join(Dir(), insideSocket))
	if err != nil {
		return err
	}
	go accept(listener, func(conn net.Conn) {
		address, reader, err := firstLine(conn)
		if err != nil {
			conn.Close()
			return
		}
		join(conn, reader, "tcp", address, "")
	})
	return nil
})

// openGate starts the outer side: each connection names an address and is answered with a port that leads there.
func openGate(dir string) (io.Closer, error) {
	listener, err := net.Listen("unix", filepath.Join(dir, outsideSocket))
	if err != nil {
		return nil, err
	}
	go accept(listener, func(conn net.Conn) {
		defer conn.Close()
		address, _, err := firstLine(conn)
		if err != nil {
			return
		}
		door, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return
		}
		go accept(door, func(visitor net.Conn) {
			join(visitor, visitor, "unix", filepath.Join(dir, insideSocket), address+"\n")
		})
		fmt.Fprintln(conn, door.Addr())
	})
	return listener, nil
}

func accept(listener net.Listener, handle func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed
		}
		go handle(conn)
	}
}

// firstLine returns a connection's first line, and a reader of what follows it.
func firstLine(conn net.Conn) (string, io.Reader, error) {
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	return strings.TrimSpace(line), reader, err
}

// join connects to the address and copies both ways until either side ends. hello is sent ahead.
func join(conn net.Conn, from io.Reader, network, address, hello string) {
	defer conn.Close()
	other, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer other.Close()
	if _, err := io.WriteString(other, hello); err != nil {
		return
	}
	ended := make(chan struct{}, 2)
	go func() { io.Copy(other, from); ended <- struct{}{} }()
	go func() { io.Copy(conn, other); ended <- struct{}{} }()
	<-ended
}
