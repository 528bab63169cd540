package audience_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

const (
	chattyEvents = 20_000
	chattyRule   = `events("played").within("90d").count() >= 1000 && events("played").within("90d").sum("seconds") > 1000.0`
)

// BenchmarkChatty is a look at one rule of somebody who does something all day long: over days that are
// added up, beside the same over each event. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkChatty(b *testing.B) {
	rounds := size.Of(b, roundsVariable, 5)
	for range b.N {
		c := newChatty(b)
		var days, events answer
		var rows, all int
		for range rounds + 1 {
			for _, side := range []struct {
				by    *answer
				rows  *int
				alone bool
			}{{&days, &rows, false}, {&events, &all, true}} {
				began := time.Now()
				_, n := c.look(b, time.Now(), side.alone)
				*side.rows = n
				side.by.took = append(side.by.took, time.Since(began))
			}
		}
		one, each := median(days.took[1:]), median(events.took[1:])
		fmt.Printf("\n%d events in 90 days: by days %.2f ms and %d rows, by events %.2f ms and %d rows; %.0f times\n\n",
			chattyEvents, ms(one), rows, ms(each), all, each.Seconds()/one.Seconds())
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// However much somebody does: a rule over months of it reads a row a day, and the days at the edges.
func TestAChattyEventCostsARowADay(t *testing.T) {
	t.Parallel()
	c := newChatty(t)
	now := time.Now()
	const days, aDay = 91, chattyEvents/90 + 1
	held, n := c.look(t, now, false)
	if n < days || n > days+aDay {
		t.Errorf("%d rows were read", n)
	}
	if each, all := c.look(t, now, true); each != held || all < chattyEvents-aDay {
		t.Errorf("%+v by days, and %+v by %d events", held, each, all)
	}
}

// chatty is somebody who did something many times in ninety days, and for some days before.
type chatty struct {
	*rig.Rig
	rule *rules.Rule
	id   string
}

func newChatty(tb testing.TB) *chatty {
	tb.Helper()
	r := rig.New(tb, rig.Options{NoStarter: true, NoWorker: true})
	ctx := tb.Context()
	id, err := r.Store.ProfileFor(ctx, "ada", "")
	if err == nil {
		_, err = r.Store.Pool().Exec(ctx, `insert into events (profile_id, number, id, source, name, properties, time, arrival)
			select $1, n, n::text, 'bench', 'played', jsonb_build_object('seconds', n % 300 + 0.1, 'genre', 'jazz'), at, at
			from (select n, now() - interval '99 days' + (n - 0.5) * interval '99 days' / $2 as at from generate_series(1, $2::integer) n) e`, id, chattyEvents*11/10)
	}
	if err == nil {
		_, err = r.Store.Pool().Exec(ctx, `update profiles set last_number = $2, dispatched = $2 where id = $1`, id, chattyEvents*11/10)
	}
	if err == nil { // as autovacuum would sooner or later
		_, err = r.Store.Pool().Exec(ctx, "vacuum analyze events, event_days")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return &chatty{Rig: r, rule: compile(r, chattyRule), id: id}
}

// look asks the rule under the lock, as dispatch does, and says how many rows that took.
func (c *chatty) look(tb testing.TB, now time.Time, alone bool) (v rules.Verdict, rows int) {
	tb.Helper()
	ctx := context.Background()
	wants := store.Wants(journey.Needs{Events: c.rule.Reads().Events}, store.Sight{Now: now, UpTo: store.Everything})
	if alone {
		wants[0].DaysUpTo = 0
	}
	err := c.Store.InProfile(ctx, c.id, func(tx *store.Tx) error {
		past, err := tx.History(ctx, wants)
		rows = len(past.Events["played"]) + len(past.Days["played"])
		v = c.rule.Holds(&rules.Facts{Now: now, History: past.Events, Days: past.Days})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return v, rows
}
