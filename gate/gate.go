// Package gate says whether a message may go now: one order, closed reasons, no I/O.
package gate

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
)

// The reasons for which a message is skipped. The list is closed.
const (
	SendingOff  = "sending_off"
	NoConsent   = "no_consent"
	Suppressed  = "suppressed"
	NoAddress   = "no_address"
	Holdout     = "holdout" // the workspace's
	OutOfSeason = "out_of_season"
	Expired     = "expired"
	Capped      = "capped"
	QuietHours  = "quiet_hours"
	PausedSkip  = "paused" // a resume said skip
	RenderError = "render_error"
	Rejected    = "rejected" // the provider's final no
	Unknown     = "unknown"
	Ended       = "ended" // the run was over first
	Erased      = "erased"
)

// BestTime is why a message is held that waits for its hour.
const BestTime = "best_time"

// Season is the part of the year in which a template may be sent.
type Season interface {
	// Contains tells whether the local date of t lies in it.
	Contains(t time.Time) bool
	// End is the instant at which the season that t is in ends, in t's zone.
	End(t time.Time) time.Time
}

// Candidate is one of the channels that a send step names, in its order.
type Candidate struct {
	Channel  string
	Topic    string // of the template for that channel; empty: none
	Season   Season // of the template; nil: all year
	Template bool   // there is a template for it
	Provider bool   // the deployment has a way to send it
	Address  string // the same for everybody, such as a webhook's URL; empty: the profile's own
}

// Question is all that the gate looks at. Instants are in the run's clock.
type Question struct {
	Now           time.Time
	Zone          *time.Location // the profile's; nil is UTC
	Profile       *profile.Profile
	Topics        Topics
	Off           bool   // sending mode
	RedirectTo    string // sending mode; empty unless all e-mail goes to one address, and nothing else leaves
	Transactional bool
	Priority      string
	Candidates    []Candidate
	Paused        bool      // it came due during a pause, and whoever lifted that said to skip
	HeldOut       bool      // of the whole workspace's messages
	Expires       time.Time // zero: never
	Caps          []Cap
	Slots         []Slot           // taken by other messages, since EarliestSlot
	IgnoreCaps    bool             // cap: ignore
	QuietHours    *calendar.Window // nil: there are none
	Quiet         string           // what the message does in them: Defer (also empty), Drop, Ignore
	Best          *Best            // nil: as soon as it may
}

// Kind is what the gate says.
type Kind string

// The kinds of a verdict.
const (
	Now  Kind = "now"
	Hold Kind = "hold"
	Skip Kind = "skip"
)

// Verdict is the gate's answer for one message.
type Verdict struct {
	Kind         Kind
	Reason       string // of a skip; of a hold, best_time or quiet_hours
	Channel      string // chosen, or the last tried
	Address      string
	OriginallyTo string    // what Address replaced in redirect mode
	SendBefore   time.Time // of now; zero: any time
	Until        time.Time // of a hold: look again then
	Chosen       time.Time // the best time of this step visit, to be handed back at the next look
	Looked       map[string]any
}

// Decide asks, in the one order: sending mode, consent, suppression and reachability, a pause that
// was lifted, holdout, season and expiry, caps, best time and quiet hours. The first channel that is reachable is taken; when none
// is, the reason is that of the last tried.
func Decide(q Question) Verdict {
	v := Verdict{Kind: Skip, Looked: map[string]any{}}
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	chosen := q.reach(&v)
	if q.RedirectTo != "" {
		v.Looked["sending_mode"] = "redirect"
		// The channel is the one that it would be for the person, or a trial would show another story;
		// but no phone, device or web service is reached by an e-mail address.
		if v.Reason == "" && chosen.Channel != "email" {
			v.Reason = SendingOff
		}
	}
	if v.Reason != "" {
		return v
	}
	end := q.Expires // of the time in which it may go
	for _, forbids := range []func(*Verdict, Candidate) string{q.paused, q.heldOut, q.outOfSeason, q.expired, q.capped} {
		if v.Reason = forbids(&v, chosen); v.Reason != "" {
			return v
		}
	}
	if chosen.Season != nil {
		end = earliest(end, chosen.Season.End(q.Now.In(q.Zone)))
	}
	if !q.Transactional && q.hold(&v, end) {
		return v
	}
	v.Kind, v.SendBefore = Now, end
	if quiet := q.disturbing(); quiet != nil {
		v.SendBefore = earliest(end, opening(quiet, q.Now, q.Zone))
	}
	v.Address, _ = chosen.address(q.Profile)
	if q.RedirectTo != "" {
		v.Address, v.OriginallyTo = q.RedirectTo, v.Address
	}
	return v
}

