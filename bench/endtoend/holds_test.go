package endtoend_test

import (
	"context"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// atTen is a clock that shows ten in the evening in Paris now, and goes that fast.
func atTen(speed float64) calendar.Clock {
	paris, _ := calendar.LoadZone("Europe/Paris")
	return calendar.Clock{
		Real: time.Now().Truncate(time.Microsecond), Virtual: calendar.Place(2026, time.March, 27, calendar.TimeOfDay{Hour: 22}, paris), Speed: speed,
	}
}

func quiet() store.Settings {
	s := tips()
	s.QuietHours = &store.QuietHours{From: "21:00", To: "08:00"}
	return s
}

// decisions are a run's, by kind and reason, in order.
func decisions(r *rig.Rig, run string) (all []string, at map[string]time.Time) {
	r.TB.Helper()
	rows, err := r.Store.DecisionsOfRun(context.Background(), run, 100)
	if err != nil {
		r.TB.Fatal(err)
	}
	at = map[string]time.Time{}
	for _, d := range rows {
		all = append(all, d.Kind+" "+d.Reason)
		if d.RunTime != nil {
			at[d.Kind+" "+d.Reason] = *d.RunTime
		}
	}
	return all, at
}

func TestAMessageIsHeldThroughTheNight(t *testing.T) {
	t.Parallel()
	clock := atTen(3600) // the night takes ten seconds
	r := rig.New(t, rig.Options{Clock: clock})
	r.Publish(quiet(), welcome())
	r.Send(signsUp("ada")...)
	held := r.AwaitPhase("ada", journey.Held, "hello")
	eight := clock.Virtual.Add(10 * time.Hour)
	if held.NextWakeAt == nil || !clock.ToVirtual(*held.NextWakeAt).Equal(eight) {
		t.Errorf("it is held until %v, want %s", held.NextWakeAt, clock.ToReal(eight))
	}
	if n := len(r.Messages("ada")); n != 0 {
		t.Errorf("%d messages are made of one that is held", n)
	}
	r.AwaitMail("ada@example.com", "hello")
	run := r.AwaitExit("ada", journey.ReasonCompleted)
	all, at := decisions(r, run.ID)
	if len(all) < 3 || all[1] != "gate quiet_hours" || all[2] != "gate now" || !at["gate now"].Equal(eight) {
		t.Errorf("the ledger has %v at %v, want it held, and then sent at %s", all, at, eight)
	}
	if n := r.HistoryLength(run.ID); n > 25 {
		t.Errorf("a hold, a message and a delay made %d history events, want at most 25", n)
	}
}

func TestAnExitDuringAHoldIsListedBehindTheSkip(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Clock: atTen(1)})
	r.Publish(quiet(), rig.Version(`journey: hello
entry: { event: signed_up }
exit: [ { event: subscribed, reason: converted } ]
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello")))
	r.Send(signsUp("ada")...)
	r.AwaitPhase("ada", journey.Held, "hello")
	r.Send(rig.Track("ada", "subscribed", nil))
	run := r.AwaitExit("ada", "converted")
	all, _ := decisions(r, run.ID)
	if n := len(all); n < 2 || all[n-2] != "gate ended" || all[n-1] != "exit converted" {
		t.Errorf("the ledger has %v, want the skip before the exit", all)
	}
	if n := r.Skipped("ada", "ended"); n != 1 || len(r.Mails("")) != 0 {
		t.Errorf("%d messages are skipped as ended and %d sent, want 1 and none", n, len(r.Mails("")))
	}
}

func TestAHoldMovesWithTheZone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Clock: atTen(1)})
	r.Publish(quiet(), welcome())
	r.Send(signsUp("ada")...)
	r.AwaitPhase("ada", journey.Held, "hello")
	r.Send(rig.Identify("ada", map[string]any{"timezone": "America/New_York"})) // it is five in the afternoon there
	r.AwaitMail("ada@example.com", "hello")
	r.AwaitExit("ada", journey.ReasonCompleted)
}

func TestTwoJourneysShareACap(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	s := tips()
	s.Caps = []store.Cap{{Max: 1, Per: "7d"}}
	hello := func(name string) store.Version {
		return rig.Version("journey: "+name+`
entry: { event: signed_up }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello"))
	}
	r.Publish(s, hello("one"), hello("two"), hello("three"))
	r.Send(signsUp("ada")...)
	r.Send(signsUp("bela")...)
	for _, user := range []string{"ada", "bela"} {
		r.Await("all of "+user+"'s runs are over", rig.Patience, func() bool {
			runs := r.Runs(user)
			for _, run := range runs {
				if run.Phase != string(journey.Ended) {
					return false
				}
			}
			return len(runs) == 3
		})
		if sent, capped := len(r.Mails(user+"@example.com")), r.Skipped(user, "capped"); sent != 1 || capped != 2 {
			t.Errorf("%s got %d mails and %d were capped, want 1 and 2", user, sent, capped)
		}
	}
}
