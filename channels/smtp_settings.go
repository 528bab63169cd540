package channels

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tlsMode says how a connection is protected.
type tlsMode string

const (
	tlsOpportunistic tlsMode = "opportunistic" // STARTTLS where the server offers it
	tlsRequired      tlsMode = "required"      // STARTTLS or no mail
	tlsNone          tlsMode = "none"
	tlsImplicit      tlsMode = "implicit" // from the first byte: smtps://
)

// smtpSettings are what a URL says.
type smtpSettings struct {
	host, port     string
	user, password string
	hasUser        bool
	auth           string // plain, login, or empty: what the server offers
	tls            tlsMode
	verify         bool // the server's certificate
	from           string
	bounce         *mail.Address // where servers report what they could not deliver; nil: to From
	dkim           *dkim         // nil: the server signs, or nobody
	hello          string        // the name that we give in EHLO
	// timeout bounds a whole Send, waiting for a connection included. It must stay below the lease
	// of a claim: a second attempt may begin when that has run out.
	timeout  time.Duration
	pool     int           // connections at most
	idle     time.Duration // a connection unused for longer is closed; servers drop them after some minutes
	messages int           // a connection's at most; many servers refuse more
	inTurn   bool          // each command waits for its answer, whatever the server offers
}

func readSMTP(u *url.URL) (smtpSettings, error) {
	host, _ := os.Hostname()
	s := smtpSettings{
		host: u.Hostname(), port: u.Port(), tls: tlsOpportunistic, verify: true, hello: host,
		timeout: LongestSend, pool: 8, idle: 30 * time.Second, messages: 100,
	}
	if s.hello == "" || !isASCII(s.hello) {
		s.hello = "localhost"
	}
	if u.Scheme == "smtps" {
		s.tls = tlsImplicit
	}
	if u.User != nil {
		s.user, s.hasUser = u.User.Username(), true
		s.password, _ = u.User.Password()
	}
	var problems []error
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf("smtp: "+format, args...)) }
	if s.host == "" {
		fail("the URL has no host; write smtp://host:587")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		fail("cannot read the URL's parameters; write them as ?tls=required&pool=8")
	}
	if query.Has("dkim") || query.Has("dkim_key") || query.Has("dkim_key_file") {
		if s.dkim, err = openDKIM(query.Get("dkim"), query.Get("dkim_key"), query.Get("dkim_key_file")); err != nil {
			fail("%w", err)
		}
	}
	for name, values := range query {
		if slices.Contains([]string{"dkim", "dkim_key", "dkim_key_file"}, name) {
			continue
		}
		if err := s.set(name, values[len(values)-1]); err != nil {
			problems = append(problems, err)
		}
	}
	if s.port == "" {
		switch {
		case s.tls == tlsImplicit:
			s.port = "465"
		case s.hasUser:
			s.port = "587"
		default:
			s.port = "25"
		}
	}
	if s.from != "" {
		if _, err := parseAddress(s.from); err != nil {
			fail("from is no address; write from=hello@acme.example")
		}
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return s, errors.Join(problems...)
	}
	return s, nil
}

func (s *smtpSettings) set(name, value string) error {
	var err error
	switch name {
	case "tls":
		s.tls = tlsMode(value)
		if !slices.Contains([]tlsMode{tlsOpportunistic, tlsRequired, tlsNone, tlsImplicit}, s.tls) {
			return fmt.Errorf("smtp: there is no tls=%s; write opportunistic, required, implicit or none", value)
		}
	case "auth":
		s.auth = value
		if value != "plain" && value != "login" {
			return fmt.Errorf("smtp: there is no auth=%s; write plain or login", value)
		}
	case "verify":
		s.verify, err = strconv.ParseBool(value)
	case "from":
		s.from = value
	case "bounce":
		if s.bounce, err = parseBounce(value); err != nil {
			return fmt.Errorf("smtp: cannot use bounce=%s: %w; write an address such as bounces@acme.example", value, err)
		}
	case "hello":
		s.hello = value
	case "timeout":
		s.timeout, err = duration(value)
		if err == nil && s.timeout > LongestSend {
			return fmt.Errorf("smtp: timeout=%s is longer than a message may take; write at most %s", value, LongestSend)
		}
	case "idle":
		s.idle, err = duration(value)
	case "pool":
		s.pool, err = strconv.Atoi(value)
		if err == nil && (s.pool < 1 || s.pool > 1000) {
			err = errors.New("out of range")
		}
	case "pipelining":
		var ahead bool
		ahead, err = strconv.ParseBool(value)
		s.inTurn = !ahead
	case "messages":
		s.messages, err = strconv.Atoi(value)
		if err == nil && s.messages < 1 {
			err = errors.New("out of range")
		}
	default:
		return fmt.Errorf("smtp: there is no parameter %s; there are tls, auth, verify, from, bounce, dkim, dkim_key, dkim_key_file, hello, timeout, pool, idle, messages, pipelining", name)
	}
	if err != nil {
		return fmt.Errorf("smtp: cannot read %s=%s; write durations as 30s, numbers from 1, and true or false", name, value)
	}
	return nil
}

func duration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err == nil && d <= 0 {
		err = errors.New("not positive")
	}
	return d, err
}

// tlsConfig is for STARTTLS and smtps. Where encryption is optional and no password is at stake, a
// certificate that does not verify is still better than none (RFC 7435).
func (s *smtpSettings) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName:         s.host,
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: !s.verify || s.tls == tlsOpportunistic && !s.hasUser, //nolint:gosec // as said above; else only where the settings ask for it
	}
}

func (s *smtpSettings) address() string { return net.JoinHostPort(s.host, s.port) }
