package journey

import (
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/spelling"
)

// Priority is how a message stands to others.
type Priority string

// The priorities. A transactional message needs no consent, is neither capped nor held, and goes first.
const (
	Normal        Priority = "normal"
	Transactional Priority = "transactional"
	High          Priority = "high"
	Low           Priority = "low"
)

// SendStep is what a send asks for.
type SendStep struct {
	ID       string
	Channels []string // the first reachable one counts
	// AnyChannel asks for all channels that there is a template for: Channels names them where the
	// compiler knows the templates, and is empty where only the world does.
	AnyChannel bool
	Template   string
	Priority   Priority
	Quiet      string    // defer, skip, ignore: in quiet hours
	Cap        string    // obey, ignore
	Best       *BestTime // nil: as soon as it may

	// ExpiresAt is when the message is of no use any more; zero is never. It is known only in an
	// Action, as it counts from the arrival at the step.
	ExpiresAt time.Time
}

// BestTime asks for the hour at which the profile is most receptive.
type BestTime struct {
	Within   calendar.Duration   // from the arrival at the step
	Fallback *calendar.TimeOfDay // for a profile of which that is not known; nil: at once
}

type send struct {
	leaf
	passing
	SendStep
	expires *timeout
}

func readSend(c *compiler, s *step, n *document.Node) body {
	b := &send{SendStep: SendStep{ID: s.id}}
	f, ok := c.Mapping(n, "a send", "{channel: email, template: welcome}")
	if !ok {
		return b
	}
	channels := f.Want("channel", "channel: email")
	b.Channels = c.Names(channels, "channel", "channel: email")
	if b.AnyChannel = slices.Contains(b.Channels, "best"); b.AnyChannel {
		if len(b.Channels) > 1 {
			c.Fail(channels, "best is every channel that there is a template for, and stands alone; write channel: best, or a list without it")
		}
		b.Channels = nil
	}
	b.Channels = slices.DeleteFunc(b.Channels, func(name string) bool { return !c.channel(channels, name) })
	template := f.Want("template", "template: and the name of a file in templates/")
	b.Template, _ = c.Text(template, "template", "the name of a file in templates/")
	b.Priority = Priority(c.OneOf(f.Get("priority"), "priority", string(Normal), string(Transactional), string(High), string(Low)))
	if v := f.Get("expires"); v != nil {
		b.expires = readExpiry(c, v)
	}
	if b.Template != "" && c.o.Template != nil && b.AnyChannel {
		for _, name := range channelNames() {
			if c.o.Template(b.Template, name) {
				b.Channels = append(b.Channels, name)
			}
		}
		if len(b.Channels) == 0 {
			c.Fail(template, "there is no template %s for any channel; write templates/%s.email.liquid", b.Template, b.Template)
		}
	} else if b.Template != "" && c.o.Template != nil {
		for _, name := range b.Channels {
			if !c.o.Template(b.Template, name) {
				c.Fail(template, "there is no template %s for %s; write templates/%s.%s.liquid", b.Template, name, b.Template, name)
			}
		}
	}
	b.Quiet = c.OneOf(f.Get("quiet"), "quiet", "defer", "skip", "ignore")
	b.Cap = c.OneOf(f.Get("cap"), "cap", "obey", "ignore")
	if v := f.Get("best_time"); v != nil {
		b.Best = c.bestTime(v)
		c.localClock(v, nil)
		if b.Priority == Transactional {
			c.advise(v, "a transactional message waits for no hour; write it without best_time")
		}
	}
	f.Done()
	c.j.sends = append(c.j.sends, b)
	return b
}

func readExpiry(c *compiler, n *document.Node) *timeout {
	e := &timeout{}
	if n.Kind == document.Scalar {
		e.after, _ = c.duration(n, "expires")
		return e
	}
	f, ok := c.Mapping(n, "expires", "2d, or {until: and a date}")
	if !ok {
		return e
	}
	if v := f.Want("until", "expires: 2d, or {until: and a date}"); v != nil {
		e.date = c.dateRule(v, "until")
	}
	f.Done()
	return e
}

// channelNames are those of the language.
func channelNames() []string { return []string{"email", "sms", "push", "webhook", "inbox"} }

func (c *compiler) channel(n *document.Node, name string) bool {
	if slices.Contains(channelNames(), name) {
		return true
	}
	c.Fail(n, "there is no channel %s; write %s", name, spelling.Instead(name, channelNames()))
	return false
}

func (b *send) look(w *walk, at *step, _ bool) turn {
	ask := b.ask()
	ask.ExpiresAt = b.expiresAt(w, at)
	return turn{action: &Action{Kind: Send, Send: &ask}}
}

// ask is a copy, so that nobody writes into the journey.
func (b *send) ask() SendStep {
	s := b.SendStep
	s.Channels = slices.Clone(b.Channels)
	return s
}

// expiresAt is when the message is too late. Without a readable date it is too late at once: what
// cannot be known to be in time is not sent.
func (b *send) expiresAt(w *walk, at *step) time.Time {
	if b.expires == nil {
		return time.Time{}
	}
	loc := w.zone(nil, at).loc
	if b.expires.date == nil {
		return writable(b.expires.after.AddTo(w.s.Counted(), loc))
	}
	value, _ := w.value(b.expires.date, at, w.s.Counted())
	date, ok := calendar.ReadDate(value, loc)
	if !ok {
		w.note(at.id, "send", "missing_date", "no date to expire at: too late", nil)
		return w.s.Counted()
	}
	return writable(date)
}
