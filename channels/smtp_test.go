package channels_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
)

// send delivers one message and returns what the server got.
func send(t *testing.T, e channels.Envelope) *mail.Message {
	t.Helper()
	p := (&peer{}).start(t)
	if _, err := p.provider(t, "").Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	all := p.messages(t)
	if len(all) != 1 {
		t.Fatalf("%d messages arrived, want 1", len(all))
	}
	return all[0]
}

func decoded(t *testing.T, value string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMessageArrivesAsWritten(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.From, e.Subject = "Café Acme <hello@bücher.example>", "Voilà: 50 % for „you“, until the end of this rather long month of November, and then no more"
	e.Text, e.HTML = "Zoë,\n.\n..dots\nlong "+strings.Repeat("x", 2000)+"\n", "<p>Zoë 🎵</p>\n.\n"
	e.Topic, e.Unsubscribe = "tips", "https://acme.example/u/1.abc"
	e.Headers = map[string]string{"X-Acme": "é\r\nBcc: eve@example.com"}
	m := send(t, e)

	got := map[string]string{}
	for _, name := range []string{"Subject", "From", "To", "Message-Id", "X-Mixtape-Message", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Precedence", "Bcc"} {
		got[name] = decoded(t, m.Header.Get(name))
	}
	want := map[string]string{
		"Subject": e.Subject, "From": `Café Acme <hello@xn--bcher-kva.example>`, "To": "<ada@example.com>",
		"Message-Id": "<0198c5e1-7a10@xn--bcher-kva.example>", "X-Mixtape-Message": "0198c5e1-7a10",
		"List-Unsubscribe": "<https://acme.example/u/1.abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted": "auto-generated", "Precedence": "bulk", "Bcc": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if _, err := m.Header.Date(); err != nil {
		t.Errorf("Date: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"text/plain": e.Text, "text/html": e.HTML}, parts(t, m)); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

// parts reads the bodies by media type.
func parts(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	out := map[string]string{}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(kind, encoding string, r io.Reader) {
		if encoding == "quoted-printable" {
			r = quotedprintable.NewReader(r)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if kind != "multipart/alternative" {
		read(kind, m.Header.Get("Content-Transfer-Encoding"), m.Body)
		return out
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		read(kind, p.Header.Get("Content-Transfer-Encoding"), p)
	}
}

func TestTransactionalTextHasNoListHeaders(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.HTML = ""
	m := send(t, e)
	for _, name := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"} {
		if v := m.Header.Get(name); v != "" {
			t.Errorf("%s: %s", name, v)
		}
	}
	if diff := cmp.Diff(map[string]string{"text/plain": e.Text}, parts(t, m)); diff != "" {
		t.Error(diff)
	}
}

func TestRedirectedMessageSaysWhereItWasGoing(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.To, e.OriginallyTo = "team@acme.example", "ada@example.com"
	m := send(t, e)
	if got := m.Header.Get("X-Mixtape-Originally-To"); got != "ada@example.com" {
		t.Errorf("X-Mixtape-Originally-To: %q", got)
	}
	if got := decoded(t, m.Header.Get("Subject")); got != "[to ada@example.com] Welcome" {
		t.Errorf("Subject: %q", got)
	}
}

func TestMessageIDIsAlwaysValidAndStable(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.MessageID = "a b>\r\nX: ü"
	first, second := send(t, e).Header.Get("Message-Id"), send(t, e).Header.Get("Message-Id")
	if first != second {
		t.Errorf("two attempts have %s and %s", first, second)
	}
	if _, err := mail.ParseAddress(first); err != nil {
		t.Errorf("%s: %v", first, err)
	}
}

func TestAddressBeyondASCIIGoesWhereItIsTaken(t *testing.T) {
	t.Parallel()
	p := (&peer{utf8: true}).start(t)
	e := envelope()
	e.To = "zoë@bücher.example"
	if _, err := p.provider(t, "").Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if n := len(p.messages(t)); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}
}

func TestWhatCannotBeAnEmailIsRejectedBeforeItLeaves(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "")
	cases := map[string]struct {
		change func(*channels.Envelope)
		reason channels.Reason
	}{
		"header in address":     {func(e *channels.Envelope) { e.To = "ada@example.com\r\nBcc: eve@example.com" }, channels.InvalidAddress},
		"header in quoted name": {func(e *channels.Envelope) { e.To = "\"Ada\nX: y\" <ada@example.com>" }, channels.InvalidAddress},
		"encoded line break":    {func(e *channels.Envelope) { e.To = "=?utf-8?q?Ada=0AX:_y?= <ada@example.com>" }, channels.InvalidAddress},
		"two addresses":         {func(e *channels.Envelope) { e.To = "ada@example.com, eve@example.com" }, channels.InvalidAddress},
		"no address":            {func(e *channels.Envelope) { e.To = "" }, channels.InvalidAddress},
		"no domain":             {func(e *channels.Envelope) { e.To = "ada" }, channels.InvalidAddress},
		"bad domain":            {func(e *channels.Envelope) { e.To = "ada@-exa_mple..com" }, channels.InvalidAddress},
		"long local part":       {func(e *channels.Envelope) { e.To = strings.Repeat("a", 65) + "@example.com" }, channels.InvalidAddress},
		"local part beyond ASCII, server without SMTPUTF8": {func(e *channels.Envelope) { e.To = "zoë@example.com" }, channels.InvalidAddress},
		"bad sender":       {func(e *channels.Envelope) { e.From = "Acme" }, channels.InvalidMessage},
		"no body":          {func(e *channels.Envelope) { e.Text, e.HTML = "", "" }, channels.InvalidMessage},
		"unsubscribe":      {func(e *channels.Envelope) { e.Unsubscribe = "javascript:alert(1)" }, channels.InvalidMessage},
		"bad header name":  {func(e *channels.Envelope) { e.Headers = map[string]string{"X: y\r\nZ": "1"} }, channels.InvalidMessage},
		"reserved header":  {func(e *channels.Envelope) { e.Headers = map[string]string{"bcc": "eve@example.com"} }, channels.InvalidMessage},
		"header of ours":   {func(e *channels.Envelope) { e.Headers = map[string]string{"Message-ID": "<1@x>"} }, channels.InvalidMessage},
		"header of domain": {func(e *channels.Envelope) { e.Headers = map[string]string{"DKIM-Signature": "v=1"} }, channels.InvalidMessage},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := envelope()
			c.change(&e)
			_, err := s.Send(t.Context(), e)
			rejected, ok := errors.AsType[*channels.Rejected](err)
			if !ok || rejected.Reason != c.reason {
				t.Fatalf("got %v, want a rejection for %s", err, c.reason)
			}
			if strings.Contains(err.Error(), "example.com") {
				t.Errorf("the error tells an address: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(p.messages(t)); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}
