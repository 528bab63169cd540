package channels

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// What is read of a notice at most. Real ones have three or four parts.
const (
	noticeSize   = 16 << 20
	noticeDepth  = 6
	noticeParts  = 40
	noticePart   = 256 << 10 // bytes of a part that is looked at
	noticeBlocks = 100       // recipients
)

var errNotice = errors.New("not a notice")

// notice is an e-mail about an e-mail, taken apart.
type notice struct {
	header       mail.Header
	report       string // the report-type of a multipart/report
	text         string
	statusFields []fields // of a message/delivery-status: the message's, then a recipient's each
	abuseFields  []fields // of a message/feedback-report
	original     fields   // the headers of ours, as far as they were returned; nil: they were not
	parts        int
}

// fields are those of a header, by their names in lower case; of several alike, the first.
type fields map[string]string

func readNotice(raw []byte) (*notice, error) {
	if len(raw) > noticeSize {
		return nil, errNotice
	}
	// Some pipes put the separator of mailbox files before it.
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || len(m.Header) == 0 {
		return nil, errNotice
	}
	n := &notice{header: m.Header}
	return n, n.read(part{kind: m.Header.Get("Content-Type"), encoding: m.Header.Get("Content-Transfer-Encoding"), body: m.Body}, 0)
}

func (n *notice) head(name string) string { return n.header.Get(name) }

// part is one of an e-mail; body is still encoded.
type part struct {
	kind, encoding string
	body           io.Reader
}

func (n *notice) read(p part, depth int) error {
	if n.parts++; depth > noticeDepth || n.parts > noticeParts {
		return errNotice
	}
	kind, parameters, err := mime.ParseMediaType(p.kind)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		if kind == "multipart/report" && n.report == "" {
			n.report = strings.ToLower(parameters["report-type"])
		}
		return n.readAll(multipart.NewReader(p.body, parameters["boundary"]), depth)
	}
	body := p.decoded()
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		n.statusFields = append(n.statusFields, blocks(body)...)
	case "message/feedback-report":
		n.abuseFields = append(n.abuseFields, blocks(body)...)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822":
		if found := blocks(body); n.original == nil && len(found) > 0 {
			n.original = found[0]
		}
	case "text/plain":
		if n.text == "" {
			n.text = string(body)
		}
	}
	return nil
}

func (n *notice) readAll(parts *multipart.Reader, depth int) error {
	for {
		p, err := parts.NextRawPart()
		if err != nil { // the end, or cut off: what came before counts
			return nil //nolint:nilerr // as said
		}
		if err := n.read(part{kind: p.Header.Get("Content-Type"), encoding: p.Header.Get("Content-Transfer-Encoding"), body: p}, depth+1); err != nil {
			return err
		}
	}
}

// decoded is the beginning of what a part says. What cannot be decoded is given up where that begins.
func (p part) decoded() []byte {
	body := p.body
	switch strings.ToLower(strings.TrimSpace(p.encoding)) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	raw, _ := io.ReadAll(io.LimitReader(body, noticePart))
	return raw
}

// blocks reads groups of fields with blank lines between them, as headers are written. Lines that are
// no fields are passed over: servers write what they like.
func blocks(raw []byte) []fields {
	var all []fields
	var current fields
	last := ""
	for text := range bytes.Lines(raw) {
		text = bytes.TrimRight(text, "\r\n")
		if len(text) == 0 {
			current, last = nil, ""
			continue
		}
		if text[0] == ' ' || text[0] == '\t' {
			if last != "" && len(current[last]) < 4*maxLine {
				current[last] += " " + string(bytes.TrimSpace(text))
			}
			continue
		}
		name, value, ok := strings.Cut(string(text), ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if last = ""; !ok || name == "" || strings.Contains(name, " ") {
			continue
		}
		if current == nil {
			if len(all) == noticeBlocks {
				return all
			}
			current = fields{}
			all = append(all, current)
		}
		if _, twice := current[name]; !twice {
			current[name], last = strings.TrimSpace(value), name
		}
	}
	return all
}

// messageID finds which message of ours it is about: by the address that it came to, by what the
// reporter says of the envelope, and by what came back of the original.
func (n *notice) messageID(recipient string) string {
	addresses := []string{recipient}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To"} {
		addresses = append(addresses, n.header[name]...)
	}
	addresses = append(addresses, n.original["return-path"], first(n.abuseFields)["original-mail-from"])
	for _, list := range addresses {
		for address := range strings.FieldsFuncSeq(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			if id, ok := MessageOfVERP(address); ok {
				return id
			}
		}
	}
	for _, id := range []string{
		n.original["x-mixtape-message"], first(n.statusFields)["original-envelope-id"], first(n.abuseFields)["original-envelope-id"],
		n.original["message-id"], n.head("In-Reply-To"), n.head("References"), n.head("X-Mixtape-Message"),
	} {
		for word := range strings.FieldsSeq(id) {
			if id, ok := ownMessage(word); ok {
				return id
			}
		}
	}
	return ""
}

func first(all []fields) fields {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// ownMessage reads the id of a message of ours, as it is or as the left side of a Message-ID.
func ownMessage(id string) (string, bool) {
	id = strings.ToLower(strings.Trim(strings.TrimSpace(id), "<>"))
	id, _, _ = strings.Cut(id, "@")
	if !messageForm.MatchString(id) {
		return "", false
	}
	return id, true
}
