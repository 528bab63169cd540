package smtp_test

import (
	"net"
	"time"
)

// away puts a server at a distance: what a client writes is read so much later, however much of it is on its way.
type away struct {
	net.Listener
	delay time.Duration // of a round trip
}

func (l away) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.delay == 0 {
		return c, err
	}
	d := &delayed{Conn: c, arriving: make(chan arrival, 1024)}
	go d.carry(l.delay)
	return d, nil
}

// delayed is a connection whose reads come late.
type delayed struct {
	net.Conn
	arriving chan arrival
	rest     []byte
}

type arrival struct {
	at   time.Time
	data []byte
	err  error
}

func (c *delayed) carry(delay time.Duration) {
	defer close(c.arriving)
	for {
		buffer := make([]byte, 32<<10)
		n, err := c.Conn.Read(buffer)
		c.arriving <- arrival{time.Now().Add(delay), buffer[:n], err}
		if err != nil {
			return
		}
	}
}

func (c *delayed) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		a, ok := <-c.arriving
		if !ok {
			return 0, net.ErrClosed
		}
		time.Sleep(time.Until(a.at)) // the distance
		if c.rest = a.data; len(c.rest) == 0 {
			return 0, a.err
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
