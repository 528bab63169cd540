// Package gate says whether a message may go now: one order, closed reasons, no I/O.
package gate

import (
	"time"

	"github.com/mixtapehq/mixtape/profile"
)

// The reasons for which a message is skipped. The list is closed.
const (
	SendingOff  = "sending_off"
	NoConsent   = "no_consent"
	Suppressed  = "suppressed"
	NoAddress   = "no_address"
	Expired     = "expired"
	PausedSkip  = "paused" // a resume said skip
	RenderError = "render_error"
	Rejected    = "rejected" // the provider's final no
	Unknown     = "unknown"
	Ended       = "ended" // the run was over first
	Erased      = "erased"
)

// Topics tells whether somebody who never said so is subscribed.
type Topics interface {
	Subscribed(topic string) bool
}

// Candidate is one of the channels that a send step names, in its order.
type Candidate struct {
	Channel  string
	Topic    string // of the template for that channel; empty: none
	Template bool   // there is a template for it
	Provider bool   // the deployment has a way to send it
}

// Question is all that the gate looks at.
type Question struct {
	Now           time.Time // in the run's clock, as Expires is
	Profile       *profile.Profile
	Topics        Topics
	Off           bool   // sending mode
	RedirectTo    string // sending mode; empty unless all goes to one address
	Transactional bool
	Candidates    []Candidate
	Expires       time.Time // zero: never
}

// Kind is what the gate says.
type Kind string

// The kinds of a verdict.
const (
	Now  Kind = "now"
	Skip Kind = "skip"
)

// Verdict is the gate's answer for one message.
type Verdict struct {
	Kind         Kind
	Reason       string // of a skip
	Channel      string // chosen, or the last tried
	Address      string
	OriginallyTo string    // what Address replaced in redirect mode
	SendBefore   time.Time // in the run's clock; zero: any time
	Looked       map[string]any
}

// Decide asks, in the one order: sending mode, consent, suppression and reachability, expiry. The
// first channel that is reachable is taken; when none is, the reason is that of the last tried.
func Decide(q Question) Verdict {
	v := Verdict{Kind: Skip, Looked: map[string]any{}}
	if len(q.Candidates) > 0 {
		v.Channel = q.Candidates[0].Channel
	}
	if q.Profile.Erased {
		v.Reason = Erased
		return v
	}
	if q.Off {
		v.Reason = SendingOff
		v.Looked["sending_mode"] = "off"
		return v
	}
	for _, c := range q.Candidates {
		v.Channel, v.Reason = c.Channel, ""
		looked := map[string]any{}
		v.Looked[c.Channel] = looked
		v.Reason = unreachable(q, c, looked)
		if v.Reason == "" {
			break
		}
	}
	if v.Reason != "" {
		return v
	}
	if !q.Expires.IsZero() && !q.Now.Before(q.Expires) {
		v.Reason = Expired
		v.Looked["expires"] = q.Expires
		return v
	}
	v.Kind = Now
	v.SendBefore = q.Expires
	v.Address, _ = Address(q.Profile, v.Channel)
	if q.RedirectTo != "" {
		v.Address, v.OriginallyTo = q.RedirectTo, v.Address
		v.Looked["sending_mode"] = "redirect"
	}
	return v
}

func unreachable(q Question, c Candidate, looked map[string]any) string {
	p := q.Profile
	if !q.Transactional {
		if all, said := p.Consents[""]; said && !all {
			looked["consent"] = "withdrawn for everything"
			return NoConsent
		}
		if c.Topic != "" {
			wants, said := p.Consents[c.Topic]
			if !said {
				wants = q.Topics.Subscribed(c.Topic)
			}
			looked["topic"], looked["consent"], looked["said"] = c.Topic, wants, said
			if !wants {
				return NoConsent
			}
		}
	}
	if why, yes := p.Suppressed[c.Channel]; yes {
		looked["suppressed"] = why
		return Suppressed
	}
	if _, ok := Address(p, c.Channel); !ok || !c.Template || !c.Provider {
		looked["has_address"], looked["has_template"], looked["has_provider"] = ok, c.Template, c.Provider
		return NoAddress
	}
	return ""
}

// Address is where a profile is reached through a channel.
func Address(p *profile.Profile, channel string) (string, bool) {
	switch channel {
	case "email":
		return p.Text("email")
	case "sms":
		return p.Text("phone")
	default:
		for _, d := range p.Devices {
			if d.Channel == channel && d.Token != "" {
				return d.Token, true
			}
		}
		return "", false
	}
}
