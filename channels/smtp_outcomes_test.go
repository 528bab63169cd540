package channels_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixtapehq/mixtape/channels"
)

// says answers a refusal; the words hold an address, as servers' words do.
func says(code int, enhanced smtp.EnhancedCode) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: "no, ada@example.com"}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	none := smtp.NoEnhancedCode
	const mail, rcpt, data = "mail", "rcpt", "data"
	rejected := func(r channels.Reason, code string) error { return &channels.Rejected{Reason: r, Code: code} }
	refused := func(r channels.Reason, code string, d time.Duration) error {
		return &channels.Refused{Reason: r, Code: code, Delay: d}
	}
	cases := []struct {
		at   string
		says *smtp.SMTPError
		want error
	}{
		{rcpt, says(550, smtp.EnhancedCode{5, 1, 1}), rejected(channels.MailboxUnavailable, "550 5.1.1")},
		{rcpt, says(550, none), rejected(channels.MailboxUnavailable, "550")},
		{rcpt, says(550, smtp.EnhancedCode{5, 2, 1}), rejected(channels.MailboxDisabled, "550 5.2.1")},
		{rcpt, says(552, smtp.EnhancedCode{5, 2, 2}), rejected(channels.MailboxFull, "552 5.2.2")},
		{rcpt, says(550, smtp.EnhancedCode{5, 1, 2}), rejected(channels.DomainUnavailable, "550 5.1.2")},
		{rcpt, says(556, smtp.EnhancedCode{5, 1, 10}), rejected(channels.DomainUnavailable, "556 5.1.10")},
		{rcpt, says(553, none), rejected(channels.InvalidAddress, "553")},
		{rcpt, says(551, none), rejected(channels.RelayDenied, "551")},
		{rcpt, says(550, smtp.EnhancedCode{5, 7, 1}), rejected(channels.PolicyRefused, "550 5.7.1")},
		{mail, says(550, smtp.EnhancedCode{5, 7, 1}), rejected(channels.PolicyRefused, "550 5.7.1")},
		// Of MAIL it is about us: nobody's address is dead for it.
		{mail, says(550, smtp.EnhancedCode{5, 1, 1}), rejected(channels.PolicyRefused, "550 5.1.1")},
		{mail, says(553, smtp.EnhancedCode{5, 1, 3}), rejected(channels.PolicyRefused, "553 5.1.3")},
		{mail, says(550, smtp.EnhancedCode{5, 2, 1}), rejected(channels.PolicyRefused, "550 5.2.1")},
		{mail, says(552, smtp.EnhancedCode{5, 3, 4}), rejected(channels.MessageTooLarge, "552 5.3.4")},
		{data, says(550, smtp.EnhancedCode{5, 7, 1}), rejected(channels.ContentRefused, "550 5.7.1")},
		{data, says(554, none), rejected(channels.ContentRefused, "554")},
		{data, says(552, smtp.EnhancedCode{5, 3, 4}), rejected(channels.MessageTooLarge, "552 5.3.4")},
		{data, says(554, smtp.EnhancedCode{5, 6, 0}), rejected(channels.ContentRefused, "554 5.6.0")},
		{data, says(599, smtp.EnhancedCode{5, 9, 9}), rejected(channels.OtherRejection, "599 5.9.9")},
		{rcpt, says(450, smtp.EnhancedCode{4, 7, 1}), refused(channels.Greylisted, "450 4.7.1", 5*time.Minute)},
		{rcpt, says(452, smtp.EnhancedCode{4, 2, 2}), refused(channels.MailboxFull, "452 4.2.2", 30*time.Minute)},
		{data, says(451, smtp.EnhancedCode{4, 3, 0}), refused(channels.OtherRefusal, "451 4.3.0", time.Minute)},
		{data, says(452, none), refused(channels.Throttled, "452", time.Minute)},
		{data, says(421, smtp.EnhancedCode{4, 7, 28}), refused(channels.Throttled, "421 4.7.28", time.Minute)},
		{rcpt, says(421, none), refused(channels.ProviderDown, "421", 30*time.Second)},
		{mail, says(530, smtp.EnhancedCode{5, 7, 0}), refused(channels.ProviderSettings, "530 5.7.0", time.Minute)},
		{rcpt, &smtp.SMTPError{Code: 451, EnhancedCode: none, Message: "greylisted, try again in 300 seconds"}, refused(channels.OtherRefusal, "451", 5*time.Minute)},
		{rcpt, &smtp.SMTPError{Code: 451, EnhancedCode: none, Message: "come back in 99999 minutes"}, refused(channels.OtherRefusal, "451", time.Hour)},
	}
	for _, c := range cases {
		t.Run(c.at+" "+c.says.Error(), func(t *testing.T) {
			t.Parallel()
			p := &peer{}
			switch c.at {
			case mail:
				p.onMail = func(*peer, *smtp.Conn, string) error { return c.says }
			case rcpt:
				p.onRcpt = func(*peer, *smtp.Conn, string) error { return c.says }
			case data:
				p.onData = func(*peer, *smtp.Conn, []byte) error { return c.says }
			}
			p.start(t)
			_, err := p.provider(t, "pool=1").Send(t.Context(), envelope())
			ignore := cmpopts.IgnoreFields
			if diff := cmp.Diff(c.want, err, ignore(channels.Rejected{}, "Provider", "MessageID", "Detail"), ignore(channels.Refused{}, "Provider", "MessageID", "Detail")); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "ada@example.com") {
				t.Errorf("the error tells the provider's words: %v", err)
			}
			if !strings.Contains(err.Error(), envelope().MessageID) {
				t.Errorf("the error does not tell which message: %v", err)
			}
		})
	}
}

