package channels_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/mixtapehq/mixtape/channels"
)

func TestAddressesGoOutAsTheirServersKnowThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		to, recipient string // recipient: as the server reads it, its local part without quotes
		utf8          bool   // wants SMTPUTF8
	}{
		"plain":                    {"ada@example.com", "ada@example.com", false},
		"tagged":                   {"ada+news@example.com", "ada+news@example.com", false},
		"with a name":              {"Ada Lovelace <ada@example.com>", "ada@example.com", false},
		"with a name beyond ASCII": {"Zoë <zoe@example.com>", "zoe@example.com", false},
		"blanks around":            {"  ada@example.com ", "ada@example.com", false},
		"capitals":                 {"Ada@EXAMPLE.com", "Ada@example.com", false},
		"international domain":     {"ada@bücher.example", "ada@xn--bcher-kva.example", false},
		"decomposed domain":        {"ada@bu\u0308cher.example", "ada@xn--bcher-kva.example", false},
		"Chinese domain":           {"ada@例子.example", "ada@xn--fsqu00a.example", false},
		"apostrophe":               {"o'brien@example.com", "o'brien@example.com", false},
		"quoted":                   {`"ada lovelace"@example.com`, "ada lovelace@example.com", false},
		"quoted at":                {`"ada@home"@example.com`, "ada@home@example.com", false},
		"quoted quote":             {`"ada\"x"@example.com`, `ada"x@example.com`, false},
		"quoted without need":      {`"ada"@example.com`, "ada@example.com", false},
		"quoted angle":             {`"a> RCPT TO:<eve"@example.com`, "a> RCPT TO:<eve@example.com", false},
		"literal":                  {"ada@[127.0.0.1]", "ada@[127.0.0.1]", false},
		"international local part": {"zoë@bücher.example", "zoë@xn--bcher-kva.example", true},
		"quoted international":     {`"zoë x"@example.com`, "zoë x@example.com", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var recipients []string
			p := (&peer{utf8: true, onRcpt: func(p *peer, _ *smtp.Conn, to string) error {
				p.mu.Lock()
				defer p.mu.Unlock()
				recipients = append(recipients, to)
				return nil
			}}).start(t)
			e := envelope()
			e.To = c.to
			if _, err := p.provider(t, "").Send(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			p.mu.Lock()
			got := strings.Join(recipients, ", ")
			p.mu.Unlock()
			if got != c.recipient {
				t.Errorf("it went to %s, want %s", got, c.recipient)
			}
			to, err := p.messages(t)[0].Header.AddressList("To")
			if err != nil || len(to) != 1 || to[0].Address != c.recipient {
				t.Errorf("To: %v, %v", to, err)
			}
			plain := (&peer{}).start(t)
			_, err = plain.provider(t, "").Send(t.Context(), e)
			if rejected, ok := errors.AsType[*channels.Rejected](err); c.utf8 != ok || ok && rejected.Reason != channels.InvalidAddress {
				t.Errorf("a server without SMTPUTF8: %v", err)
			}
		})
	}
}

// A sender of ours that the server cannot take says nothing of the person's address.
func TestOursBeyondASCIIIsNotTheirs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*channels.Envelope){
		"From":     func(e *channels.Envelope) { e.From = "zoë@acme.example" },
		"Reply-To": func(e *channels.Envelope) { e.Headers = map[string]string{"Reply-To": "zoë@acme.example"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := envelope()
			change(&e)
			plain := (&peer{}).start(t).provider(t, "timeout=1s")
			for range 2 { // the second over the connection of the first
				_, err := plain.Send(t.Context(), e)
				if rejected, ok := errors.AsType[*channels.Rejected](err); !ok || rejected.Reason != channels.InvalidMessage {
					t.Errorf("a server without SMTPUTF8: %v", err)
				}
			}
			if _, err := (&peer{utf8: true}).start(t).provider(t, "").Send(t.Context(), e); err != nil {
				t.Errorf("a server with SMTPUTF8: %v", err)
			}
		})
	}
}

func TestReplyToKeepsItsAddress(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.Headers = map[string]string{"reply-to": "Zoë, von Acme <help@bücher.example>"}
	p := (&peer{}).start(t)
	s := p.provider(t, "")
	if _, err := s.Send(t.Context(), e); err == nil {
		t.Error("a name with a comma outside of quotes was taken")
	}
	e.Headers = map[string]string{"reply-to": `"Zoë, von Acme" <help@bücher.example>`}
	if _, err := s.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, err := p.messages(t)[0].Header.AddressList("Reply-To")
	want := mail.Address{Name: "Zoë, von Acme", Address: "help@xn--bcher-kva.example"}
	if err != nil || len(got) != 1 || *got[0] != want {
		t.Errorf("Reply-To: %v, %v", got, err)
	}
}

func TestPageGoesWithItsText(t *testing.T) {
	t.Parallel()
	e := envelope()
	e.Text, e.HTML = " \n", `<html><head><style>p { color: red }</style></head><body><h1>Hello Ada</h1><p>See <a href="https://acme.example/x">the list</a>.</p></body></html>`
	got := parts(t, send(t, e))
	if got["text/html"] != e.HTML {
		t.Errorf("the page: %s", got["text/html"])
	}
	for _, want := range []string{"Hello Ada", "the list", "https://acme.example/x"} {
		if !strings.Contains(got["text/plain"], want) {
			t.Errorf("the text does not say %q: %s", want, got["text/plain"])
		}
	}
	if strings.ContainsAny(got["text/plain"], "<{") {
		t.Errorf("the text shows markup: %s", got["text/plain"])
	}
}
