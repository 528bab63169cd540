package channels_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
)

const verpID = "m06e1k2v0abcdefghijklmnopqr"

func TestEnvelopeSenderNamesTheMessage(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	s := p.provider(t, "bounce=bounces@b%C3%BCcher.example")
	e := envelope()
	e.MessageID = verpID
	if _, err := s.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bounces+" + verpID + "@xn--bcher-kva.example"}, p.froms); diff != "" {
		t.Fatalf("envelope senders (-want +got):\n%s", diff)
	}
	if got := p.messages(t)[0].Header.Get("From"); got != `"Acme" <hello@acme.example>` {
		t.Errorf("From: %s", got)
	}
	id, ok := channels.MessageOfVERP(p.froms[0])
	if !ok || id != verpID {
		t.Errorf("read back as %q, %v", id, ok)
	}
}

func TestWithoutBounceTheSenderHearsOfIt(t *testing.T) {
	t.Parallel()
	p := (&peer{}).start(t)
	e := envelope()
	e.MessageID = verpID
	if _, err := p.provider(t, "").Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hello@acme.example"}, p.froms); diff != "" {
		t.Errorf("envelope senders (-want +got):\n%s", diff)
	}
}

func TestMessageOfVERP(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"bounces+" + verpID + "@acme.example":                    verpID,
		" <bounces+" + verpID + "@acme.example> ":                verpID,
		"BOUNCES+" + strings.ToUpper(verpID) + "@ACME.EXAMPLE":   verpID,
		"b+team+" + verpID + "@acme.example":                     verpID,
		"bounces@acme.example":                                   "",
		"+" + verpID + "@acme.example":                           "",
		"bounces+" + verpID:                                      "",
		"bounces+" + verpID + "x@acme.example":                   "",
		"bounces+p" + verpID[1:] + "@acme.example":               "",
		"bounces+mz" + verpID[2:] + "@acme.example":              "",
		"bounces@acme.example, eve+" + verpID + "\n@x.example\r": "",
		"": "",
	}
	for address, want := range cases {
		id, ok := channels.MessageOfVERP(address)
		if id != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", address, id, ok, want)
		}
	}
}

func TestBounceAddressIsCheckedAtStart(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"acme.example", "a+b@acme.example", `"a b"@acme.example`, "zoë@acme.example", strings.Repeat("b", 37) + "@acme.example"} {
		_, err := channels.OpenSMTP(&url.URL{Scheme: "smtp", Host: "mail.example", RawQuery: url.Values{"bounce": {address}}.Encode()})
		if err == nil || !strings.Contains(err.Error(), "bounces@acme.example") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
