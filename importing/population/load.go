package population

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options say how many people are made up. Zero values are the defaults.
type Options struct {
	Profiles int       // 10,000
	Events   int       // about so many; 100,000
	Seed     uint64    // another is another population
	Until    time.Time // the last moment of the last day; the coming midnight in UTC
	Force    bool      // beside what the database has already

	// Progress is told how many rows of a table are in; nil: nobody asks.
	Progress func(table string, done, all int64)
}

// Loaded is how many rows went in.
type Loaded struct {
	Profiles int64 `json:"profiles"`
	Events   int64 `json:"events"`
}

// Load writes a population into a database, all of it or nothing. Nothing waits for dispatch afterwards, and no
// journey is entered. Indexes are dropped and built anew where the tables were empty, so nobody can work on them
// meanwhile.
func Load(ctx context.Context, pool *pgxpool.Pool, o Options) (loaded Loaded, err error) {
	if o.Profiles <= 0 {
		o.Profiles = 10_000
	}
	if o.Events <= 0 {
		o.Events = 10 * o.Profiles
	}
	if o.Until.IsZero() {
		o.Until = time.Now().UTC().Truncate(dayLength).Add(dayLength)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local maintenance_work_mem = '256MB'")
		if err != nil {
			return err
		}
		empty, err := isEmpty(ctx, tx, o.Force)
		if err != nil {
			return err
		}
		var rebuild []string
		if empty {
			if rebuild, err = dropIndexes(ctx, tx); err != nil {
				return err
			}
		}
		if loaded, err = newTown(o).load(ctx, tx); err != nil {
			return err
		}
		for n, statement := range rebuild {
			o.tell("indexes", int64(n), int64(len(rebuild)))
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		o.tell("indexes", int64(len(rebuild)), int64(len(rebuild)))
		return nil
	})
	if err == nil {
		err = vacuum(ctx, pool)
	}
	return loaded, err
}

func (o Options) tell(table string, done, all int64) {
	if o.Progress != nil {
		o.Progress(table, done, all)
	}
}

// isEmpty looks whether anybody is in the database. Live data is left alone unless that is meant.
func isEmpty(ctx context.Context, tx pgx.Tx, force bool) (bool, error) {
	var some, ours bool
	err := tx.QueryRow(ctx, "select exists (select from profiles) or exists (select from events), exists (select from profiles where id = $1)", ID(0)).Scan(&some, &ours)
	switch {
	case err != nil:
		return false, err
	case ours:
		return false, fmt.Errorf("this database has a population already; take an empty one")
	case some && !force:
		return false, fmt.Errorf("there are people in this database; made-up ones would stand among them, so take an empty one, or write --force")
	}
	return !some, nil
}

// dropIndexes drops those that are faster built anew, and returns the statements that do so. Those of keys that
// others refer to stay.
func dropIndexes(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `
		select case when c.conname is null then format('drop index %s', i.indexrelid::regclass)
			else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname) end,
			case when c.conname is null then pg_get_indexdef(i.indexrelid)
			else format('alter table %s add constraint %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) end
		from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
		where i.indrelid = 'events'::regclass or i.indrelid = 'profiles'::regclass and c.conname is null order by i.indexrelid`)
	if err != nil {
		return nil, err
	}
	type index struct{ Drop, Build string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, err
	}
	// A trigger that finds busy days would go through all events for each.
	all = append(all, index{Drop: "alter table events disable trigger event_days_added", Build: "alter table events enable trigger event_days_added"}, index{Build: addUpDays})
	var build []string
	for _, i := range all {
		if i.Drop != "" {
			if _, err := tx.Exec(ctx, i.Drop); err != nil {
				return nil, err
			}
		}
		build = append(build, i.Build)
	}
	return build, nil
}

// addUpDays does for all events what the trigger does for some.
const addUpDays = `
	do $$ declare k record;
	begin
		select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
		from (select profile_id, name, days.of(time) as day from events where name <> '' group by 1, 2, 3 having count(*) >= 8) o;
		if k.profiles is not null then
			call days.recount(k.profiles, k.names, k.days);
		end if;
	end $$`

