package inbox

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

const (
	maxParts = 100
	maxDepth = 10
)

// Message is one mail as it arrived.
type Message struct {
	Number     int         `json:"number"` // from 1, in order of arrival
	Arrived    time.Time   `json:"arrived"`
	From       string      `json:"from"`                 // of the envelope
	To         []string    `json:"to"`                   // of the envelope
	Key        string      `json:"key"`                  // X-Mixtape-Message, else Message-ID: equal for repetitions of one message
	Copy       int         `json:"copy"`                 // 1 for the first arrival of the key, 2 for the next...; 0 without a key
	Unanswered bool        `json:"unanswered,omitempty"` // taken, but the sender was never told
	Subject    string      `json:"subject"`
	Header     mail.Header `json:"header"`
	Text       string      `json:"text"`
	HTML       string      `json:"html"`
	Raw        []byte      `json:"-"`
}

// parse reads what can be read. Mail is anybody's bytes: what is malformed shows as empty fields, and Raw has it all.
func parse(raw []byte) Message {
	m := Message{Raw: raw, Header: mail.Header{}}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Text = string(raw)
		return m
	}
	m.Header = message.Header
	m.Subject = message.Header.Get("Subject")
	var words mime.WordDecoder
	if decoded, err := words.DecodeHeader(m.Subject); err == nil {
		m.Subject = decoded
	}
	m.Key = strings.TrimSpace(message.Header.Get("X-Mixtape-Message"))
	if m.Key == "" {
		m.Key = strings.Trim(strings.TrimSpace(message.Header.Get("Message-Id")), "<>")
	}
	bodies := parts{left: maxParts}
	bodies.read(part{
		contentType: message.Header.Get("Content-Type"),
		encoding:    message.Header.Get("Content-Transfer-Encoding"),
		disposition: message.Header.Get("Content-Disposition"),
		body:        message.Body,
	}, maxDepth)
	m.Text, m.HTML = bodies.text, bodies.html
	return m
}

type part struct {
	contentType, encoding, disposition string
	body                               io.Reader
}

// parts collects the first text and the first HTML of a message.
type parts struct {
	text, html string
	left       int
}

func (p *parts) read(from part, depth int) {
	if p.left--; p.left < 0 || depth == 0 || strings.HasPrefix(strings.ToLower(from.disposition), "attachment") {
		return
	}
	kind, parameters, err := mime.ParseMediaType(from.contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		reader := multipart.NewReader(from.body, parameters["boundary"])
		for {
			next, err := reader.NextRawPart()
			if err != nil {
				return
			}
			p.read(part{
				contentType: next.Header.Get("Content-Type"),
				encoding:    next.Header.Get("Content-Transfer-Encoding"),
				disposition: next.Header.Get("Content-Disposition"),
				body:        next,
			}, depth-1)
		}
	}
	switch {
	case kind == "text/plain" && p.text == "":
		p.text = decode(from.body, from.encoding)
	case kind == "text/html" && p.html == "":
		p.html = decode(from.body, from.encoding)
	}
}

// decode gives what could be decoded before the first mistake.
func decode(body io.Reader, encoding string) string {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, _ := io.ReadAll(body)
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\r\n", "\n")
}
