package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// standing is what a run finds around it.
func (d *deployment) standing() (s store.Standing) {
	d.t.Helper()
	d.locked(func(ctx context.Context, tx *store.Tx) (err error) {
		_, s, err = tx.Run(ctx, d.run.ID)
		return err
	})
	return s
}

func (d *deployment) resume(in string, due, want journey.Due) {
	d.t.Helper()
	got, err := d.Resume(d.t.Context(), in, due)
	d.must(err)
	if got != want {
		d.t.Errorf("what holds is %q, want %q", got, want)
	}
}

func TestTheLastResumeCounts(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	if s := d.standing(); s.Paused || s.Due != journey.DueSend || s.Lifted.Year() > 1970 {
		t.Errorf("of a deployment that was never paused: %+v", s)
	}
	d.must(d.Pause(t.Context(), ""))
	began := d.standing().Since
	d.must(d.Pause(t.Context(), "hello"))
	if s := d.standing(); !s.Paused || !s.Since.Equal(began) {
		t.Errorf("two pauses began %s, want %s: %+v", s.Since, began, s)
	}
	d.resume("hello", journey.DueSkip, journey.DueSkip)
	if s := d.standing(); !s.Paused || !s.Since.Equal(began) {
		t.Errorf("everything is paused still: %+v", s)
	}
	d.resume("hello", journey.DueSend, journey.DueSkip) // it was lifted before
	d.resume("", journey.DueShift, journey.DueShift)
	if s := d.standing(); s.Paused || s.Due != journey.DueShift || !s.Lifted.After(began) {
		t.Errorf("after both: %+v", s)
	}
	d.must(d.Pause(t.Context(), "hello"))
	d.resume("hello", journey.DueSkip, journey.DueSkip)
	if s := d.standing(); s.Due != journey.DueSkip {
		t.Errorf("after a later pause: %+v", s)
	}
	if _, err := d.Resume(t.Context(), "nothing", journey.DueSend); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no journey: %v", err)
	}
}
