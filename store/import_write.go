package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// write copies into the database what the rows came to.
func (l *lot) write(ctx context.Context) error {
	for _, write := range []func(context.Context) error{l.writeNew, l.writeKnown, l.writeEvents, l.writeAssignments, l.writeDecisions, l.wakeRuns} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	return nil
}

// numbered puts somebody's events behind those that they have, in the order of time.
func (p *importedPerson) numbered() int64 {
	slices.SortStableFunc(p.events, func(a, b queries.Event) int { return a.Time.Compare(b.Time) })
	last := p.row.LastNumber
	for n := range p.events {
		last++
		p.events[n].Number = last
	}
	return last
}

// writeNew copies people of whom nothing was known, and whose visits turned out to be whose. That somebody
// else makes the same person meanwhile is a conflict, after which all is looked up again.
func (l *lot) writeNew(ctx context.Context) error {
	slices.SortFunc(l.made, func(a, b *importedPerson) int { return cmp.Compare(a.userID, b.userID) })
	rows := make([][]any, len(l.made))
	for n, p := range l.made {
		known, last := p.profile, p.numbered()
		rows[n] = []any{
			p.id, orNull(p.userID), encode(orEmpty(known.Attributes)), encode(orEmpty(known.Consents)), encode(orEmpty(known.Suppressed)),
			encode(append([]profile.Device{}, known.Devices...)), last, last,
		}
	}
	err := l.copy(ctx, "profiles", []string{"id", "user_id", "attributes", "consents", "suppressed", "devices", "last_number", "dispatched"}, rows)
	if err != nil {
		return err
	}
	slices.SortFunc(l.links, func(a, b anonymousLink) int { return cmp.Compare(a.anonymousID, b.anonymousID) })
	rows = make([][]any, len(l.links))
	for n, link := range l.links {
		rows[n] = []any{link.anonymousID, link.whose.id}
	}
	return l.copy(ctx, "anonymous_ids", []string{"anonymous_id", "profile_id"}, rows)
}

func (l *lot) writeKnown(ctx context.Context) error {
	var w queries.SaveImportedParams
	for _, p := range l.sets {
		if !p.claimed && !p.attributes && !p.consents && !p.suppressed && !p.devices && len(p.events) == 0 {
			continue
		}
		known := p.profile
		if known == nil {
			known = &profile.Profile{}
		}
		userID := ""
		if p.claimed {
			userID = p.userID
			p.note(attributeNote("id"))
		}
		w.Ids, w.UserIds, w.LastNumbers = append(w.Ids, p.id), append(w.UserIds, userID), append(w.LastNumbers, p.numbered())
		w.Attributes = append(w.Attributes, changedJSON(p.attributes, orEmpty(known.Attributes)))
		w.Consents = append(w.Consents, changedJSON(p.consents, orEmpty(known.Consents)))
		w.Suppressed = append(w.Suppressed, changedJSON(p.suppressed, orEmpty(known.Suppressed)))
		w.Devices = append(w.Devices, changedJSON(p.devices, append([]profile.Device{}, known.Devices...)))
	}
	if len(w.Ids) == 0 {
		return nil
	}
	return l.q.SaveImported(ctx, w)
}

func changedJSON(changed bool, v any) string {
	if !changed {
		return ""
	}
	return string(encode(v))
}

func (l *lot) writeEvents(ctx context.Context) error {
	var rows [][]any
	people := slices.Clone(l.made)
	for _, p := range l.sets {
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b *importedPerson) int { return cmp.Compare(a.id, b.id) })
	for _, p := range people {
		for _, e := range p.events {
			rows = append(rows, []any{e.ProfileID, e.Number, e.ID, e.Source, e.Name, e.Properties, e.Changed, e.Time, e.Arrival, e.Imported})
		}
	}
	return l.copy(ctx, "events", []string{"profile_id", "number", "id", "source", "name", "properties", "changed", "time", "arrival", "imported"}, rows)
}

func (l *lot) writeDecisions(ctx context.Context) error {
	rows := make([][]any, len(l.decided))
	for n, d := range l.decided {
		rows[n] = []any{d.profile, d.kind, d.reason, d.words, encode(d.inputs)}
	}
	return l.copy(ctx, "decisions", []string{"profile_id", "kind", "reason", "words", "inputs"}, rows)
}

func (l *lot) copy(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

// wakeRuns lets living runs look again whose version reads what has changed: behind all that is live.
func (l *lot) wakeRuns(ctx context.Context) error {
	var ids []string
	for id, p := range l.sets {
		if len(p.names) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	runs, err := l.q.RunsOfPeople(ctx, ids)
	if err != nil || len(runs) == 0 {
		return err
	}
	d, err := l.store.Deployment(ctx)
	if err != nil {
		return err
	}
	var wake []string
	for _, r := range runs {
		c, err := l.library.Compiled(ctx, r.Journey, r.Version, &d.Settings)
		if err != nil || l.sets[r.ProfileID].concern(c) { // one of another release may look at anything
			wake = append(wake, r.ID)
		}
	}
	if len(wake) == 0 {
		return nil
	}
	slices.Sort(wake)
	return l.q.EnqueueWakes(ctx, queries.EnqueueWakesParams{Ids: wake, Why: "imported"})
}

// concern tells whether what was imported of somebody may mean something to a run.
func (p *importedPerson) concern(c *Compiled) bool {
	for name := range p.names {
		attribute, is := strings.CutPrefix(name, attributeNote(""))
		if is && c.Cares("", []string{attribute}) || !is && c.Cares(name, nil) {
			return true
		}
	}
	return false
}
