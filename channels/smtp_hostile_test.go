package channels_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
)

// flood says lines until nobody listens.
func (c *talk) flood(line string) {
	lines := []byte(strings.Repeat(line+"\r\n", 1000))
	for {
		if _, err := c.Write(lines); err != nil {
			return
		}
	}
}

// trickle says a line that never ends, slowly.
func (c *talk) trickle() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := c.Write([]byte("2")); err != nil {
			return
		}
	}
}

// toData talks until the message may come.
func (c *talk) toData() bool {
	if !c.greet("PIPELINING") || !hearEnvelope(c) {
		return false
	}
	c.say("250 ok", "250 ok", "354 go on")
	return true
}

// answered takes the message and answers so.
func answered(lines ...string) func(*talk) {
	return func(c *talk) {
		if !c.toData() {
			return
		}
		if _, whole := c.body(); whole {
			c.say(lines...)
		}
	}
}

// answeredRaw takes the message and answers with these bytes.
func answeredRaw(c *talk, text string) {
	if !c.toData() {
		return
	}
	if _, whole := c.body(); whole {
		_, _ = c.Write([]byte(text))
	}
}

// sizes is a good server but for what it says of itself.
func sizes(c *talk, extension string) {
	if c.greet(extension, "PIPELINING") {
		c.rest(new(atomic.Int32))
	}
}

