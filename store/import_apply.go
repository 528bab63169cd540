package store

import (
	"context"
	"maps"
	"slices"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
	"github.com/mixtapehq/mixtape/tracking"
)

// importedDecision is a line for the ledger.
type importedDecision struct {
	profile, kind, reason, words string
	inputs                       map[string]any
}

// apply does with each row what the tracking API does with a call, but lets nothing be set off by it. What
// changes of people is no event: runs and segments are told otherwise, and nobody else is.
func (l *lot) apply(ctx context.Context) error {
	fresh, err := l.takeIDs(ctx)
	if err != nil {
		return err
	}
	for n, r := range l.rows {
		for _, p := range l.whose[n] {
			if r.Problem != nil {
				break
			}
			if err := l.applyTo(r, p, fresh); err != nil {
				return err
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	// Of rows that were rejected: what is sent once more, mended, is taken.
	return l.q.ReturnEventIDs(ctx, queries.ReturnEventIDsParams{Source: l.file.Source, Ids: slices.Collect(maps.Keys(fresh))})
}

// takeIDs takes the event ids of the rows and returns those that were not taken before.
func (l *lot) takeIDs(ctx context.Context) (map[string]bool, error) {
	fresh := map[string]bool{}
	var ids []string
	for _, r := range l.rows {
		if r.Problem == nil {
			ids = named(ids, r.Call.MessageID)
		}
	}
	if len(ids) == 0 {
		return fresh, nil
	}
	taken, err := l.q.TakeEventIDs(ctx, queries.TakeEventIDsParams{Source: l.file.Source, Ids: ids})
	for _, id := range taken {
		fresh[id] = true
	}
	return fresh, err
}

func (l *lot) applyTo(r *ImportRow, p *importedPerson, fresh map[string]bool) error {
	c := &r.Call
	if len(c.Traits)+len(c.Hints.Traits) > 0 {
		known, err := p.look()
		if err != nil {
			return err
		}
		r.Problem = tracking.Permitted(known, c, false, nil)
	}
	if r.Problem != nil {
		return nil //nolint:nilerr // it is the row's, and is told to whoever imports
	}
	if c.MessageID != "" {
		if !fresh[c.MessageID] {
			return nil
		}
		delete(fresh, c.MessageID)
	}
	hinted := c.Hints.Timezone != "" || c.Hints.Locale != "" || c.Hints.Token != ""
	if len(c.Traits)+len(c.Hints.Traits)+len(c.Consents)+len(r.Suppressed) > 0 || hinted {
		known, err := p.look()
		if err != nil {
			return err
		}
		l.change(r, p, known)
	}
	if a := r.Assigned; a != nil {
		l.assigned = append(l.assigned, assignedPerson{p.id, *a})
	}
	if c.Event != "" {
		p.events = append(p.events, l.event(r, p))
		p.note(c.Event)
	}
	return nil
}

func (l *lot) change(r *ImportRow, p *importedPerson, known *profile.Profile) {
	changed, touched := tracking.Update(known, &r.Call, false)
	p.attributes, p.devices = p.attributes || len(changed) > 0, p.devices || touched
	for _, name := range changed {
		p.note(attributeNote(name))
	}
	for _, topic := range profile.SetConsents(known, r.Call.Consents) {
		p.consents = true
		l.decide(p, ConsentDecision(topic, known.Consents[topic], l.by()))
	}
	for _, channel := range profile.LiftBounces(known, changed) {
		p.suppressed = true
		l.decide(p, Suppression(channel, "", "the change of the address"))
	}
	for _, channel := range slices.Sorted(maps.Keys(r.Suppressed)) {
		why := r.Suppressed[channel]
		if !profile.Suppress(known, channel, why) {
			continue
		}
		p.suppressed = true
		l.decide(p, Suppression(channel, why, l.by()))
	}
}

func (l *lot) decide(p *importedPerson, d Decision) {
	l.decided = append(l.decided, importedDecision{p.id, d.Kind, d.Reason, d.Words, d.Inputs})
}

// event is what happened, as it is stored: it counts as having come when it happened.
func (l *lot) event(r *ImportRow, p *importedPerson) queries.Event {
	c := &r.Call
	e := queries.Event{
		ProfileID: p.id, ID: c.MessageID, Source: l.file.Source, Name: c.Event, Properties: encode(orEmpty(c.Properties)),
		Changed: []string{}, Time: c.Time(l.now), Imported: true,
	}
	if e.ID == "" {
		e.ID = r.EventID
	}
	if e.Time.After(l.now) {
		e.Time = l.now
	}
	e.Arrival = e.Time
	return e
}

// note remembers what was changed or has happened, for runs that look at it.
func (p *importedPerson) note(name string) {
	if p.names == nil {
		p.names = map[string]bool{}
	}
	p.names[name] = true
}

// attributeNote tells an attribute from an event of the same name.
func attributeNote(attribute string) string { return "\x00" + attribute }
