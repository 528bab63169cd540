package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// secret stands in every value of a person that a test fills, so that a leftover is found wherever it is.
const secret = "zebra-7391"

// filled is a person of whom every table knows something, in two profiles that became one.
func filled(t *testing.T) *deployment {
	t.Helper()
	d := deploy(t)
	ctx := t.Context()
	visitor, err := d.ProfileFor(ctx, "", secret+"-visitor")
	d.must(err)
	_, err = d.PersonFor(ctx, "", secret+"-visitor", false)
	d.must(err)
	who, err := d.Alias(ctx, secret+"-visitor", "ada", true, false)
	d.must(err)
	_ = who
	_ = visitor
	d.exec("update profiles set user_id = $1 where id = $2", secret+"-user", d.profile)
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		p := tx.Profile()
		p.Attributes = map[string]any{"email": secret + "@example.com"}
		p.Consents, p.Suppressed = map[string]bool{secret: true}, map[string]string{"sms": secret}
		p.Devices = []profile.Device{{Token: secret}}
		if err := tx.SaveProfile(ctx); err != nil {
			return err
		}
		for i := range 12 {
			if _, err := tx.TakeEventID(ctx, "server", fmt.Sprint(secret, i)); err != nil {
				return err
			}
			if _, err := tx.AddEvent(ctx, store.NewEvent{ID: fmt.Sprint(secret, i), Source: "server", Name: "played", Properties: map[string]any{"song": secret, "seconds": 3}}); err != nil {
				return err
			}
		}
		return tx.Decide(ctx, store.Decision{Kind: "gate", Reason: "now", Words: secret, Inputs: map[string]any{"address": secret}})
	})
	for _, sql := range []string{
		"insert into moves (run_id, seq, move, cause) select id, 1, jsonb_build_object('to', '" + secret + "'), '{}' from runs",
		"insert into outbox (run_id, kind, why) select id, 'wake', '" + secret + "' from runs",
		"update runs set key = '" + secret + "', why = '" + secret + "', goal_at = now(), goal_value = 7",
		"update messages set address = '" + secret + "', originally_to = '" + secret + "', subject = '" + secret + "', provider_id = '" + secret + "', detail = '" + secret + "'",
		"update message_bodies set html = '" + secret + "', body = '" + secret + "', sender = '" + secret + "'",
		"insert into calls (id, run_id, journey, version, step, visit, profile_id, method, url, headers, body, answer, timeout_ms, state) select '1', id, 'hello', 'v1', 's', 1, profile_id, 'GET', '" + secret + "', '{\"a\": \"" + secret + "\"}', '" + secret + "', '{\"a\": \"" + secret + "\"}', 1, 'asked' from runs",
		"insert into verdicts (profile_id, number, journey, key, refused) select profile_id, w.i, 'hello', '" + secret + "' || w.i, 'reentry' from runs, generate_series(1, 3) w (i)",
		"insert into refusals (profile_id, journey, reason, count) select profile_id, 'hello', 'where_false', 4 from runs",
		"insert into dispatch_failures (profile_id, number, journey, attempts, error) select profile_id, 1, 'hello', 1, '" + secret + "' from runs",
		"insert into segment_changes (segment, profile_id, at, entered, why, cause) select 'vip', profile_id, now(), true, 'event', '" + secret + "' from runs",
		"insert into segment_due (profile_id, segment, at) select profile_id, 'vip', now() from runs",
		"insert into segment_work (segment, profile_id) select 'vip', profile_id from runs",
		"insert into enrolment_ids (enrolment, profile_id) select '1', profile_id from runs",
		"insert into assignments (experiment, profile_id, variant, context, run_id, at) select 'hello/which', profile_id, 'short', '{\"plan=" + secret + "\": 1}', id, now() from runs",
		"insert into training_samples (training, profile_id, sample) select 'affinity:song/1', profile_id, '{\"" + secret + "\": 1}' from runs",
	} {
		d.exec(sql)
	}
	return d
}

