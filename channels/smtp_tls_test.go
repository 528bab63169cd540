package channels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

func TestProtection(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		tls        bool // the server offers STARTTLS
		implicit   bool
		parameters string
		secure     bool            // the message came over TLS
		refused    channels.Reason // instead
	}{
		"opportunistic, offered":         {tls: true, secure: true},
		"opportunistic, not offered":     {},
		"required, offered":              {tls: true, parameters: "tls=required&verify=false", secure: true},
		"required, not offered":          {parameters: "tls=required", refused: channels.ProviderSettings},
		"required, stranger's":           {tls: true, parameters: "tls=required", refused: channels.ProviderDown},
		"none":                           {tls: true, parameters: "tls=none"},
		"implicit":                       {tls: true, implicit: true, parameters: "tls=implicit&verify=false", secure: true},
		"implicit, stranger's":           {tls: true, implicit: true, parameters: "tls=implicit", refused: channels.ProviderDown},
		"implicit, the server is silent": {parameters: "tls=implicit&timeout=300ms", refused: channels.ProviderDown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &peer{implicit: c.implicit}
			if c.tls {
				p.tls = certificate(t)
			}
			p.start(t)
			_, err := p.provider(t, c.parameters).Send(t.Context(), envelope())
			if c.refused != "" {
				refused, ok := errors.AsType[*channels.Refused](err)
				if !ok || refused.Reason != c.refused {
					t.Fatalf("got %v, want a refusal for %s", err, c.refused)
				}
				if n := len(p.messages(t)); n != 0 {
					t.Error("it was sent all the same")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if secure := p.count(&p.secure) == 1; secure != c.secure {
				t.Errorf("came over TLS: %v, want %v", secure, c.secure)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for name, login := range map[string]bool{"PLAIN": false, "LOGIN": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := (&peer{user: "acme", password: "p@ss/word", tls: certificate(t), login: login}).start(t)
			good := open(t, "smtp://acme:p%40ss%2Fword@"+p.address+"?verify=false&from=hello@acme.example")
			if _, err := good.Send(t.Context(), envelope()); err != nil {
				t.Fatal(err)
			}
			// A wrong password is no fault of the message: nothing is lost while an operator mends it.
			bad := open(t, "smtp://acme:wrong@"+p.address+"?verify=false&from=hello@acme.example")
			_, err := bad.Send(t.Context(), envelope())
			refused, ok := errors.AsType[*channels.Refused](err)
			if !ok || refused.Reason != channels.ProviderSettings {
				t.Fatalf("got %v, want a refusal for its settings", err)
			}
			if strings.Contains(err.Error()+refused.Detail, "wrong") {
				t.Errorf("the error tells the password: %v %s", err, refused.Detail)
			}
		})
	}
}

func TestPasswordOverPlainConnection(t *testing.T) {
	t.Parallel()
	p := (&peer{user: "acme", password: "secret"}).start(t)
	s := open(t, "smtp://acme:secret@"+p.address+"?auth=login&from=hello@acme.example")
	// The server offers PLAIN alone; that it was asked for LOGIN shows that auth= is obeyed.
	if _, err := s.Send(t.Context(), envelope()); err == nil {
		t.Fatal("sent")
	}
	s = open(t, "smtp://acme:secret@"+p.address+"?tls=none&from=hello@acme.example")
	if _, err := s.Send(t.Context(), envelope()); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordStaysWhereTheCertificateIsAStrangers(t *testing.T) {
	t.Parallel()
	p := (&peer{user: "acme", password: "secret", tls: certificate(t)}).start(t)
	s := open(t, "smtp://acme:secret@"+p.address+"?from=hello@acme.example")
	if _, err := s.Send(t.Context(), envelope()); err == nil {
		t.Fatal("the password went to a server that cannot say who it is")
	}
}
