package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// slots are those taken within the last day.
func (d *deployment) slots(clock calendar.Clock) (all []gate.Slot) {
	d.t.Helper()
	d.locked(func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.Slots(ctx, clock.ToVirtual(tx.Now().Add(-24*time.Hour)), clock)
		return err
	})
	return all
}

func TestAMessageTakesASlot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deployment)
		taken  int
	}{
		"from now on":                     {func(*deployment) {}, 1},
		"while it is handed over":         {func(d *deployment) { d.claim(d.message, true) }, 1},
		"when it was sent":                {func(d *deployment) { d.exec("update messages set state = 'sent'") }, 1},
		"when it bounced":                 {func(d *deployment) { d.exec("update messages set state = 'bounced'") }, 1},
		"when nobody knows":               {func(d *deployment) { d.exec("update messages set state = 'unknown'") }, 1},
		"but gives it back if not sent":   {func(d *deployment) { d.exec("update messages set state = 'skipped'") }, 0},
		"and has none while it is held":   {func(d *deployment) { d.exec("update runs set phase = 'held'") }, 0},
		"not a transactional one":         {func(d *deployment) { d.exec("update messages set priority = 'transactional'") }, 0},
		"not one of another clock":        {func(d *deployment) { d.exec(`update runs set clock = '{"speed": 60}'`) }, 0},
		"not one of another profile":      {func(d *deployment) { d.exec("update messages set profile_id = 'p'") }, 0},
		"not one from before":             {func(d *deployment) { d.exec("update messages set taken_at = now() - interval '25 hours'") }, 0},
		"but one that was held until now": {func(d *deployment) { d.exec("update messages set created_at = now() - interval '25 hours'") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			d.exec("update runs set phase = 'delivering'")
			d.exec("update messages set taken_at = clock_timestamp()")
			c.change(d)
			all := d.slots(calendar.Clock{})
			if len(all) != c.taken {
				t.Fatalf("%d slots are taken, want %d", len(all), c.taken)
			}
			if c.taken == 1 {
				if s := all[0]; s.Channel != "email" || s.Topic != "tips" || s.Priority != "normal" || s.Run != d.run.ID || s.Visit != 1 {
					t.Errorf("the slot is %+v", s)
				}
			}
		})
	}
}

func TestSlotsAreTakenInTheRunsClock(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	begin := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	clock := calendar.Clock{Real: begin, Virtual: begin, Speed: 24}
	d.exec("update messages set state = 'sent', taken_at = $1", begin.Add(30*time.Minute))
	d.exec("update runs set clock = jsonb_build_object('real', $1::text, 'virtual', $1::text, 'speed', 24)", begin.Format(time.RFC3339Nano))
	all := d.slots(clock)
	if len(all) != 1 || !all[0].At.Equal(begin.Add(12*time.Hour)) {
		t.Errorf("half an hour of a clock that goes 24x: %+v, want one at %s", all, begin.Add(12*time.Hour))
	}
}

func TestAMessageThatChangedItsChannelLeavesNoOther(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		m := store.Message{
			RunID: d.run.ID, Journey: "hello", Version: "v1", Step: "hello", Visit: 1, ProfileID: d.profile, Channel: "sms", Provider: "twilio",
			Template: "hello", Priority: "normal", Address: "+33123456789", State: store.Rendered,
		}
		_, _, err := tx.AddMessage(ctx, m, store.Body{Body: "Hello"})
		return err
	})
	left, err := d.MessagesOfProfile(t.Context(), d.profile, 10)
	d.must(err)
	if len(left) != 1 || left[0].Channel != "sms" {
		t.Errorf("the visit has %d messages: %+v", len(left), left)
	}
}

func TestEntriesAreTakenUpToTheLimit(t *testing.T) {
	t.Parallel()
	d := deploy(t) // with one run, entered now
	day := time.Now().UTC().Truncate(24 * time.Hour)
	const most, people = 5, 8
	var group sync.WaitGroup
	got := make(chan bool, people)
	for i := range people { // others at the same time
		group.Go(func() {
			id, err := d.ProfileFor(t.Context(), "somebody-"+string(rune('a'+i)), "")
			if err != nil {
				t.Error(err)
				return
			}
			err = d.InProfile(t.Context(), id, func(tx *store.Tx) error {
				if _, err := tx.EntriesSince(t.Context(), "hello", day, calendar.Clock{}); err != nil {
					return err
				}
				ok, err := tx.TakeEntry(t.Context(), "hello", day, most)
				got <- ok
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	close(got)
	taken := 0
	for ok := range got {
		if ok {
			taken++
		}
	}
	if taken != most-1 {
		t.Errorf("%d may enter beside the one that has, want %d", taken, most-1)
	}
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.EntriesSince(ctx, "hello", day, calendar.Clock{})
		if n != most {
			t.Errorf("%d entries are counted, want %d", n, most)
		}
		return err
	})
}

func TestTheHeldOutDoNotCountAsEntries(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		r := &store.Run{Journey: "hello", Version: "v1", Status: store.HeldOut, Overlapping: true, State: &journey.State{Entry: profile.Event{Name: "signed_up"}}}
		if err := tx.AddRun(ctx, r); err != nil {
			return err
		}
		n, err := tx.EntriesSince(ctx, "hello", tx.Now().Add(-time.Hour), calendar.Clock{})
		if n != 1 {
			t.Errorf("%d entries are counted, want the one that was not held out", n)
		}
		return err
	})
	letters := 0
	d.must(d.Pool().QueryRow(t.Context(), "select count(*) from outbox o join runs r on r.id = o.run_id where r.status = 'held_out'").Scan(&letters))
	if letters != 0 {
		t.Error("Temporal is told of somebody held out")
	}
}
