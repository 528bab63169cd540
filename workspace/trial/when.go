package trial

import (
	"fmt"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// When is a moment as a case writes it: an offset from the case's start, a local time of the person
// at that moment, or RFC 3339. It holds for as long as its own precision: a minute, a second, a day.
type When struct {
	text   string
	form   form
	offset calendar.Duration
	from   reading
	to     *reading // of a range: from and to included
}

type form int

const (
	byOffset form = iota
	byLocal
	byInstant
)

// reading is a date, a time of day, or both, as clocks show them.
type reading struct {
	instant   time.Time // of RFC 3339, else the reading in UTC
	dated     bool
	clocked   bool
	precision time.Duration
}

// readWhen reads a moment.
func readWhen(text string) (When, error) {
	w := When{text: text}
	first, last, ranged := strings.Cut(strings.TrimSpace(text), "..")
	if !ranged {
		if d, err := calendar.ParseOffset(first); err == nil {
			w.offset = d
			return w, nil
		}
	}
	var err error
	if w.from, w.form, err = readReading(first); err != nil || !ranged {
		return w, err
	}
	to, form, err := readReading(last)
	if err != nil {
		return w, err
	}
	if form != w.form {
		return w, wrongWhen(text)
	}
	if w.from.dated && !to.dated {
		y, m, d := w.from.instant.Date()
		h, min, s := to.instant.Clock()
		to.instant, to.dated = time.Date(y, m, d, h, min, s, 0, time.UTC), true
	}
	w.to = &to
	return w, nil
}

func wrongWhen(text string) error {
	return fmt.Errorf("%q is no moment; write an offset such as 10h, a local time such as \"2026-03-28 09:00\", or RFC 3339", text)
}

func readReading(text string) (reading, form, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return reading{instant: t, dated: true, clocked: true, precision: time.Second}, byInstant, nil
	}
	for _, f := range []struct {
		layout         string
		dated, clocked bool
		precision      time.Duration
	}{
		{"2006-01-02 15:04:05", true, true, time.Second}, {"2006-01-02T15:04:05", true, true, time.Second},
		{"2006-01-02 15:04", true, true, time.Minute}, {"2006-01-02T15:04", true, true, time.Minute},
		{"2006-01-02", true, false, 24 * time.Hour}, {"15:04:05", false, true, time.Second}, {"15:04", false, true, time.Minute},
	} {
		if t, err := time.Parse(f.layout, text); err == nil {
			return reading{instant: t, dated: f.dated, clocked: f.clocked, precision: f.precision}, byLocal, nil
		}
	}
	return reading{}, byLocal, wrongWhen(text)
}

// Instant is when something happens that a case lets happen; loc is the person's zone by then. A
// time of day alone is the first from the start on.
func (w When) Instant(start time.Time, loc *time.Location) time.Time {
	switch {
	case w.form == byOffset:
		return w.offset.AddTo(start, loc)
	case w.form == byInstant:
		return w.from.instant
	}
	at := calendar.TimeOfDay{Hour: w.from.instant.Hour(), Minute: w.from.instant.Minute(), Second: w.from.instant.Second()}
	if w.from.dated {
		y, m, d := w.from.instant.Date()
		return calendar.Place(y, m, d, at, loc)
	}
	y, m, d := start.In(loc).Date()
	if t := calendar.Place(y, m, d, at, loc); !t.Before(start) {
		return t
	}
	return calendar.Place(y, m, d+1, at, loc)
}

// Matches tells whether something that happened at t happened then.
func (w When) Matches(t, start time.Time, loc *time.Location) bool {
	switch w.form {
	case byOffset:
		return w.Instant(start, loc).Truncate(time.Second).Equal(t.Truncate(time.Second))
	case byInstant:
		to := w.from
		if w.to != nil {
			to = *w.to
		}
		return !t.Before(w.from.instant) && t.Before(to.instant.Add(to.precision))
	}
	_, offset := t.In(loc).Zone()
	wall := t.UTC().Add(time.Duration(offset) * time.Second)
	return !w.from.read(wall).Before(w.from.instant) && w.last(wall)
}

// last tells whether wall is not behind the moment, or the end of the range.
func (w When) last(wall time.Time) bool {
	to := w.from
	if w.to != nil {
		to = *w.to
	}
	return to.read(wall).Before(to.instant.Add(to.precision))
}

// read is what the clocks show, as far as the reading says it.
func (r reading) read(wall time.Time) time.Time {
	if r.dated {
		return wall
	}
	h, m, s := wall.Clock()
	return time.Date(0, 1, 1, h, m, s, 0, time.UTC)
}

// String is the moment as it was written.
func (w When) String() string { return w.text }