// Whatever a server does, Send comes back in time and says whether the message may have been taken.
func TestServerMayDoAnything(t *testing.T) {
	t.Parallel()
	down := &channels.Refused{Reason: channels.ProviderDown}
	unknown := &channels.Unknown{}
	cases := map[string]struct {
		serve func(*talk)
		want  error // nil: taken
	}{
		"says nothing at all":   {func(c *talk) { c.hear() }, down},
		"hangs up at once":      {func(*talk) {}, down},
		"greets without end":    {func(c *talk) { c.flood("220-hello") }, down},
		"greets ever so slowly": {func(c *talk) { c.trickle() }, down},
		"speaks HTTP":           {func(c *talk) { c.say("HTTP/1.1 400 Bad Request", "Connection: close", "") }, down},
		"greets with a no":      {func(c *talk) { c.say("554 5.7.1 no service here"); c.hear() }, &channels.Refused{Reason: channels.ProviderDown, Code: "554 5.7.1"}},
		"is busy":               {func(c *talk) { c.say("421 4.7.0 too many connections"); c.hear() }, &channels.Refused{Reason: channels.ProviderDown, Code: "421 4.7.0"}},
		"extends without end":   {func(c *talk) { c.say("220 x"); c.hear(); c.flood("250-SIZE 1") }, down},
		"refuses EHLO and HELO": {func(c *talk) {
			c.say("220 x")
			c.hear()
			c.say("502 what")
			c.hear()
			c.say("502 what")
			c.hear()
		}, &channels.Refused{Reason: channels.ProviderDown, Code: "502"}},
		"offers STARTTLS, lies": {func(c *talk) { _ = c.greet("STARTTLS"); c.hear(); c.say("454 4.7.0 not now"); c.hear() }, &channels.Refused{Reason: channels.ProviderDown, Code: "454 4.7.0"}},
		"starts TLS, breaks it": {func(c *talk) {
			_ = c.greet("STARTTLS")
			c.hear()
			c.say("220 go on")
			c.say(strings.Repeat("x", 100))
			c.hear()
		}, down},
		"sizes that are none":    {func(c *talk) { sizes(c, "SIZE abc") }, nil},
		"size of zero":           {func(c *talk) { sizes(c, "SIZE 0") }, nil},
		"size below zero":        {func(c *talk) { sizes(c, "SIZE -5") }, nil},
		"size beyond numbers":    {func(c *talk) { sizes(c, "SIZE 999999999999999999999999") }, nil},
		"an extension of blanks": {func(c *talk) { sizes(c, "  ") }, nil},
		"a size too small":       {func(c *talk) { sizes(c, "SIZE 10") }, &channels.Rejected{Reason: channels.MessageTooLarge}},
		"answers MAIL endlessly": {func(c *talk) { _ = c.greet("PIPELINING"); c.hear(); c.flood("250-ok") }, down},
		"answers one long line":  {func(c *talk) { _ = c.greet("PIPELINING"); c.hear(); c.flood(strings.Repeat("2", 4000)) }, down},
		"answers MAIL slowly":    {func(c *talk) { _ = c.greet("PIPELINING"); c.hear(); c.trickle() }, down},
		// All of a short message goes in one packet: it may have been read to its end.
		"hangs up while it reads": {func(c *talk) {
			if c.toData() {
				c.hear()
			}
		}, unknown},
		"hangs up before it reads":   {func(c *talk) { c.toData() }, unknown},
		"hangs up after the dot":     {answered(), unknown},
		"ends within its answer":     {func(c *talk) { answeredRaw(c, "25") }, unknown},
		"ends within its lines":      {func(c *talk) { answeredRaw(c, "250-2.0.0 ok\r\n") }, unknown},
		"answers in words":           {answered("hello there"), unknown},
		"answers with another wish":  {answered("354 go on"), unknown},
		"answers with no number":     {answered("999 ok"), unknown},
		"answers the dot endlessly":  {func(c *talk) { answeredRaw(c, ""); c.flood("250-ok") }, unknown},
		"answers the dot slowly":     {func(c *talk) { answeredRaw(c, ""); c.trickle() }, unknown},
		"never answers the dot":      {func(c *talk) { answeredRaw(c, ""); c.hear() }, unknown},
		"takes it back for now":      {answered("451 4.7.1 try again in 300 seconds"), &channels.Refused{Reason: channels.Throttled, Code: "451 4.7.1"}},
		"closes with the answer":     {answered("421 4.3.2 going down"), &channels.Refused{Reason: channels.ProviderDown, Code: "421 4.3.2"}},
		"finds spam":                 {answered("550 5.7.1 spam"), &channels.Rejected{Reason: channels.ContentRefused, Code: "550 5.7.1"}},
		"takes it, in another tone":  {answered("252 perhaps"), nil},
		"takes it, and talks on":     {func(c *talk) { answeredRaw(c, "250 ok\r\n"); c.flood("250 ok") }, nil},
		"answers with control signs": {answered("250 \x00\x1b[31m ok"), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, c.serve)
			begun := time.Now()
			receipt, err := s.provider(t, "timeout=1s").Send(t.Context(), envelope())
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if diff := cmp.Diff(c.want, err, outcome...); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if strings.ContainsAny(receipt.Detail, "\x00\x1b") || len(receipt.Detail) > 600 {
				t.Errorf("the answer is kept as %q", receipt.Detail)
			}
		})
	}
}

// Whoever is in between can speak before TLS does: none of that is believed afterwards.
func TestWhatComesBeforeTLSIsForgotten(t *testing.T) {
	t.Parallel()
	config := certificate(t)
	asked := make(chan string, 1)
	s := newScript(t, func(c *talk) {
		_ = c.greet("STARTTLS")
		c.hear()
		c.say("220 go on", "250-evil.example", "250 AUTH PLAIN LOGIN")
		secure := tls.Server(c.Conn, config)
		inner := &talk{Conn: secure, r: bufio.NewReader(secure)}
		inner.hear() // EHLO once more
		inner.say("250-peer.example", "250 PIPELINING")
		asked <- inner.hear()
	})
	p := open(t, "smtp://user:secret@"+s.address+"?from=hello@acme.example&pool=1&tls=required&verify=false&timeout=4s")
	_, err := p.Send(t.Context(), envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.ProviderSettings {
		t.Errorf("got %v, want a refusal for the settings: no way to log in was offered over TLS", err)
	}
	if line := <-asked; strings.HasPrefix(line, "AUTH") {
		t.Errorf("it logs in by what was offered before TLS: %s", line)
	}
}
