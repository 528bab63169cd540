// Package audience_test measures how long it takes to count whom a rule is true of, against the best
// statement of the same meaning that we could write by hand, and against looking at one person after
// the other.
package audience_test

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/importing/population"
	"github.com/mixtapehq/mixtape/store"
)

// The sizes of a run, from the environment.
const (
	peopleVariable = "MIXTAPE_BENCH_PEOPLE"
	eventsVariable = "MIXTAPE_BENCH_EVENTS"
	roundsVariable = "MIXTAPE_BENCH_ROUNDS"
	sample         = 20_000 // people looked at one by one; more would only take longer
)

const goal = 1.2 // times the statement by hand, at most

// contest is a rule and the statement by hand.
type contest struct {
	name, rule, hand string
	args             func(now time.Time) []any
}

func contests() []contest {
	month := func(now time.Time) []any { return []any{now.Add(-30 * 24 * time.Hour), now} }
	return []contest{
		{
			name: "attributes", rule: `user.plan == "pro" && user.country == "FR" && user.age >= 30 && user.age < 40`,
			hand: `select count(*) from profiles where attributes ->> 'plan' = 'pro' and attributes ->> 'country' = 'FR'
				and (attributes -> 'age')::double precision >= 30 and (attributes -> 'age')::double precision < 40 and merged_into is null and erased_at is null`,
		},
		{
			name: "two orders in 30 days", rule: `events("order_completed").within("30d").count() >= 2`, args: month,
			hand: `select count(*) from profiles p join (select profile_id from events where name = 'order_completed' and time > $1 and time <= $2
				group by profile_id having count(*) >= 2) e on e.profile_id = p.id where p.merged_into is null and p.erased_at is null`,
		},
		{
			name: "100 spent in 30 days", rule: `events("order_completed").within("30d").sum("total") > 100`, args: month,
			hand: `select count(*) from profiles p join (select profile_id from events where name = 'order_completed' and time > $1 and time <= $2
				group by profile_id having sum((properties ->> 'total')::double precision) > 100) e on e.profile_id = p.id where p.merged_into is null and p.erased_at is null`,
		},
		{
			name: "an hour of songs ever", rule: `events("song_played").sum("seconds") > 3600`,
			hand: `select count(*) from profiles p join (select profile_id from events where name = 'song_played'
				group by profile_id having sum((properties ->> 'seconds')::double precision) > 3600) e on e.profile_id = p.id where p.merged_into is null and p.erased_at is null`,
		},
		{
			name: "lapsed", rule: `user.plan == "free" && events("song_played").count() >= 1 && events("song_played").within("90d").count() == 0`,
			args: func(now time.Time) []any { return []any{now.Add(-90 * 24 * time.Hour), now} },
			hand: `select count(*) from profiles p where attributes ->> 'plan' = 'free' and merged_into is null and erased_at is null
				and exists (select from events e where e.profile_id = p.id and e.name = 'song_played')
				and not exists (select from events e where e.profile_id = p.id and e.name = 'song_played' and e.time > $1 and e.time <= $2)`,
		},
	}
}

// BenchmarkAudience is the measurement. It is one run, whatever b.N: use -benchtime 1x.
func BenchmarkAudience(b *testing.B) {
	people, events, rounds := size.Of(b, peopleVariable, 100_000), size.Of(b, eventsVariable, 1_000_000), size.Of(b, roundsVariable, 5)
	for range b.N {
		measure(b, people, events, rounds)
		b.ReportMetric(0, "ns/op") // means nothing here
	}
}

// TestAudience keeps the measurement in working order, and its three sides of one mind. It says nothing of speed.
func TestAudience(t *testing.T) {
	t.Parallel()
	measure(t, 500, 10_000, 1)
}

func measure(tb testing.TB, people, events, rounds int) {
	tb.Helper()
	r := rig.New(tb, rig.Options{NoStarter: true, NoWorker: true})
	ctx := tb.Context()
	began := time.Now()
	loaded, err := population.Load(ctx, r.Store.Pool(), population.Options{Profiles: people, Events: events})
	if err != nil {
		tb.Fatal(err)
	}
	r.Publish(store.Settings{Attributes: map[string]string{"plan": "string", "country": "string", "age": "number"}})
	if err := r.Store.IndexAttributes(ctx); err != nil {
		tb.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	fmt.Printf("\n%d people with %d events, loaded in %.0f s; %d rounds\n\n", loaded.Profiles, loaded.Events, time.Since(began).Seconds(), rounds)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "rule\tcounted\tby rule, ms\tby hand, ms\tratio\tone by one, s\t")
	for _, c := range contests() {
		byRule, byHand := race(ctx, r, c, now, rounds)
		one := eachAlone(ctx, r, c, now, min(people, sample))
		whole := one.took[0].Seconds() * float64(people) / float64(min(people, sample))
		ratio := median(byRule.took).Seconds() / median(byHand.took).Seconds()
		met := ""
		if ratio > goal {
			met = " (goal MISSED)"
		}
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.2f%s\t%.1f\t\n", c.name, byRule.count, ms(median(byRule.took)), ms(median(byHand.took)), ratio, met, whole)
		if byRule.count != byHand.count {
			tb.Errorf("%s: %d by the rule, %d by hand", c.name, byRule.count, byHand.count)
		}
		if people <= sample && byRule.count != one.count {
			tb.Errorf("%s: %d by the rule, %d one by one", c.name, byRule.count, one.count)
		}
	}
	_ = t.Flush()
	fmt.Printf("\none by one: %d of the people, reckoned up to all. goal: at most %.1f times the statement by hand\n\n", min(people, sample), goal)
}
