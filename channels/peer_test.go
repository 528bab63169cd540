package channels_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/mixtapehq/mixtape/channels"
)

// peer is a mail server in this process that keeps what it takes and misbehaves on request. Each
// hook may close the connection or return an error, which the peer then answers.
type peer struct {
	onMail, onRcpt func(p *peer, c *smtp.Conn, address string) error
	onData         func(p *peer, c *smtp.Conn, data []byte) error
	onBody         func(p *peer, c *smtp.Conn) error // before the body is read
	user, password string
	tls            *tls.Config
	implicit       bool
	login          bool // AUTH LOGIN instead of PLAIN
	utf8           bool

	address string

	mu       sync.Mutex
	taken    [][]byte
	froms    []string
	open     int // connections, as the server sees them
	accepted int
	conns    map[net.Conn]bool
	secure   int // messages that came over TLS
	mails    int // MAIL commands
}

func (p *peer) start(t testing.TB) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address, p.conns = l.Addr().String(), map[net.Conn]bool{}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &peerSession{peer: p, conn: c}, nil
	}))
	s.Domain, s.AllowInsecureAuth, s.TLSConfig = "peer.example", true, p.tls
	s.MaxMessageBytes, s.EnableSMTPUTF8 = 64<<20, p.utf8
	s.ErrorLog = log.New(io.Discard, "", 0)
	var listener net.Listener = &counting{Listener: l, peer: p}
	if p.implicit {
		listener, s.TLSConfig = tls.NewListener(listener, p.tls), nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(listener) // ends with the error that it was closed
	}()
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		<-done
	})
	return p
}

// provider opens the client under test.
func (p *peer) provider(t *testing.T, parameters string) *channels.SMTP {
	t.Helper()
	address := "smtp://" + p.address + "?from=Acme+<hello@acme.example>&" + parameters
	return open(t, address)
}

func open(t *testing.T, address string) *channels.SMTP {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := channels.OpenSMTP(u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (p *peer) messages(t *testing.T) []*mail.Message {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*mail.Message
	for _, data := range p.taken {
		m, err := mail.ReadMessage(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("the server got no e-mail: %v\n%s", err, data)
		}
		all = append(all, m)
	}
	return all
}

// takeAll returns what came since the last time.
func (p *peer) takeAll() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.taken
	p.taken, p.froms = nil, nil
	return all
}

func (p *peer) count(of *int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *of
}

// hangUp closes every connection from the server's side.
func (p *peer) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

type peerSession struct {
	*peer
	conn *smtp.Conn
	from string
}

func (s *peerSession) Reset()        {}
func (s *peerSession) Logout() error { return nil }

func (s *peerSession) AuthMechanisms() []string {
	switch {
	case s.user == "":
		return nil
	case s.login:
		return []string{"LOGIN"}
	}
	return []string{sasl.Plain}
}

func (s *peerSession) Auth(string) (sasl.Server, error) {
	check := func(_, user, password string) error {
		if user != s.user || password != s.password {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if s.login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(check), nil
}

// loginServer asks for the user, then for the password.
type loginServer struct {
	check func(identity, user, password string) error
	asked int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check("", l.user, string(response))
}

func (s *peerSession) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	s.mails++
	s.mu.Unlock()
	s.from = from
	if s.onMail != nil {
		return s.onMail(s.peer, s.conn, from)
	}
	return nil
}

func (s *peerSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.onRcpt != nil {
		return s.onRcpt(s.peer, s.conn, to)
	}
	return nil
}

func (s *peerSession) Data(r io.Reader) error {
	if s.onBody != nil {
		if err := s.onBody(s.peer, s.conn); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.onData != nil {
		if err := s.onData(s.peer, s.conn, data); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken, s.froms = append(s.taken, data), append(s.froms, s.from)
	if _, ok := s.conn.TLSConnectionState(); ok {
		s.secure++
	}
	return nil
}

// counting counts connections.
type counting struct {
	net.Listener
	peer *peer
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	l.peer.accepted++
	l.peer.open++
	counted := &countedConn{Conn: c, peer: l.peer}
	l.peer.conns[counted] = true
	return counted, nil
}

type countedConn struct {
	net.Conn
	peer *peer
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() {
		go func() { // hangUp holds the lock while it closes
			c.peer.mu.Lock()
			defer c.peer.mu.Unlock()
			c.peer.open--
			delete(c.peer.conns, c)
		}()
	})
	return c.Conn.Close()
}

// certificate makes one for 127.0.0.1 that nobody trusts.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "peer.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// envelope is a plain good message.
func envelope() channels.Envelope {
	return channels.Envelope{MessageID: "0198c5e1-7a10", To: "ada@example.com", Subject: "Welcome", Text: "Hello Ada\n", HTML: "<p>Hello Ada</p>"}
}