func TestProvidersWordsAreKeptApart(t *testing.T) {
	t.Parallel()
	p := (&peer{onRcpt: func(*peer, *smtp.Conn, string) error { return says(550, smtp.EnhancedCode{5, 1, 1}) }}).start(t)
	_, err := p.provider(t, "").Send(t.Context(), envelope())
	rejected, ok := errors.AsType[*channels.Rejected](err)
	if !ok || !strings.Contains(rejected.Detail, "no, ada@example.com") {
		t.Errorf("Detail is %q", rejected.Detail)
	}
}

func TestConnectionSurvivesRefusal(t *testing.T) {
	t.Parallel()
	refuse := true
	p := (&peer{onRcpt: func(*peer, *smtp.Conn, string) error {
		if refuse {
			refuse = false
			return says(550, smtp.EnhancedCode{5, 1, 1})
		}
		return nil
	}}).start(t)
	s := p.provider(t, "pool=1")
	if _, err := s.Send(t.Context(), envelope()); err == nil {
		t.Fatal("the first was taken")
	}
	if _, err := s.Send(t.Context(), envelope()); err != nil {
		t.Fatal(err)
	}
	if n := p.count(&p.accepted); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func hangUp(_ *peer, c *smtp.Conn) error {
	_ = c.Conn().Close()
	return errors.New("gone")
}

func TestDropBeforeTheEndIsARefusal(t *testing.T) {
	t.Parallel()
	cases := map[string]*peer{
		"at MAIL": {onMail: func(p *peer, c *smtp.Conn, _ string) error { return hangUp(p, c) }},
		"at RCPT": {onRcpt: func(p *peer, c *smtp.Conn, _ string) error { return hangUp(p, c) }},
		// More than the socket buffers hold, so that the last of it cannot have gone out.
		"within the body": {onBody: hangUp},
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.start(t)
			e := envelope()
			e.HTML = ""
			if name == "within the body" {
				e.Text = strings.Repeat("All work and no play makes Jack a dull boy.\n", 500_000)
			}
			_, err := p.provider(t, "").Send(t.Context(), e)
			if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.ProviderDown {
				t.Fatalf("got %v, want a refusal", err)
			}
		})
	}
}

func TestDropAfterTheEndIsUnknown(t *testing.T) {
	t.Parallel()
	p := (&peer{onData: func(p *peer, c *smtp.Conn, _ []byte) error { return hangUp(p, c) }}).start(t)
	_, err := p.provider(t, "").Send(t.Context(), envelope())
	unknown, ok := errors.AsType[*channels.Unknown](err)
	if !ok {
		t.Fatalf("got %v, want unknown", err)
	}
	if strings.Contains(unknown.Error(), p.address) {
		t.Errorf("the error tells the connection's: %v", err)
	}
	if n := p.count(&p.mails); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestSilenceAfterTheEndIsUnknown(t *testing.T) {
	t.Parallel()
	quiet := make(chan struct{})
	p := (&peer{onData: func(*peer, *smtp.Conn, []byte) error { <-quiet; return nil }}).start(t)
	t.Cleanup(func() { close(quiet) })
	_, err := p.provider(t, "timeout=200ms").Send(t.Context(), envelope())
	if _, ok := errors.AsType[*channels.Unknown](err); !ok {
		t.Fatalf("got %v, want unknown", err)
	}
}

func TestSilenceBeforeTheEndIsARefusal(t *testing.T) {
	t.Parallel()
	quiet := make(chan struct{})
	p := (&peer{onRcpt: func(*peer, *smtp.Conn, string) error { <-quiet; return nil }}).start(t)
	t.Cleanup(func() { close(quiet) })
	_, err := p.provider(t, "timeout=200ms").Send(t.Context(), envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.ProviderDown {
		t.Fatalf("got %v, want a refusal", err)
	}
}

func TestCallOffBeforeTheEndIsARefusal(t *testing.T) {
	t.Parallel()
	reached, quiet := make(chan struct{}), make(chan struct{})
	p := (&peer{onRcpt: func(*peer, *smtp.Conn, string) error { close(reached); <-quiet; return nil }}).start(t)
	t.Cleanup(func() { close(quiet) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	_, err := p.provider(t, "").Send(ctx, envelope())
	if refused, ok := errors.AsType[*channels.Refused](err); !ok || refused.Reason != channels.Cancelled {
		t.Fatalf("got %v, want a cancelled refusal", err)
	}
}

func TestCallOffAfterTheEndWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := (&peer{onData: func(*peer, *smtp.Conn, []byte) error { cancel(); return nil }}).start(t)
	if _, err := p.provider(t, "").Send(ctx, envelope()); err != nil {
		t.Fatalf("the server took it, but: %v", err)
	}
}

func TestNoServerIsARefusal(t *testing.T) {
	t.Parallel()
	s := open(t, "smtp://127.0.0.1:1?from=hello@acme.example")
	_, err := s.Send(t.Context(), envelope())
	refused, ok := errors.AsType[*channels.Refused](err)
	if !ok || refused.Reason != channels.ProviderDown || refused.Delay <= 0 {
		t.Fatalf("got %v, want a refusal with a delay", err)
	}
	if strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the error tells the connection's: %v", err)
	}
}
