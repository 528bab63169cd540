package channels

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/mixtapehq/mixtape/message"
)

// letter is an e-mail ready for the wire.
type letter struct {
	sender *mail.Address // of the envelope: who hears that it could not be delivered
	to     *mail.Address
	id     string // Message-ID, without its brackets
	data   []byte
	utf8   bool // an address needs SMTPUTF8 (RFC 6531)
}

// maxLine is in bytes, without the line's end: RFC 5322 section 2.1.1.
const maxLine = 998

var (
	idForm = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*$`)
	// furtherHeader are those that a caller may add; all others are ours, or decide where an e-mail
	// goes and who vouches for it.
	furtherHeader = regexp.MustCompile(`^(?i:X-[A-Z0-9-]+|Reply-To|List-Id|Feedback-ID|References|In-Reply-To)$`)
)

// compose writes the e-mail. Its errors are about this one message and hold no address.
func compose(e Envelope, now time.Time) (*letter, error) {
	from, err := parseAddress(e.From)
	if err != nil {
		return nil, errors.New("the sender's address cannot be read; write From as \"Acme <hello@acme.example>\"")
	}
	to, err := parseAddress(e.To)
	if err != nil {
		return nil, errAddress
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	utf8 := !isASCII(from.Address + to.Address)
	for name, value := range e.Headers {
		if strings.EqualFold(name, "Reply-To") {
			// Encoded as a whole, a name beyond ASCII would take its address with it.
			reply, err := parseAddress(value)
			if err != nil {
				return nil, errors.New("Reply-To cannot be read; write it as \"Acme <hello@acme.example>\"")
			}
			utf8 = utf8 || !isASCII(reply.Address)
			m.ReplyToMailAddress(reply)
			continue
		}
		if !furtherHeader.MatchString(name) || strings.HasPrefix(strings.ToLower(name), "x-mixtape-") {
			return nil, errors.New("a further header may be X-..., Reply-To, List-Id, Feedback-ID, References or In-Reply-To")
		}
		m.SetGenHeader(gomail.Header(name), line(value))
	}
	m.FromMailAddress(from)
	m.ToMailAddress(to)
	subject := line(e.Subject)
	if e.OriginallyTo != "" {
		subject = "[to " + line(e.OriginallyTo) + "] " + subject
		m.SetGenHeader("X-Mixtape-Originally-To", line(e.OriginallyTo))
	}
	m.Subject(subject)
	m.SetDateWithValue(now)
	id := messageID(e.MessageID, from)
	m.SetMessageIDWithValue(id)
	m.SetGenHeader("X-Mixtape-Message", line(e.MessageID))
	// RFC 3834 section 5: vacation responders answer nothing that says so.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if e.Topic != "" {
		m.SetBulk()
	}
	if e.Unsubscribe != "" {
		address, err := unsubscribe(e.Unsubscribe)
		if err != nil {
			return nil, err
		}
		m.SetListUnsubscribe(address)
		m.SetListUnsubscribePost()
	}
	// The encoder loses a line's end behind a carriage return that stands alone.
	ends := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	e.Text, e.HTML = ends.Replace(e.Text), ends.Replace(e.HTML)
	if strings.TrimSpace(e.Text) == "" {
		e.Text = message.PlainText(e.HTML)
	}
	switch {
	case e.Text != "" && e.HTML != "":
		m.SetBodyString(gomail.TypeTextPlain, e.Text)
		m.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
	case e.HTML != "":
		m.SetBodyString(gomail.TypeTextHTML, e.HTML)
	case e.Text != "":
		m.SetBodyString(gomail.TypeTextPlain, e.Text)
	default:
		return nil, errors.New("the message has no body")
	}
	var data bytes.Buffer
	if _, err := m.WriteTo(&data); err != nil {
		return nil, errors.New("the message cannot be written as an e-mail")
	}
	for line := range bytes.SplitSeq(data.Bytes(), []byte("\n")) {
		if len(line) > maxLine+1 { // bodies are wrapped; of a header it is one long word
			return nil, errors.New("a word of the subject or of another header is too long for an e-mail")
		}
	}
	return &letter{sender: from, to: to, id: id, data: data.Bytes(), utf8: utf8}, nil
}

// messageID is the same for every attempt at a message, so that a mailbox that got it twice can
// show it once.
func messageID(id string, from *mail.Address) string {
	if !idForm.MatchString(id) || len(id) > 200 {
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:16])
	}
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	return id + "@" + strings.Trim(domain, "[]")
}

// unsubscribe checks the one-click address: RFC 8058 wants https, a local stack has only http.
func unsubscribe(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !isASCII(u.String()) {
		return "", errors.New("the address to unsubscribe at is no http or https URL")
	}
	return u.String(), nil
}

// line keeps a value from ending its header.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "")))
}
