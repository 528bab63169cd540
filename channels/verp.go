package channels

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
)

// messageForm is how ids of messages look. They are long and random, so that nobody can guess one
// and report somebody else's message as undeliverable.
var messageForm = regexp.MustCompile(`^m[0-9a-v]{26}$`)

// messageFormLength is that of every id.
const messageFormLength = 27

// parseBounce reads the address to which servers report. It leaves room for `+` and a message's id.
func parseBounce(text string) (*mail.Address, error) {
	a, err := parseAddress(text)
	switch {
	case err != nil:
		return nil, err
	case !isASCII(a.Address) || strings.ContainsAny(route(a), "\"+"):
		return nil, errors.New("it may hold only ASCII, no + and no quotes")
	case strings.LastIndexByte(a.Address, '@')+1+messageFormLength > maxLocalPart:
		return nil, errors.New("its part before the @ is too long to add a message's id to")
	}
	return a, nil
}

// verp is the envelope sender of one message (variable envelope return path): a report that comes
// back names the message by the address that it comes to, whatever the reporter wrote into it.
func verp(bounce *mail.Address, id string) *mail.Address {
	if !messageForm.MatchString(id) {
		return bounce
	}
	at := strings.LastIndexByte(bounce.Address, '@')
	return &mail.Address{Address: bounce.Address[:at] + "+" + id + bounce.Address[at:]}
}

// MessageOfVERP reads the message's id from the address that a report came to, such as
// bounces+m0cv2...@acme.example. Servers on the way may have changed its letters' case.
func MessageOfVERP(address string) (id string, ok bool) {
	address = strings.Trim(strings.TrimSpace(address), "<>")
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", false
	}
	plus := strings.LastIndexByte(address[:at], '+')
	if plus < 1 {
		return "", false
	}
	id = strings.ToLower(address[plus+1 : at])
	if !messageForm.MatchString(id) {
		return "", false
	}
	return id, true
}
