package journey_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

const orderJourney = `
journey: order
entry: { event: go }
exit: [ { event: stop, where: event.n >= 2, reason: stopped } ]
steps:
  - { id: first, wait: 1h }
  - id: share
    wait_for: { event: [shared, liked], where: event.n >= 2, timeout: 2h, since: SINCE }
  - { id: hi, send: { channel: email, template: hi } }
  - { id: last, wait: 1h }
`

// ordered is a run whose events are committed, dispatched and looked at in any interleaving that
// the profile's lock allows.
type ordered struct {
	rt       *rapid.T
	j        *journey.Journey
	since    string
	s        *journey.State
	all      []profile.Event // committed, by number
	history  map[string][]profile.Event
	judged   int64 // by dispatch
	clock    time.Time
	deadline time.Time // of share
	arrived  time.Time // at share
	over     bool
}

func (o *ordered) facts(latest int64) journey.Facts {
	return journey.Facts{Now: o.clock, History: o.history, Latest: latest, Dispatched: o.judged}
}

func (o *ordered) commit(name string) {
	e := profile.Event{
		Number: int64(len(o.all) + 1), Name: name, Time: o.clock, Arrival: o.clock,
		Properties: map[string]any{"n": float64(rapid.IntRange(1, 3).Draw(o.rt, "n"))},
	}
	o.all = append(o.all, e)
	o.history[name] = append(o.history[name], e)
}

// dispatch judges the next event, which may have been committed a while ago.
func (o *ordered) dispatch() {
	if o.judged == int64(len(o.all)) {
		return
	}
	e := o.all[o.judged]
	o.judged++
	if e.Number == o.s.Entry.Number || o.over || !o.j.Cares(e.Name, nil) {
		return
	}
	v := o.j.Judge(o.s, e, nil, o.facts(e.Number))
	if v.Exit != "" {
		o.s.Exit = v.Exit
	}
	if v.Match != nil {
		o.s.Match = v.Match
	}
	if v.Exit != "" || v.Match != nil || v.Look {
		if rapid.Bool().Draw(o.rt, "the wake is quick") {
			o.look(o.clock)
		}
	}
}

// look is one Advance at the given logical moment, which for a timer in time is its due instant.
func (o *ordered) look(now time.Time) {
	if o.over {
		return
	}
	f := o.facts(int64(len(o.all)))
	f.Now = now
	from := o.s.Step
	a := o.j.Next(o.s, f)
	if o.s.Step == "share" && from != "share" {
		o.arrived, o.deadline = o.s.Arrived, o.s.Arrived.Add(2*time.Hour)
	}
	o.check(a)
	switch a.Kind {
	case journey.Send:
		o.j.Resolve(o.s, journey.Sent)
		o.look(now)
	case journey.End:
		o.over = true
	}
}

// check compares with the plain truth: what of all that was committed by now should have happened.
func (o *ordered) check(a journey.Action) {
	stopped := false
	for _, e := range o.all {
		stopped = stopped || e.Name == "stop" && e.Number > 1 && e.Properties["n"].(float64) >= 2
	}
	if stopped != (a.Kind == journey.End && a.Reason == "stopped") {
		o.rt.Fatalf("an exit happened: %v; the run says %s %q", stopped, a.Kind, a.Reason)
	}
	if stopped {
		return
	}
	if o.arrived.IsZero() {
		switch o.s.Step {
		case "hi", "last": // it came through share at once
			o.arrived, o.deadline = o.s.Arrived, o.s.Arrived.Add(2*time.Hour)
		default:
			return
		}
	}
	want := "waiting"
	if !o.s.Now.Before(o.deadline) {
		want = "timeout"
	}
	for _, e := range o.all {
		after := e.Number > 1
		if o.since == "now" {
			after = e.Arrival.After(o.arrived)
		}
		if after && (e.Name == "shared" || e.Name == "liked") && e.Properties["n"].(float64) >= 2 && !e.Arrival.After(o.deadline) {
			want = fmt.Sprint(e.Name, " at ", e.Arrival)
			break
		}
	}
	got := "waiting"
	if r, ok := o.s.Results["share"].(map[string]any); ok {
		got = r["arm"].(string)
		if e, ok := r["event"].(map[string]any); ok {
			at, _ := time.Parse(time.RFC3339Nano, e["time"].(string))
			got = fmt.Sprint(e["name"], " at ", at)
		}
	}
	if got != want {
		o.rt.Fatalf("the wait: got %s, want %s\narrived %s, deadline %s, now %s\nevents %+v", got, want, o.arrived, o.deadline, o.s.Now, o.all)
	}
}

// TestNoEventIsLost: however commits, dispatch, wakes and timers interleave, an exit ends the run at
// the next look, and the wait is met by the earliest event that came in time.
func TestNoEventIsLost(t *testing.T) {
	t.Parallel()
	compiled := map[string]*journey.Journey{}
	for _, since := range []string{"entry", "now"} {
		j, problems := journey.Compile("order.yaml", []byte(replaced(orderJourney, "SINCE", since)), journey.Options{})
		if j == nil {
			t.Fatal(problems)
		}
		compiled[since] = j
	}
	rapid.Check(t, func(rt *rapid.T) {
		since := rapid.SampledFrom([]string{"entry", "now"}).Draw(rt, "since")
		o := &ordered{rt: rt, j: compiled[since], since: since, history: map[string][]profile.Event{}, clock: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
		o.commit("go")
		o.s = o.j.Begin(o.all[0], o.clock)
		for range rapid.IntRange(5, 60).Draw(rt, "operations") {
			if o.over {
				return
			}
			// Under the profile's lock no two things happen at one instant.
			o.clock = o.clock.Add(time.Duration(rapid.Int64Range(1, 40*60).Draw(rt, "seconds")) * time.Second)
			switch rapid.IntRange(0, 5).Draw(rt, "operation") {
			case 0:
				o.commit(rapid.SampledFrom([]string{"shared", "liked", "noise", "stop"}).Draw(rt, "event"))
			case 1:
				o.dispatch()
			case 2:
				o.look(o.clock) // a wake that means nothing
			case 3: // a timer in time, as of its due instant, or one that is late
				if w := o.s.Wake; !w.IsZero() && !w.After(o.clock) {
					o.look(rapid.SampledFrom([]time.Time{w, o.clock}).Draw(rt, "now"))
				}
			case 4: // exactly at the deadline something happens
				if w := o.s.Wake; w.After(o.clock) {
					o.clock = w
					o.commit("shared")
					o.dispatch()
				}
			case 5:
				o.s = roundTrip(t, o.s)
			}
		}
	})
}
