package channels_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixtapehq/mixtape/channels"
)

// outcome is an error without what differs from message to message.
var outcome = []cmp.Option{
	cmpopts.IgnoreFields(channels.Rejected{}, "Provider", "MessageID", "Detail"),
	cmpopts.IgnoreFields(channels.Refused{}, "Provider", "MessageID", "Detail", "Delay"),
	cmpopts.IgnoreFields(channels.Unknown{}, "Provider", "MessageID", "Detail"),
}

// hearEnvelope reads what a client sends ahead. Where it would wait for an answer first, the test
// hangs until the client's time is up, and fails.
func hearEnvelope(c *talk) bool {
	return strings.HasPrefix(c.hear(), "MAIL FROM:") && strings.HasPrefix(c.hear(), "RCPT TO:") && c.hear() == "DATA"
}

func TestCommandsGoInOneRoundTrip(t *testing.T) {
	t.Parallel()
	write := map[string]func(c *talk, text string){
		"answers merged": func(c *talk, text string) { _, _ = c.Write([]byte(text)) },
		"answers split": func(c *talk, text string) {
			for i := range len(text) {
				_, _ = c.Write([]byte{text[i]})
			}
		},
	}
	for name, write := range write {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines atomic.Int32
			s := newScript(t, func(c *talk) {
				if !c.greet("PIPELINING", "SIZE 1000000") || !hearEnvelope(c) {
					return
				}
				write(c, "250-2.1.0 sender\r\n250 ok\r\n250 2.1.5 recipient\r\n354 go on\r\n")
				if got, whole := c.body(); whole {
					lines.Store(int32(len(got)))
					write(c, "250-2.0.0\r\n250 2.0.0 queued as 7\r\n")
				}
				c.hear()
			})
			receipt, err := s.provider(t, "timeout=4s").Send(t.Context(), envelope())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(receipt.Detail, "queued as 7") || lines.Load() == 0 {
				t.Errorf("%q after %d lines", receipt.Detail, lines.Load())
			}
		})
	}
}

func TestNothingGoesAheadUnlessOffered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		extensions []string
		parameters string
	}{
		"not offered": {[]string{"SIZE 1000000"}, ""},
		"not wanted":  {[]string{"PIPELINING"}, "pipelining=false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int32
			s := newScript(t, func(talk *talk) {
				if !talk.greet(c.extensions...) {
					return
				}
				for _, answer := range []string{"250 ok", "250 ok", "354 go on"} {
					talk.hear()
					ahead.Add(int32(talk.r.Buffered()))
					talk.say(answer)
				}
				if _, whole := talk.body(); whole {
					talk.say("250 ok")
				}
				talk.hear()
			})
			if _, err := s.provider(t, c.parameters).Send(t.Context(), envelope()); err != nil {
				t.Fatal(err)
			}
			if n := ahead.Load(); n != 0 {
				t.Errorf("%d bytes came before they were asked for", n)
			}
		})
	}
}

