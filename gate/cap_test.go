package gate_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/gate"
)

func TestCaps(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time { return local(t, "Europe/Paris", text) }
	slot := func(text string) gate.Slot {
		return gate.Slot{Channel: "email", Topic: "tips", Priority: "normal", At: at(text)}
	}
	with := func(change func(*gate.Slot), text string) gate.Slot {
		s := slot(text)
		change(&s)
		return s
	}
	per := func(max int, period string, change ...func(*gate.Cap)) gate.Cap {
		p, err := gate.ParsePeriod(period)
		if err != nil {
			t.Fatal(err)
		}
		c := gate.Cap{Max: max, Per: p}
		for _, f := range change {
			f(&c)
		}
		return c
	}
	for name, c := range map[string]struct {
		now    string // Friday is 2026-03-27
		caps   []gate.Cap
		slots  []gate.Slot
		change func(*gate.Question)
		capped bool
	}{
		"room is left":                 {caps: []gate.Cap{per(2, "day")}, slots: []gate.Slot{slot("2026-03-27 08:00")}},
		"none is left":                 {caps: []gate.Cap{per(1, "day")}, slots: []gate.Slot{slot("2026-03-27 00:00")}, capped: true},
		"yesterday is another day":     {caps: []gate.Cap{per(1, "day")}, slots: []gate.Slot{slot("2026-03-26 23:59")}},
		"a week begins on Monday":      {caps: []gate.Cap{per(1, "week")}, slots: []gate.Slot{slot("2026-03-22 23:59")}},
		"and has that Monday":          {caps: []gate.Cap{per(1, "week")}, slots: []gate.Slot{slot("2026-03-23 00:00")}, capped: true},
		"on a Sunday, too":             {now: "2026-03-29 23:00", caps: []gate.Cap{per(1, "week")}, slots: []gate.Slot{slot("2026-03-23 00:00")}, capped: true},
		"a length rolls":               {caps: []gate.Cap{per(1, "7d")}, slots: []gate.Slot{slot("2026-03-20 12:01")}, capped: true},
		"and what is as old rolls out": {caps: []gate.Cap{per(1, "7d")}, slots: []gate.Slot{slot("2026-03-20 12:00")}},
		"a length of hours":            {caps: []gate.Cap{per(1, "1h")}, slots: []gate.Slot{slot("2026-03-27 11:01")}, capped: true},
		"every cap must have room": {
			caps: []gate.Cap{per(9, "day"), per(2, "week")}, slots: []gate.Slot{slot("2026-03-24 08:00"), slot("2026-03-25 08:00")}, capped: true,
		},
		"another channel is not counted": {
			caps:  []gate.Cap{per(1, "day", func(c *gate.Cap) { c.Channels = []string{"email"} })},
			slots: []gate.Slot{with(func(s *gate.Slot) { s.Channel = "sms" }, "2026-03-27 08:00")},
		},
		"nor held by it": {
			caps:  []gate.Cap{per(1, "day", func(c *gate.Cap) { c.Channels = []string{"sms"} })},
			slots: []gate.Slot{with(func(s *gate.Slot) { s.Channel = "sms" }, "2026-03-27 08:00")},
		},
		"another topic is not counted": {
			caps:  []gate.Cap{per(1, "day", func(c *gate.Cap) { c.Topics = []string{"tips"} })},
			slots: []gate.Slot{with(func(s *gate.Slot) { s.Topic = "news" }, "2026-03-27 08:00")},
		},
		"a message may ignore it": {
			caps: []gate.Cap{per(0, "day")}, change: func(q *gate.Question) { q.IgnoreCaps = true },
		},
		"and transactional always does": {
			caps: []gate.Cap{per(0, "day")}, change: func(q *gate.Question) { q.Transactional = true },
		},
		"the last place is kept for what matters more": {
			caps: []gate.Cap{per(2, "day", reserved)}, slots: []gate.Slot{slot("2026-03-27 08:00")}, capped: true,
		},
		"which may have it": {
			caps: []gate.Cap{per(2, "day", reserved)}, slots: []gate.Slot{slot("2026-03-27 08:00")}, change: func(q *gate.Question) { q.Priority = "high" },
		},
		"once it was had the others may have the rest": {
			caps: []gate.Cap{per(3, "day", reserved)}, slots: []gate.Slot{slot("2026-03-27 08:00"), with(high, "2026-03-27 09:00")},
		},
		"but no more than there is": {
			caps: []gate.Cap{per(2, "day", reserved)}, slots: []gate.Slot{with(high, "2026-03-27 08:00"), with(high, "2026-03-27 09:00")}, capped: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question()
			q.Now = at("2026-03-27 12:00")
			if c.now != "" {
				q.Now = at(c.now)
			}
			q.Zone, q.Priority, q.Caps, q.Slots = q.Now.Location(), "normal", c.caps, c.slots
			if c.change != nil {
				c.change(&q)
			}
			v := gate.Decide(q)
			if capped := v.Reason == gate.Capped; capped != c.capped {
				t.Errorf("%s %s, want capped: %v", v.Kind, v.Reason, c.capped)
			}
		})
	}
}

func reserved(c *gate.Cap) { c.Reserve = map[string]int{"high": 1} }
func high(s *gate.Slot)    { s.Priority = "high" }

func TestPeriodsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "days", "month", "0", "-1d", "7"} {
		if _, err := gate.ParsePeriod(text); err == nil {
			t.Errorf("%q is taken for a period", text)
		}
	}
}
