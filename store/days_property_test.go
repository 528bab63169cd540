package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// years draws a life: events that come when they happen, late, out of a file, or from another person, and
// events that are forgotten.
type years struct {
	*store.Store
	id    string
	begun time.Time
	busy  []time.Time // days on which much happened
	n     int
}

// Whatever happens to somebody's events: rules over days that are added up say what they say over the events.
func TestDaysSayWhatTheirEventsSay(t *testing.T) {
	t.Parallel()
	s := open(t)
	people := 0
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		people++
		y := &years{Store: s, id: fmt.Sprintf("p%d", people), begun: time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC)}
		y.exec(t, "insert into profiles (id, user_id) values ($1, $2)", y.id, "user-"+y.id)
		y.importFile(t)
		for range rapid.IntRange(0, 8).Draw(t, "happenings") {
			rapid.SampledFrom([]func(*rapid.T){y.importFile, y.merge, y.track, y.track, y.forget, y.correct, y.backOut}).Draw(t, "happens")(t)
		}
		y.compareRows(t, met)
		for range 20 {
			y.compareRules(t, met)
		}
	})
	if met["days"] < 100 || met["events"] < 100 || met["wide days"] < 5 {
		t.Errorf("too little was added up to tell anything: %v", met)
	}
}

func (y *years) exec(t *rapid.T, sql string, args ...any) {
	t.Helper()
	if _, err := y.Pool().Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// at is a moment of some weeks, often on the edge of a day.
func (y *years) at(t *rapid.T, label string) time.Time {
	at := y.begun.AddDate(0, 0, rapid.IntRange(0, 45).Draw(t, label+" day"))
	if len(y.busy) > 0 && rapid.IntRange(0, 3).Draw(t, label+" quiet") > 0 {
		at = rapid.SampledFrom(y.busy).Draw(t, label+" busy day")
	}
	switch rapid.IntRange(0, 9).Draw(t, label+" edge") {
	case 8:
		return at
	case 9:
		return at.Add(-time.Microsecond)
	}
	return at.Add(time.Duration(rapid.Int64Range(0, 24*3600e6-1).Draw(t, label+" time")) * time.Microsecond)
}

func (y *years) drawn(t *rapid.T) store.NewEvent {
	properties := map[string]any{}
	for _, name := range []string{"p", "q \"é\""} {
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
		case 1:
			properties[name] = rapid.SampledFrom([]any{nil, "7", true, []any{1.0}, map[string]any{"p": 1.0}}).Draw(t, "no number")
		case 2:
			properties[name] = rapid.SampledFrom([]float64{0.1, 0.2, -0.3, 1e15, 1e17, 1e-7, 5e-324, 1.7e308, -1.7e308, 999_999_999.999999, 0}).Draw(t, "number")
		default:
			properties[name] = float64(rapid.IntRange(-2000, 2000).Draw(t, "hundredths")) / 100
		}
	}
	if rapid.IntRange(0, 99).Draw(t, "wide") == 77 {
		for n := range 101 {
			properties[fmt.Sprint("w", n)] = 1
		}
	}
	y.n++
	return store.NewEvent{ID: fmt.Sprint(y.id, "-", y.n), Name: rapid.SampledFrom([]string{"played", "bought"}).Draw(t, "name"), Time: y.at(t, "happened"), Properties: properties}
}