func TestFirstRefusalIsTheReason(t *testing.T) {
	t.Parallel()
	rejected := func(r channels.Reason, code string) error { return &channels.Rejected{Reason: r, Code: code} }
	refused := func(r channels.Reason, code string) error { return &channels.Refused{Reason: r, Code: code} }
	cases := map[string]struct {
		answers []string // to MAIL, RCPT, DATA, and to the dot of a message for nobody
		want    error
		again   bool // the connection can be used for the next message
	}{
		"at MAIL":                        {[]string{"550 5.7.1 not you", "503 5.5.1 MAIL first", "503 5.5.1 RCPT first"}, rejected(channels.PolicyRefused, "550 5.7.1"), true},
		"at MAIL, for now":               {[]string{"451 4.3.0 later", "503 MAIL first", "503 RCPT first"}, refused(channels.OtherRefusal, "451 4.3.0"), true},
		"at RCPT":                        {[]string{"250 ok", "550 5.1.1 nobody", "503 5.5.1 RCPT first"}, rejected(channels.MailboxUnavailable, "550 5.1.1"), true},
		"at RCPT, greylisted":            {[]string{"250 ok", "450 4.7.1 greylisted", "554 5.5.1 no valid recipients"}, refused(channels.Greylisted, "450 4.7.1"), true},
		"at RCPT, in several lines":      {[]string{"250 ok", "550-5.1.1 nobody\r\n550 5.1.1 by that name", "503 RCPT first"}, rejected(channels.MailboxUnavailable, "550 5.1.1"), true},
		"at DATA":                        {[]string{"250 ok", "250 ok", "452 4.3.1 disk full"}, refused(channels.OtherRefusal, "452 4.3.1"), true},
		"at RCPT, yet it wants the data": {[]string{"250 ok", "550 5.1.1 nobody", "354 go on", "554 5.5.1 no valid recipients"}, rejected(channels.MailboxUnavailable, "550 5.1.1"), true},
		"at RCPT, yet it takes nothing":  {[]string{"250 ok", "550 5.1.1 nobody", "354 go on", "250 taken"}, rejected(channels.MailboxUnavailable, "550 5.1.1"), false},
		"closing at MAIL":                {[]string{"421 4.3.2 closing"}, refused(channels.ProviderDown, "421 4.3.2"), false},
		"closing at RCPT":                {[]string{"250 ok", "421 4.3.2 closing"}, refused(channels.ProviderDown, "421 4.3.2"), false},
		"gone at RCPT":                   {[]string{"250 ok"}, refused(channels.ProviderDown, ""), false},
		"gone at DATA":                   {[]string{"250 ok", "250 ok"}, refused(channels.ProviderDown, ""), false},
		"no answer but words":            {[]string{"250 ok", "hello there"}, refused(channels.ProviderDown, ""), false},
		"an answer too many":             {[]string{"250 ok", "250 ok", "354 go on\r\n250 taken"}, refused(channels.ProviderDown, ""), false},
		"an answer too many before DATA": {[]string{"250 ok", "250 ok", "250 ok", "354 go on"}, refused(channels.OtherRefusal, "250"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first, taken atomic.Int32
			s := newScript(t, func(talk *talk) {
				if !talk.greet("PIPELINING") {
					return
				}
				if first.Add(1) > 1 {
					talk.rest(&taken)
					return
				}
				if !hearEnvelope(talk) {
					return
				}
				for i, answer := range c.answers {
					if i == 3 && c.answers[2][:3] == "354" {
						if lines, whole := talk.body(); !whole || len(lines) > 0 {
							t.Errorf("a message for nobody: %q", lines)
						}
					}
					talk.say(answer)
				}
				if c.again {
					talk.rest(&taken)
				}
			})
			p := s.provider(t, "timeout=4s")
			_, err := p.Send(t.Context(), envelope())
			if diff := cmp.Diff(c.want, err, outcome...); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if n := taken.Load(); n != 0 {
				t.Errorf("it was sent %d times", n)
			}
			if _, err := p.Send(t.Context(), envelope()); err != nil {
				t.Fatalf("the next one: %v", err)
			}
			if n, reused := taken.Load(), s.accepted.Load() == 1; n != 1 || reused != c.again {
				t.Errorf("%d messages over %d connections", n, s.accepted.Load())
			}
		})
	}
}

func TestServerThatCannotTakeCommandsAheadGetsThemInTurn(t *testing.T) {
	t.Parallel()
	var taken, swallowed atomic.Int32
	s := newScript(t, func(c *talk) {
		if !c.greet("PIPELINING") {
			return
		}
		c.hear()
		if n := c.r.Buffered(); n > 0 { // it reads one command at a time, and forgets the rest
			swallowed.Add(1)
			_, _ = c.r.Discard(n)
		}
		c.say("250 ok")
		c.rest(&taken)
	})
	p := s.provider(t, "timeout=400ms")
	_, err := p.Send(t.Context(), envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.ProviderDown {
		t.Fatalf("got %v, want a refusal", err)
	}
	if _, err := p.Send(t.Context(), envelope()); err != nil {
		t.Fatalf("in turn: %v", err)
	}
	if taken.Load() != 1 || swallowed.Load() != 1 {
		t.Errorf("%d taken, %d swallowed", taken.Load(), swallowed.Load())
	}
}
