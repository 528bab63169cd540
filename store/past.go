package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// History reads what rules ahead need of the past, in one query.
func (t *Tx) History(ctx context.Context, wants []Want) (Past, error) {
	if len(wants) == 0 {
		return Past{}, nil
	}
	if past, ok := t.ahead.pastOf(t.profile.ID, wants, t.lastNumber); ok {
		return past, nil
	}
	all, err := t.pasts(ctx, []string{t.profile.ID}, wants)
	if past := all[t.profile.ID]; past != nil {
		return *past, err
	}
	return Past{}, err
}

// pasts reads the past of some people.
func (t *Tx) pasts(ctx context.Context, ids []string, wants []Want) (map[string]*Past, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	p := queries.PastOfParams{Ids: ids}
	for _, w := range wants {
		p.Names, p.Since, p.After = append(p.Names, w.Name), append(p.Since, w.Since), append(p.After, w.After)
		p.Properties = append(p.Properties, w.Properties)
		p.DaysUpTo, p.DaysBy = append(p.DaysUpTo, w.DaysUpTo), append(p.DaysBy, w.DaysBy)
		for _, c := range w.Cuts {
			p.CutNames, p.CutFrom, p.CutTo = append(p.CutNames, w.Name), append(p.CutFrom, c.From), append(p.CutTo, c.To)
		}
	}
	rows, err := t.q.PastOf(ctx, p)
	all := map[string]*Past{}
	for _, row := range rows {
		past := all[row.ProfileID]
		if past == nil {
			past = &Past{}
			all[row.ProfileID] = past
		}
		if err := past.remember(row); err != nil {
			return nil, err
		}
	}
	return all, err
}

func (p *Past) remember(row queries.PastOfRow) error {
	if row.Count > 0 {
		return p.rememberDay(row)
	}
	e := profile.Event{Number: row.Number, ID: row.ID, Name: row.Name, Time: row.Time, Arrival: row.Arrival, Imported: row.Imported}
	if len(row.Properties) > len("{}") {
		if err := json.Unmarshal(row.Properties, &e.Properties); err != nil {
			return err
		}
	}
	if p.Events == nil {
		p.Events = map[string][]profile.Event{}
	}
	p.Events[e.Name] = append(p.Events[e.Name], e)
	return nil
}

func (p *Past) rememberDay(row queries.PastOfRow) error {
	d := profile.Day{Count: int(row.Count), First: row.Time, Last: row.Arrival}
	if len(row.Properties) > len("{}") {
		var numbers map[string][4]json.Number // how many, their sum, the least, the greatest
		if err := json.Unmarshal(row.Properties, &numbers); err != nil {
			return err
		}
		d.Numbers = make(map[string]profile.Numbers, len(numbers))
		for property, n := range numbers {
			count, err := n[0].Int64()
			least, failed := n[2].Float64()
			most, broken := n[3].Float64()
			if err != nil || failed != nil || broken != nil {
				return fmt.Errorf("the day %s of %s: property %s is not numbers", row.Time, row.Name, property)
			}
			d.Numbers[property] = profile.Numbers{Count: int(count), Sum: n[1].String(), Least: least, Most: most}
		}
	}
	if p.Days == nil {
		p.Days = map[string][]profile.Day{}
	}
	p.Days[row.Name] = append(p.Days[row.Name], d)
	return nil
}