func (y *years) track(t *rapid.T) {
	err := y.InProfile(context.Background(), y.id, func(tx *store.Tx) error {
		for range rapid.IntRange(1, 3).Draw(t, "events") {
			if _, err := tx.AddEvent(context.Background(), y.drawn(t)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// copyTo puts many events behind those that somebody has.
func (y *years) copyTo(t *rapid.T, id string) {
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, y.Pool(), func(tx pgx.Tx) error {
		var last int64
		if err := tx.QueryRow(ctx, "select last_number from profiles where id = $1 for no key update", id).Scan(&last); err != nil {
			return err
		}
		var rows [][]any
		if len(y.busy) < 8 {
			y.busy = append(y.busy, y.at(t, "busy").Truncate(24*time.Hour))
		}
		for range rapid.IntRange(8, 60).Draw(t, "rows") {
			e := y.drawn(t)
			last++
			rows = append(rows, []any{id, last, e.ID, "file", e.Name, e.Properties, e.Time, e.Time, true})
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"events"}, []string{"profile_id", "number", "id", "source", "name", "properties", "time", "arrival", "imported"}, pgx.CopyFromRows(rows))
		if err == nil {
			_, err = tx.Exec(ctx, "update profiles set last_number = $2, dispatched = $2 where id = $1", id, last)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (y *years) importFile(t *rapid.T) { y.copyTo(t, y.id) }

func (y *years) merge(t *rapid.T) {
	y.n++
	anonymous := fmt.Sprint("a-", y.id, "-", y.n)
	id, err := y.ProfileFor(context.Background(), "", anonymous)
	if err != nil {
		t.Fatal(err)
	}
	y.copyTo(t, id)
	if _, err := y.Alias(context.Background(), anonymous, "user-"+y.id, true, false); err != nil {
		t.Fatal(err)
	}
}

func (y *years) forget(t *rapid.T) {
	y.exec(t, "delete from events where profile_id = $1 and time < $2 and number % $3 = 0", y.id, y.at(t, "forgotten"), int64(6-rapid.IntRange(1, 5).Draw(t, "of so many")))
}

// correct is what nobody does yet: triggers care not.
func (y *years) correct(t *rapid.T) {
	y.exec(t, "update events set time = time + interval '7 hours', properties = properties || '{\"p\": 3.5}' where profile_id = $1 and number % $2 = 0", y.id, int64(rapid.IntRange(2, 5).Draw(t, "of so many")))
}

// backOut is a transaction that comes to nothing.
func (y *years) backOut(t *rapid.T) {
	backsOut := errors.New("backs out")
	err := y.InProfile(context.Background(), y.id, func(tx *store.Tx) error {
		if _, err := tx.AddEvent(context.Background(), y.drawn(t)); err != nil {
			return err
		}
		if _, err := tx.History(context.Background(), []store.Want{{Name: "played"}}); err != nil { // it is written now
			return err
		}
		return backsOut
	})
	if !errors.Is(err, backsOut) {
		t.Fatal(err)
	}
}

// compareRows wants the busy days, and no others, to be the sums of the events that there are.
func (y *years) compareRows(t *rapid.T, met map[string]int) {
	ctx := context.Background()
	var days, sums string
	err := y.Pool().QueryRow(ctx, `
		select coalesce((select string_agg(concat_ws(' ', d.profile_id, name, day, count, first, last, last_number,
				case when numbers is null then 'wide' else (select string_agg(n.key || n.value, ' ' order by n.key) from jsonb_each(numbers) n) end), E'\n' order by d.profile_id, name, day) from event_days d where profile_id = $1), ''),
			coalesce((select string_agg(concat_ws(' ', profile_id, name, day, count, first, last, last_number, numbers), E'\n' order by profile_id, name, day) from (
				select profile_id, name, day, count(*) as count, min(time) as first, max(time) as last, max(number) as last_number,
				(select case when count(*) > 100 then 'wide' else string_agg(key || jsonb_build_array(count, sum, least, greatest)::text, ' ' order by key) end from (
					select p.key, count(*) as count, sum(p.value::numeric) as sum, min(p.value::numeric) as least, max(p.value::numeric) as greatest
					from events o cross join jsonb_each(o.properties) p where o.profile_id = e.profile_id and o.name = e.name and jsonb_typeof(p.value) = 'number'
						and (o.time at time zone 'UTC')::date = e.day group by p.key) n) as numbers
				from (select *, (time at time zone 'UTC')::date as day from events where name <> '' and profile_id = $1) e group by 1, 2, 3 having count(*) >= 8) s), '')`, y.id).Scan(&days, &sums)
	if err != nil {
		t.Fatal(err)
	}
	met["wide days"] += strings.Count(days, "wide")
	if diff := cmp.Diff(strings.Split(sums, "\n"), strings.Split(days, "\n")); diff != "" {
		t.Fatalf("days (-events +days):\n%s", diff)
	}
}

// compareRules asks some aggregates at once, and again of the events alone.
func (y *years) compareRules(t *rapid.T, met map[string]int) {
	env, err := rules.New()
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	months := false
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		source := fmt.Sprintf("events(%q)", rapid.SampledFrom([]string{"played", "bought"}).Draw(t, "of"))
		for range rapid.IntRange(0, 2).Draw(t, "windows") {
			window := rapid.SampledFrom([]string{"1d", "36h", "7d", "30d", "1mo", "90m", "240d"}).Draw(t, "within")
			months = months || window == "1mo"
			source += fmt.Sprintf(".within(%q)", window)
		}
		if rapid.IntRange(0, 5).Draw(t, "where") == 5 {
			source += ".where(e, e.p > 0)"
		}
		sources = append(sources, source+rapid.SampledFrom([]string{
			`.count()`, `.sum("p")`, `.avg("p")`, `.min("p")`, `.max("p")`, `.first()`, `.last()`, `.last("p")`, `.sum("q \"é\"")`, `.max("none")`,
		}).Draw(t, "aggregate"))
	}
	clock := rapid.SampledFrom([]calendar.Clock{{}, {}, {Real: y.begun, Virtual: y.begun.AddDate(0, 0, 3), Speed: 7}}).Draw(t, "clock")
	now := clock.ToVirtual(y.at(t, "now").AddDate(0, 0, rapid.SampledFrom([]int{0, 1, 6, 7, 28, 30, 31}).Draw(t, "later")))
	earlier := now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30}).Draw(t, "earlier")) * time.Hour)
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Paris", "America/St_Johns"}).Draw(t, "zone")
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var reads rules.Reads
	var compiled []*rules.Rule
	for _, source := range sources {
		rule, problems := env.Compile(source, rules.Position{}, rules.ScopeSegment)
		if rule == nil {
			t.Fatal(source, problems)
		}
		compiled, reads = append(compiled, rule), reads.Merge(rule.Reads())
	}
	err = y.InProfile(context.Background(), y.id, func(tx *store.Tx) error {
		upTo := int64(store.Everything)
		if rapid.Bool().Draw(t, "an event in hand") {
			upTo = tx.LastNumber() - rapid.Int64Range(0, tx.LastNumber()).Draw(t, "later events")
		}
		wants := store.Wants(journey.Needs{Events: reads.Events}, store.Sight{Now: now, Clock: clock, From: earlier, UpTo: upTo})
		past, err := tx.History(context.Background(), wants)
		if err != nil {
			return err
		}
		var alone []store.Want
		for _, name := range []string{"played", "bought"} {
			alone = append(alone, store.Want{Name: name, Properties: true})
		}
		raw, err := tx.History(context.Background(), alone)
		if err != nil {
			return err
		}
		met["events"] += len(past.Events["played"]) + len(past.Events["bought"])
		met["days"] += len(past.Days["played"]) + len(past.Days["bought"])
		if len(raw.Days) > 0 {
			t.Fatal("days, where events were wanted")
		}
		for _, p := range []store.Past{past, raw} {
			p.UpTo(upTo)
			p.InClock(clock)
		}
		for i, rule := range compiled {
			for _, now := range []time.Time{now, earlier} {
				facts := rules.Facts{Now: now, Zone: place, History: past.Events, Days: past.Days, Profile: &profile.Profile{}}
				got, has, flips := rule.Value(&facts)
				facts.History, facts.Days = raw.Events, nil
				want, had, flipped := rule.Value(&facts)
				if has != had || !cmp.Equal(got, want, cmpopts.EquateNaNs()) {
					t.Fatalf("%s at %s, up to %d: %v of days, %v of events\n%s", sources[i], now, upTo, got, want, spelled(past, raw))
				}
				late := flips.IsZero() && !flipped.IsZero() || !flipped.IsZero() && flips.After(flipped)
				if late || !months && !flips.Equal(flipped) {
					t.Fatalf("%s at %s, up to %d: flips at %s by days, at %s by events\n%s", sources[i], now, upTo, flips, flipped, spelled(past, raw))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func spelled(all ...store.Past) string {
	raw, _ := json.MarshalIndent(all, "", " ")
	return string(raw) + fmt.Sprint(slices.Sorted(maps.Keys(all[0].Days)))
}
