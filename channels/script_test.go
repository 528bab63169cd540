package channels_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

// script is a server that says exactly what a test writes: what a real one may do to us is more than
// a library lets it.
type script struct {
	address  string
	accepted atomic.Int32
}

// talk is one connection of a script.
type talk struct {
	net.Conn
	r *bufio.Reader
}

func newScript(t *testing.T, serve func(*talk)) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{address: l.Addr().String()}
	var group sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			group.Go(func() {
				defer c.Close()
				serve(&talk{Conn: c, r: bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return s
}

func (s *script) provider(t *testing.T, parameters string) *channels.SMTP {
	t.Helper()
	return open(t, "smtp://"+s.address+"?from=hello@acme.example&pool=1&"+parameters)
}

// say writes lines in one go; a connection that is gone is noticed when it is read.
func (c *talk) say(lines ...string) { _, _ = c.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")) }

// hear reads one line; empty means that the other side is gone.
func (c *talk) hear() string {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimRight(line, "\r\n")
}

// greet says hello and which extensions there are.
func (c *talk) greet(extensions ...string) bool {
	c.say("220 peer.example")
	if !strings.HasPrefix(c.hear(), "EHLO ") {
		return false
	}
	lines := []string{"250-peer.example"}
	for _, e := range extensions {
		lines = append(lines, "250-"+e)
	}
	lines[len(lines)-1] = "250 " + lines[len(lines)-1][4:]
	c.say(lines...)
	return true
}

// body reads a message up to its final dot; false means that it did not come.
func (c *talk) body() (lines []string, whole bool) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return lines, false
		}
		if line == ".\r\n" {
			return lines, true
		}
		lines = append(lines, line)
	}
}

// rest answers whatever comes as a good server does, one command after the other.
func (c *talk) rest(taken *atomic.Int32) {
	for {
		switch line := c.hear(); {
		case line == "":
			return
		case line == "DATA":
			c.say("354 go on")
			if _, whole := c.body(); !whole {
				return
			}
			taken.Add(1)
			c.say("250 2.0.0 taken")
		case line == "QUIT":
			c.say("221 bye")
			return
		default:
			c.say("250 ok")
		}
	}
}