// holding are the tables that have the text anywhere, by name.
func (d *deployment) holding(text string) []string {
	d.t.Helper()
	found := map[string]bool{}
	for _, table := range d.tables() {
		var n int
		d.must(d.Pool().QueryRow(d.t.Context(), fmt.Sprintf("select count(*) from %s x where x::text like $1", table), "%"+text+"%").Scan(&n))
		if n > 0 {
			found[table] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (d *deployment) tables() []string {
	d.t.Helper()
	rows, err := d.Pool().Query(d.t.Context(), `select table_name from information_schema.tables
		where table_schema = 'public' and table_type = 'BASE TABLE' and table_name !~ '^decisions_' order by 1`)
	d.must(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		d.must(rows.Scan(&name))
		all = append(all, name)
	}
	d.must(rows.Err())
	return all
}

func (d *deployment) counts(sql string) map[string]int {
	d.t.Helper()
	rows, err := d.Pool().Query(d.t.Context(), sql)
	d.must(err)
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var key string
		var n int
		d.must(rows.Scan(&key, &n))
		all[key] = n
	}
	d.must(rows.Err())
	return all
}

// reports are the counts that reports are made of.
func (d *deployment) reports() map[string]map[string]int {
	return map[string]map[string]int{
		"runs":      d.counts("select concat_ws(' ', journey, version, status, exit_reason, goal_at is not null, sum(goal_value)), count(*) from runs group by journey, version, status, exit_reason, goal_at is not null"),
		"messages":  d.counts("select concat_ws(' ', journey, step, channel, state, reason), count(*) from messages group by journey, step, channel, state, reason"),
		"decisions": d.counts("select concat_ws(' ', journey, step, kind, reason), count(*) from decisions group by journey, step, kind, reason"),
		"verdicts":  d.counts("select concat_ws(' ', journey, refused), count(*) from verdicts group by journey, refused"),
		"arms":      d.counts("select concat_ws(' ', experiment, variant), count(*) from assignments group by experiment, variant"),
		"refusals":  d.counts("select concat_ws(' ', journey, reason), sum(count)::int from refusals group by journey, reason"),
	}
}

func (d *deployment) erase(name string) store.Erasure {
	d.t.Helper()
	e, err := d.Erase(d.t.Context(), name, "the key admin")
	d.must(err)
	return e
}

func TestNothingOfTheErasedIsLeft(t *testing.T) {
	t.Parallel()
	d := filled(t)
	ctx := t.Context()
	before := d.holding(secret)
	for _, table := range []string{"profiles", "anonymous_ids", "events", "seen_events", "moves", "outbox", "runs", "messages", "message_bodies", "calls", "verdicts", "decisions", "dispatch_failures", "segment_changes"} {
		if !slices.Contains(before, table) {
			t.Errorf("%s has nothing of the person before: the test shows nothing of it", table)
		}
	}
	e := d.erase(secret + "-user")
	if len(e.Profiles) != 2 {
		t.Errorf("%d profiles are erased, want the person's and the visitor's", len(e.Profiles))
	}
	d.must(d.Wipe(ctx, e))
	if left := d.holding(secret); len(left) > 0 {
		t.Errorf("something of the person is left in %v", left)
	}
	for _, table := range []string{"events", "event_days", "moves", "outbox", "message_bodies", "dispatch_failures", "segment_changes", "segment_due", "segment_work", "enrolment_ids", "anonymous_ids", "seen_events"} {
		var n int
		d.must(d.Pool().QueryRow(ctx, "select count(*) from "+table).Scan(&n))
		if n != 0 {
			t.Errorf("%s has %d rows of the person", table, n)
		}
	}
	d.must(d.Wipe(ctx, e)) // again changes nothing
	again, err := d.Erase(ctx, d.profile, "the key admin")
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the second time: %v %v", again, err)
	}
}

func TestCountsStayTrueAfterAnErasure(t *testing.T) {
	t.Parallel()
	d := filled(t)
	d.exec("update runs set status = 'ended', exit_reason = 'completed', ended_at = now()")
	d.exec("update messages set state = 'sent', sent_at = now()")
	d.render(func(*store.Message) {})
	before := d.reports()
	e := d.erase(secret + "-user")
	d.must(d.Wipe(t.Context(), e))
	// What was under way is over, and said to be; all else is as it was.
	before["runs"]["hello v1 ended erased f"] = before["runs"]["hello v1 active f"]
	delete(before["runs"], "hello v1 active f")
	before["messages"]["hello hello email skipped erased"] = before["messages"]["hello hello email rendered "]
	delete(before["messages"], "hello hello email rendered ")
	before["decisions"][" hello gate erased"] = 0
	delete(before["decisions"], " hello gate erased")
	before["decisions"]["hello hello gate erased"]++
	before["decisions"]["hello  exit erased"]++
	before["decisions"]["  operator erased"]++
	if diff := cmp.Diff(before, d.reports()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestTheErasedDoNotComeBackByThemselves(t *testing.T) {
	t.Parallel()
	d := filled(t)
	ctx := t.Context()
	d.erase(secret + "-user")
	for _, who := range [][2]string{{secret + "-user", ""}, {"", secret + "-visitor"}, {secret + "-user", "new-browser"}} {
		if _, err := d.PersonFor(ctx, who[0], who[1], false); !errors.Is(err, store.ErrErased) {
			t.Errorf("%v: %v", who, err)
		}
	}
	// A new visitor does not become the erased by a claim.
	_, err := d.PersonFor(ctx, "", "new-browser", false)
	d.must(err)
	if _, err := d.PersonFor(ctx, secret+"-user", "new-browser", false); !errors.Is(err, store.ErrErased) {
		t.Errorf("claimed: %v", err)
	}
	if _, err := d.Alias(ctx, "new-browser", secret+"-user", true, false); !errors.Is(err, store.ErrErased) {
		t.Errorf("aliased: %v", err)
	}
	// Somebody else at the same browser is somebody else, without its old id.
	other, err := d.PersonFor(ctx, "grace", secret+"-visitor", false)
	d.must(err)
	p, err := d.Profile(ctx, other.Profile)
	if err != nil || len(p.AnonymousIDs) != 0 {
		t.Errorf("%v %v", p, err)
	}
	d.must(d.Readmit(ctx, secret+"-user", ""))
	back, err := d.PersonFor(ctx, secret+"-user", "", false)
	if err != nil || back.Profile == d.profile {
		t.Errorf("who was readmitted is %v, %v", back, err)
	}
}

// A writer that found the person before the erasure and gets the lock after it writes nothing.
func TestAWriterThatComesLateWritesNothing(t *testing.T) {
	t.Parallel()
	d := filled(t)
	ctx := t.Context()
	e := d.erase(secret + "-user")
	d.must(d.InProfile(ctx, d.profile, func(tx *store.Tx) error {
		tx.Profile().Attributes = map[string]any{"email": secret}
		if err := tx.SaveProfile(ctx); err != nil {
			return err
		}
		if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "played", Properties: map[string]any{"song": secret}}); err != nil {
			return err
		}
		return tx.Decide(ctx, store.Decision{Kind: "consent", Reason: "withdrawn", Words: secret, Inputs: map[string]any{"topic": secret}})
	}))
	d.must(d.Wipe(ctx, e))
	if left := d.holding(secret); len(left) > 0 {
		t.Errorf("it wrote into %v", left)
	}
}

func TestAnAddressOfSeveralErasesNobody(t *testing.T) {
	t.Parallel()
	d := filled(t)
	ctx := t.Context()
	_, err := d.ProfileFor(ctx, "grace", "")
	d.must(err)
	d.exec(`update profiles set attributes = '{"email": "both@example.com"}' where merged_into is null`)
	if _, err := d.Erase(ctx, "both@example.com", "the key admin"); !errors.Is(err, store.ErrSeveral) {
		t.Errorf("%v", err)
	}
}

func TestAnErasureIsWorkedOffTwice(t *testing.T) {
	t.Parallel()
	d := filled(t)
	ctx := t.Context()
	e := d.erase(secret + "-user")
	for _, want := range []string{store.ErasureSettling, store.ErasureDone} {
		next, err := d.NextErasure(ctx)
		d.must(err)
		if next.ID != e.ID {
			t.Fatalf("the next is %s", next.ID)
		}
		if _, err := d.NextErasure(ctx); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("two work at once: %v", err)
		}
		d.must(d.SettleErasure(ctx, e.ID, 0*time.Second))
		now, err := d.Erasure(ctx, e.ID)
		if err != nil || now.State != want {
			t.Errorf("%v %v, want %s", now.State, err, want)
		}
	}
	if _, err := d.NextErasure(ctx); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what is done is taken again: %v", err)
	}
}
