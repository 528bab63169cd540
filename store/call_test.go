package store_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// ask adds a call of the deployment's run.
func (d *deployment) ask() (id string) {
	d.t.Helper()
	d.locked(func(ctx context.Context, tx *store.Tx) (err error) {
		var state string
		id, state, err = tx.AddCall(ctx, store.Call{
			ID: store.NewID("c"), RunID: d.run.ID, Journey: "hello", Version: "v1", Step: "ask", Visit: 2, ProfileID: d.profile,
			Method: "POST", Url: "https://api.example", Headers: json.RawMessage(`{"X-A": "b"}`), Body: "{}", Mark: "m", TimeoutMs: 1000, State: store.Asked,
		})
		if state != store.Asked {
			d.t.Errorf("the call stands %s", state)
		}
		return err
	})
	return id
}

func TestACallMayNotBeMade(t *testing.T) {
	t.Parallel()
	for name, forbid := range map[string]func(*deployment){
		"of a run that is over":       func(d *deployment) { d.exec("update runs set status = 'ended'") },
		"of a run that is to exit":    func(d *deployment) { d.exec("update runs set exit_wanted = 'converted'") },
		"while the journey is paused": func(d *deployment) { d.must(d.Pause(d.t.Context(), "hello")) },
		"while everything is paused":  func(d *deployment) { d.must(d.Pause(d.t.Context(), "")) },
		"of an erased person":         func(d *deployment) { d.exec("update profiles set erased_at = now()") },
		"that is answered":            func(d *deployment) { d.exec("update calls set state = 'answered'") },
		"before every accepted event is judged": func(d *deployment) {
			d.locked(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddEvent(ctx, store.NewEvent{Name: "subscribed"})
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			id := d.ask()
			forbid(d)
			if c, _, ok, err := d.BeginCall(t.Context(), id); ok || err != nil {
				t.Errorf("it may be made: %+v, %v", c, err)
			}
		})
	}
}

func TestACallIsMadeAndFinishedOnce(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	id := d.ask()
	if again := d.ask(); again != id {
		t.Errorf("the step visit has a second call %s beside %s", again, id)
	}
	for n := int32(1); n <= 2; n++ {
		c, private, ok, err := d.BeginCall(t.Context(), id)
		d.must(err)
		if !ok || private || c.Attempts != n || c.Url != "https://api.example" || c.Mark != "m" {
			t.Errorf("attempt %d: %+v, private %v, ok %v", n, c, private, ok)
		}
	}
	for _, first := range []bool{true, false} {
		d.locked(func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.FinishCall(ctx, id, store.Answered, "", 200, json.RawMessage(`{"score": 1}`))
			if got != first {
				t.Errorf("finished: %v, want %v", got, first)
			}
			return err
		})
	}
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.CallOfVisit(ctx, d.run.ID, 2)
		if c.State != store.Answered || c.Status != 200 || string(c.Answer) != `{"score": 1}` || c.DoneAt == nil {
			t.Errorf("the call stands so: %+v", c)
		}
		return err
	})
}

func TestCallsMayReachTheOwnNetworkWhereTheWorkspaceSaysSo(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	_, err := d.Publish(t.Context(), store.Settings{Name: "test", Calls: store.Calls{PrivateAddresses: true}}, []store.Version{{Journey: "hello", Version: "v1", Source: "journey: hello"}})
	d.must(err)
	if _, private, ok, err := d.BeginCall(t.Context(), d.ask()); !private || !ok || err != nil {
		t.Errorf("private addresses are allowed: %v, %v, %v", private, ok, err)
	}
}

func TestSettingsThatNoWalkCouldWorkWithAreNotPublished(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, settings := range map[string]store.Settings{
		"quiet hours": {Name: "test", QuietHours: &store.QuietHours{From: "25:00", To: "08:00"}},
		"days":        {Name: "test", QuietHours: &store.QuietHours{From: "21:00", To: "08:00", Days: []string{"someday"}}},
		"caps":        {Name: "test", Caps: []store.Cap{{Max: 1, Per: "fortnight"}}},
	} {
		if _, err := s.Publish(t.Context(), settings, nil); err == nil {
			t.Errorf("%s are published", name)
		}
	}
}

func TestRulesLookThingsUpInWhatWasPublished(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	settings := store.Settings{Name: "test", Reference: store.Reference{
		Segments:  []store.Segment{{Key: "vip", Rule: "user.vip"}},
		Catalogs:  map[string]rules.Catalog{"products": {"s1": {"price": 5.0}}},
		Calendars: map[string]rules.Calendar{"holidays": {{From: "2026-05-01", To: "2026-05-01"}}},
	}}
	version := store.Version{Journey: "hello", Version: "v1", Source: "{journey: hello, entry: {event: go}, steps: [{id: over, exit: done}]}"}
	if _, err := s.Publish(ctx, settings, []store.Version{version}); err != nil {
		t.Fatal(err)
	}
	library := store.NewLibrary(s)
	read := func() *store.Compiled {
		d, err := s.Deployment(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := library.Compiled(ctx, "hello", "v1", &d.Settings)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := read(); c.Catalogs["products"]["s1"]["price"] != 5.0 || len(c.Calendars["holidays"]) != 1 {
		t.Errorf("it looks things up in %v, %v", c.Catalogs, c.Calendars)
	}
	settings.Catalogs = map[string]rules.Catalog{"products": {"s1": {"price": 4.0}}}
	if _, err := s.Publish(ctx, settings, []store.Version{version}); err != nil {
		t.Fatal(err)
	}
	if c := read(); c.Catalogs["products"]["s1"]["price"] != 4.0 {
		t.Errorf("the price has gone down, and it reads %v", c.Catalogs)
	}
}
