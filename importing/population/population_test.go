package population_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/importing/population"
	"github.com/mixtapehq/mixtape/store"
)

func database(t *testing.T) *store.Store {
	t.Helper()
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func text(t *testing.T, s *store.Store, query string) (text string) {
	t.Helper()
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func small() population.Options {
	return population.Options{Profiles: 500, Events: 5000, Seed: 7, Until: time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)}
}

// The same seed makes the same people; another makes others.
func TestTheSameSeedIsTheSamePopulation(t *testing.T) {
	t.Parallel()
	const everything = `select md5(string_agg(concat_ws(' ', p.id, user_id, attributes, consents, last_number, dispatched, e), E'\n' order by p.id))
		from profiles p left join lateral (select string_agg(concat_ws(' ', number, id, name, properties, time), ',' order by number) as e from events where profile_id = p.id) e on true`
	var sums []string
	for _, seed := range []uint64{7, 7, 8} {
		s, o := database(t), small()
		o.Seed = seed
		if _, err := population.Load(t.Context(), s.Pool(), o); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, text(t, s, everything))
	}
	if sums[0] != sums[1] || sums[0] == sums[2] {
		t.Error(sums)
	}
}

func TestThePopulationIsLikePeople(t *testing.T) {
	t.Parallel()
	s := database(t)
	const indexes = "select string_agg(indexdef, E'\\n' order by indexname) from pg_indexes where tablename in ('profiles', 'events')"
	before := text(t, s, indexes)
	loaded, err := population.Load(t.Context(), s.Pool(), small())
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Profiles != 500 || loaded.Events < 4500 || loaded.Events > 5500 {
		t.Errorf("%+v", loaded)
	}
	if diff := cmp.Diff(before, text(t, s, indexes)); diff != "" {
		t.Error("other indexes afterwards:", diff)
	}
	for what, query := range map[string]string{
		"numbers have gaps":                "select count(*)::text from profiles p where last_number <> (select count(*) from events where profile_id = p.id) or dispatched <> last_number or pending_since is not null",
		"numbers are not in order of time": "select count(*)::text from events a join events b on a.profile_id = b.profile_id and b.number = a.number + 1 where a.time > b.time",
		"events lie outside 400 days":      "select count(*)::text from events where time <= '2026-03-28'::timestamptz - interval '400 days' or time > '2026-03-28'",
		"events lie before the sign-up":    "select count(*)::text from events e join profiles p on p.id = e.profile_id where e.time < p.created_at",
	} {
		if got := text(t, s, query); got != "0" {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := text(t, s, "select (count(*) filter (where time > '2026-01-28') > count(*) filter (where time between '2025-07-28' and '2025-09-28'))::text from events"); got != "true" {
		t.Error("they did as much long ago as lately")
	}
	if got := text(t, s, "select (max(last_number) > 10 * percentile_cont(0.5) within group (order by last_number))::text from profiles"); got != "true" {
		t.Error("all do as much as each other")
	}
	if got := text(t, s, "select string_agg(distinct k, ' ' order by k) from profiles, jsonb_object_keys(attributes) k"); got != strings.Join(population.Attributes(), " ") {
		t.Error("attributes:", got)
	}
	if got := text(t, s, "select string_agg(distinct name, ' ' order by name) from events"); got != "app_opened order_completed playlist_created song_played" {
		t.Error("events:", got)
	}
}

// Days are added up as if the events had come one by one, and so are those to come.
func TestBusyDaysAreAddedUp(t *testing.T) {
	t.Parallel()
	s := database(t)
	o := small()
	o.Profiles = 20
	if _, err := population.Load(t.Context(), s.Pool(), o); err != nil {
		t.Fatal(err)
	}
	if got := text(t, s, "select (count(*) > 0)::text from event_days"); got != "true" {
		t.Error("nobody has a busy day")
	}
	if got := text(t, s, `select count(*)::text from event_days d full join (select profile_id, name, (time at time zone 'UTC')::date as day, count(*) from events group by 1, 2, 3 having count(*) >= 8) e
			using (profile_id, name, day) where d.count is distinct from e.count`); got != "0" {
		t.Error("days and events differ:", got)
	}
	if got := text(t, s, "select count(*)::text from pg_trigger where tgrelid = 'events'::regclass and tgenabled <> 'O'"); got != "0" {
		t.Error("triggers are off:", got)
	}
}

// Live data is left alone.
func TestOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := database(t)
	if _, err := s.ProfileFor(t.Context(), "ada", ""); err != nil {
		t.Fatal(err)
	}
	o := small()
	if _, err := population.Load(t.Context(), s.Pool(), o); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Fatal(err)
	}
	o.Force = true
	if _, err := population.Load(t.Context(), s.Pool(), o); err != nil {
		t.Fatal(err)
	}
	if got := text(t, s, "select count(*)::text from profiles"); got != "501" {
		t.Error(got)
	}
	if _, err := population.Load(t.Context(), s.Pool(), o); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
}
