package channels_test

import (
	"bytes"
	"errors"
	"mime"
	"net/mail"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/mixtapehq/mixtape/channels"
)

// expectedHeaders are all that an e-mail of the fuzz target may have, each once.
var expectedHeaders = []string{
	"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Reply-To",
	"X-Mixtape-Message", "X-Mixtape-Originally-To", "X-Acme", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "List-Unsubscribe", "List-Unsubscribe-Post",
}

// Whatever is put into a message, what arrives is one e-mail with those parts, for that person, and
// nothing else; or it is refused as what cannot be an e-mail.
func FuzzLetter(f *testing.F) {
	f.Add("ada@example.com", "Acme <hello@acme.example>", "Welcome", "Hello\n", "<p>Hello</p>", "x", "help@acme.example", "https://acme.example/u/1", "")
	f.Add(`"a b"@bücher.example`, "Zoë <zoë@acme.example>", "=?utf-8?q?=0D=0ABcc:_eve?=", ".\r\n..\r", "a\x00b\xff", "\r\nBcc: eve@example.com", "\"a\r\" <a@b.c>", "https://a/\r\nX: y", "x\ny")
	f.Add("ada@example.com", "a@b", strings.Repeat("ü", 500), strings.Repeat("x", 5000), strings.Repeat("é ", 900), strings.Repeat("y", 3000), "a@b", "", "\u2028Bcc: x")
	f.Add("=?utf-8?q?a=0Ab?= <a@b.c>", "=?x?= <a@b>", " ", "", "<p>", "\t x", "", "http://x/ü", "")
	p := (&peer{utf8: true}).start(f)
	u, err := url.Parse("smtp://" + p.address + "?pool=1&messages=1000000")
	if err != nil {
		f.Fatal(err)
	}
	s, err := channels.OpenSMTP(u)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, to, from, subject, text, html, header, reply, unsubscribe, originally string) {
		e := channels.Envelope{
			MessageID: subject, To: to, From: from, Subject: subject, Text: text, HTML: html, Topic: "tips", Unsubscribe: unsubscribe, OriginallyTo: originally,
			Headers: map[string]string{"X-Acme": header},
		}
		if reply != "" {
			e.Headers["Reply-To"] = reply
		}
		_, err := s.Send(t.Context(), e)
		data := p.takeAll()
		if err != nil {
			rejected, ok := errors.AsType[*channels.Rejected](err)
			if !ok || rejected.Reason != channels.InvalidAddress && rejected.Reason != channels.InvalidMessage || rejected.Code != "" || len(data) > 0 {
				t.Fatalf("%v (%d arrived)", err, len(data))
			}
			return
		}
		if len(data) != 1 {
			t.Fatalf("%d arrived", len(data))
		}
		checkLetter(t, e, data[0])
	})
}

func checkLetter(t *testing.T, e channels.Envelope, data []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%q", err, data)
	}
	for name, values := range m.Header {
		if !slices.Contains(expectedHeaders, textproto.CanonicalMIMEHeaderKey(name)) || len(values) != 1 {
			t.Errorf("%s: %q", name, values)
		}
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 {
		t.Errorf("From: %v, %v", from, err)
	}
	recipients, err := m.Header.AddressList("To")
	if err != nil || len(recipients) != 1 {
		t.Errorf("To: %v, %v", recipients, err)
	}
	intended, err := mail.ParseAddress(strings.TrimSpace(e.To))
	if err != nil {
		t.Fatalf("%q went out", e.To)
	}
	local := func(address string) string { return address[:strings.LastIndexByte(address, '@')] }
	if got, want := local(recipients[0].Address), local(intended.Address); got != want {
		t.Errorf("To: %q, want %q", got, want)
	}
	if e.OriginallyTo == "" {
		words := func(s string) string {
			return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) || c == '\u2028' || c == '\u2029' }), " ")
		}
		got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if want := strings.ToValidUTF8(e.Subject, ""); err != nil || words(got) != words(want) {
			t.Errorf("Subject: %q, want %q (%v)", got, want, err)
		}
	}
	beyond := false
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if len(line) > 999 { // 998 and a carriage return: RFC 5322 section 2.1.1
			t.Errorf("a line of %d bytes: %q", len(line), line[:60])
		}
		beyond = beyond || bytes.ContainsFunc(line, func(c rune) bool { return c > unicode.MaxASCII })
	}
	addresses := from[0].Address + recipients[0].Address + m.Header.Get("Reply-To")
	if beyond && !strings.ContainsFunc(addresses, func(c rune) bool { return c > unicode.MaxASCII }) {
		t.Errorf("8-bit in an e-mail of plain addresses: %q", data)
	}
	got := parts(t, m)
	// A line's end is what SMTP adds to a body that has none.
	lines := func(s string) string {
		return strings.TrimRight(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	}
	if strings.TrimSpace(e.Text) != "" && lines(got["text/plain"]) != lines(e.Text) {
		t.Errorf("text: %q, want %q", got["text/plain"], lines(e.Text))
	}
	if e.HTML != "" && lines(got["text/html"]) != lines(e.HTML) {
		t.Errorf("html: %q, want %q", got["text/html"], lines(e.HTML))
	}
}
