package calendar_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestZeroClockIsRealTime(t *testing.T) {
	t.Parallel()
	at := instant(t, "2026-03-27T10:00:00.123456789Z")
	real := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []calendar.Clock{
		{},
		{Real: real, Virtual: real, Speed: 0}, // a speed that is none
		{Real: real, Virtual: real, Speed: -1},
		{Real: real, Virtual: real, Speed: math.NaN()},
		{Real: real, Virtual: real, Speed: math.Inf(1)},
	} {
		if got := c.ToVirtual(at); got != at {
			t.Errorf("%+v reads %s at %s", c, got, at)
		}
		if got := c.ToReal(at); got != at {
			t.Errorf("%+v reads %s at %s", c, at, got)
		}
	}
	if !(calendar.Clock{}).IsZero() || (calendar.Clock{Speed: 1}).IsZero() {
		t.Error("only the zero clock is zero")
	}
}

func TestClockGoesAtItsSpeed(t *testing.T) {
	t.Parallel()
	c := calendar.Clock{Real: instant(t, "2026-11-24T12:00:00Z"), Virtual: instant(t, "2026-03-27T18:00:00Z"), Speed: 10080}
	if got, want := c.ToVirtual(instant(t, "2026-11-24T12:01:00Z")), instant(t, "2026-04-03T18:00:00Z"); !got.Equal(want) {
		t.Errorf("after a minute it reads %s, want a week later, %s", got, want)
	}
	if got, want := c.ToVirtual(instant(t, "2026-11-24T11:59:00Z")), instant(t, "2026-03-20T18:00:00Z"); !got.Equal(want) {
		t.Errorf("a minute before it reads %s, want a week earlier, %s", got, want)
	}
	if got, want := c.ToReal(instant(t, "2026-04-03T18:00:00Z")), instant(t, "2026-11-24T12:01:00Z"); !got.Equal(want) {
		t.Errorf("it reads a week later at %s, want %s", got, want)
	}
	if got := c.ToVirtual(instant(t, "9000-01-01T00:00:00Z")); got.Year() != 9999 {
		t.Errorf("past the end of time it reads %s", got)
	}
}

func TestClockTravelsAsJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []calendar.Clock{
		{},
		{Real: instant(t, "2026-11-24T12:00:00.000001Z"), Virtual: instant(t, "2026-03-27T18:00:00Z"), Speed: 0.1},
	} {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back calendar.Clock
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, back); diff != "" || c != back {
			t.Errorf("%s came back otherwise: %s", text, diff)
		}
	}
}

func TestClockProperties(t *testing.T) {
	t.Parallel()
	anchors := rapid.Int64Range(0, 4e15) // microseconds since 1970, up to 2096
	speeds := rapid.OneOf(rapid.Float64Range(1e-3, 1e4), rapid.SampledFrom([]float64{1, 0.1, 1.0 / 3, 60, 10080}))
	rapid.Check(t, func(t *rapid.T) {
		c := calendar.Clock{
			Real:    time.UnixMicro(anchors.Draw(t, "real")),
			Virtual: time.UnixMicro(anchors.Draw(t, "virtual")),
			Speed:   speeds.Draw(t, "speed"),
		}
		away := rapid.Int64Range(-1e12, 1e12) // within eleven days of the anchor
		real := c.Real.Add(time.Duration(away.Draw(t, "at")) * time.Microsecond)
		later := real.Add(time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "later")))
		if c.ToVirtual(later).Before(c.ToVirtual(real)) {
			t.Fatalf("%+v goes back between %s and %s", c, real, later)
		}
		if got := c.ToReal(c.ToVirtual(real)); got.After(real) || c.Speed >= 1 && !got.Equal(real) {
			t.Fatalf("%+v reads %s first at %s, not at %s", c, c.ToVirtual(real), got, real)
		}
		virtual := c.Virtual.Add(time.Duration(away.Draw(t, "reading"))*time.Microsecond + time.Duration(rapid.IntRange(0, 999).Draw(t, "nanoseconds")))
		first := c.ToReal(virtual)
		if c.ToVirtual(first).Before(virtual) {
			t.Fatalf("%+v: a timer for %s fires at %s, which is early: it reads %s", c, virtual, first, c.ToVirtual(first))
		}
		if before := first.Add(-time.Microsecond); !c.ToVirtual(before).Before(virtual) {
			t.Fatalf("%+v: a timer for %s fires at %s, though %s would do", c, virtual, first, before)
		}
		if c.Speed <= 1 && virtual.Nanosecond()%1000 == 0 && !c.ToVirtual(first).Equal(virtual) {
			t.Fatalf("%+v: %s came back as %s", c, virtual, c.ToVirtual(first))
		}
	})
}