// reach finds the channel, or the reason for which there is none.
func (q *Question) reach(v *Verdict) (chosen Candidate) {
	if len(q.Candidates) > 0 {
		v.Channel = q.Candidates[0].Channel
	}
	switch {
	case q.Profile.Erased:
		v.Reason = Erased
		return chosen
	case q.Off:
		v.Reason = SendingOff
		v.Looked["sending_mode"] = "off"
		return chosen
	case len(q.Candidates) == 0:
		v.Reason = NoAddress
		return chosen
	}
	for _, c := range q.Candidates {
		looked := map[string]any{}
		v.Channel, v.Looked[c.Channel] = c.Channel, looked
		if v.Reason = unreachable(q, c, looked); v.Reason == "" {
			return c
		}
	}
	return chosen
}

func (q *Question) paused(*Verdict, Candidate) string {
	if q.Paused {
		return PausedSkip
	}
	return ""
}

func (q *Question) heldOut(v *Verdict, _ Candidate) string {
	if !q.HeldOut || q.Transactional {
		return ""
	}
	v.Looked["holdout"] = "the workspace's"
	return Holdout
}

func (q *Question) outOfSeason(_ *Verdict, c Candidate) string {
	if c.Season == nil || c.Season.Contains(q.Now.In(q.Zone)) {
		return ""
	}
	return OutOfSeason
}

func (q *Question) expired(v *Verdict, _ Candidate) string {
	if q.Expires.IsZero() {
		return ""
	}
	v.Looked["expires"] = q.Expires
	if q.Now.Before(q.Expires) {
		return ""
	}
	return Expired
}

// capped looks at all caps that the message falls under; every one must have room.
func (q *Question) capped(v *Verdict, c Candidate) string {
	if q.Transactional || q.IgnoreCaps {
		return ""
	}
	for i, limit := range q.Caps {
		if !limit.counts(c.Channel, c.Topic) {
			continue
		}
		taken, reserved, full := limit.full(q.Priority, q.Slots, limit.Per.Since(q.Now, q.Zone))
		if full {
			v.Looked["cap"] = map[string]any{"place": i + 1, "max": limit.Max, "taken": taken, "reserved": reserved}
			return Capped
		}
	}
	return ""
}

// disturbing are the hours that the message has to leave alone; nil: none.
func (q *Question) disturbing() *calendar.Window {
	if q.Transactional || q.Quiet == Ignore {
		return nil
	}
	return q.QuietHours
}

// hold says whether the message is to wait for its best time or for the end of quiet hours, or is
// skipped for them. One that would be held beyond the end is skipped at once.
func (q *Question) hold(v *Verdict, end time.Time) bool {
	quiet := q.disturbing()
	until := q.Now
	if q.Best != nil {
		if v.Chosen = q.Best.Chosen; v.Chosen.IsZero() {
			v.Chosen = q.Best.choose(q.Now, end, quiet, q.Zone)
		}
		if v.Chosen.After(until) {
			until, v.Reason = v.Chosen, BestTime
		}
	}
	if quiet != nil && quiet.Contains(until, q.Zone) {
		_, closes := quiet.Next(until, q.Zone)
		v.Reason, v.Looked["quiet_until"] = QuietHours, closes
		if q.Quiet == Drop {
			return true
		}
		until = closes
	}
	if v.Reason == "" {
		return false
	}
	if !end.IsZero() && !until.Before(end) {
		v.Looked["held_until"] = until
		if v.Reason = Expired; q.Expires.IsZero() || end.Before(q.Expires) {
			v.Reason = OutOfSeason
		}
		return true
	}
	v.Kind, v.Until = Hold, until
	return true
}

func unreachable(q *Question, c Candidate, looked map[string]any) string {
	p := q.Profile
	if !q.Transactional && !Consented(p, q.Topics, c.Topic, c.Channel, looked) {
		return NoConsent
	}
	if why, yes := p.Suppressed[c.Channel]; yes {
		looked["suppressed"] = why
		return Suppressed
	}
	if _, ok := c.address(p); !ok || !c.Template || !c.Provider {
		looked["has_address"], looked["has_template"], looked["has_provider"] = ok, c.Template, c.Provider
		return NoAddress
	}
	return ""
}

func (c Candidate) address(p *profile.Profile) (string, bool) {
	if c.Address != "" {
		return c.Address, true
	}
	return Address(p, c.Channel)
}

// Address is where a profile is reached through a channel. An inbox belongs to everybody who has a
// profile.
func Address(p *profile.Profile, channel string) (string, bool) {
	switch channel {
	case "email":
		return p.Text("email")
	case "sms":
		return p.Text("phone")
	case "inbox":
		return p.ID, true
	default:
		for _, d := range p.Devices {
			if d.Channel == channel && d.Token != "" {
				return d.Token, true
			}
		}
		return "", false
	}
}
