package channels

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// RFC 5321 section 4.5.3.1.
const (
	maxLocalPart = 64
	maxAddress   = 254
)

var errAddress = errors.New("not an e-mail address")

// parseAddress reads `ada@example.com` or `Ada <ada@example.com>`. The domain comes back in its
// ASCII form; a control character anywhere refuses the whole, for it could begin a header.
func parseAddress(text string) (*mail.Address, error) {
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, unicode.IsControl) {
		return nil, errAddress
	}
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errAddress
	}
	at := strings.LastIndexByte(a.Address, '@')
	local, domain := a.Address[:at], a.Address[at+1:]
	if strings.ContainsFunc(a.Name+local, unicode.IsControl) {
		return nil, errAddress
	}
	if domain, err = asciiDomain(domain); err != nil {
		return nil, errAddress
	}
	if len(local) > maxLocalPart || len(local)+1+len(domain) > maxAddress {
		return nil, errAddress
	}
	return &mail.Address{Name: a.Name, Address: local + "@" + domain}, nil
}

// asciiDomain gives the form that the DNS knows: bücher.example is xn--bcher-kva.example. An
// address literal such as [127.0.0.1] stays.
func asciiDomain(domain string) (string, error) {
	if strings.HasPrefix(domain, "[") {
		return domain, nil
	}
	return idna.Lookup.ToASCII(domain)
}

// route is the address as SMTP's MAIL and RCPT want it: its local part quoted where that is needed.
func route(a *mail.Address) string { return (&mail.Address{Address: a.Address}).String() }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII })
}