// load makes everybody up twice: once to count what they do, and once to write it.
func (t *town) load(ctx context.Context, tx pgx.Tx) (Loaded, error) {
	totals := make([]int64, len(t.people))
	var all int64
	for day := Days - 1; day >= 0; day-- {
		t.counts(day, func(person, n int) {
			totals[person] += int64(n)
			all += int64(n)
		})
	}
	_, err := tx.Exec(ctx, `insert into seen_names (kind, name) select 'attribute', unnest($1::text[]) union all select 'event', unnest($2::text[]) on conflict do nothing`, Attributes(), Events())
	if err != nil {
		return Loaded{}, err
	}
	var loaded Loaded
	loaded.Profiles, err = copyLines(ctx, tx, "copy profiles (id, user_id, attributes, consents, last_number, dispatched, created_at) from stdin", func(w *bufio.Writer) error {
		dice := rand.New(rand.NewPCG(t.Seed+1, 0))
		var line []byte
		for i := range t.people {
			line = t.profile(line[:0], dice, i, totals[i])
			if _, err := w.Write(line); err != nil {
				return err
			}
			if i%every == 0 {
				t.tell("profiles", int64(i), int64(len(t.people)))
			}
		}
		return nil
	})
	if err != nil {
		return loaded, err
	}
	loaded.Events, err = copyLines(ctx, tx, "copy events (profile_id, number, id, source, name, properties, time, arrival) from stdin", func(w *bufio.Writer) error {
		return t.events(w, all)
	})
	return loaded, err
}

// every is after how many rows somebody is told.
const every = 50_000

// events writes what was done, the oldest days first, as it would have come in.
func (t *town) events(w *bufio.Writer, all int64) (err error) {
	numbers := make([]int64, len(t.people))
	var line []byte
	var done int64
	var times []time.Time
	for day := Days - 1; day >= 0 && err == nil; day-- {
		dice := rand.New(rand.NewPCG(t.Seed+1, uint64(1+day)))
		begins := t.Until.Add(-time.Duration(day+1) * dayLength)
		t.counts(day, func(person, n int) {
			times = times[:0]
			for range n {
				times = append(times, begins.Add(time.Duration(dice.Int64N(int64(dayLength))).Truncate(time.Microsecond)))
			}
			slices.SortFunc(times, time.Time.Compare)
			for _, at := range times {
				numbers[person]++
				line = t.event(line[:0], dice, person, numbers[person], at)
				if _, failed := w.Write(line); failed != nil {
					err = failed
				}
				if done++; done%every == 0 {
					t.tell("events", done, all)
				}
			}
		})
	}
	return err
}

// copyLines streams what write writes into a table.
func copyLines(ctx context.Context, tx pgx.Tx, statement string, write func(*bufio.Writer) error) (int64, error) {
	out, in := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(in, 1<<18)
		err := write(w)
		if err == nil {
			err = w.Flush()
		}
		in.CloseWithError(err)
	}()
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, out, statement)
	_ = out.CloseWithError(io.ErrClosedPipe) // should it have given up, so does the writer
	return tag.RowsAffected(), err
}

// vacuum leaves the tables as a deployment's are that has run for a while.
func vacuum(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "set statement_timeout = 0"); err != nil {
		return err
	}
	for _, table := range []string{"profiles", "events", "event_days"} {
		if _, err := conn.Exec(ctx, "vacuum (analyze) "+table); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "reset statement_timeout")
	return err
}

// Attributes are the names of what is known of people.
func Attributes() []string {
	return []string{"age", "country", "email", "favourite_genre", "plan", "renews_at", "signed_up_at", "timezone", "total_spent", "vip"}
}

// Events are the names of what people do.
func Events() (names []string) {
	for _, d := range deeds() {
		names = append(names, d.value)
	}
	return names
}
