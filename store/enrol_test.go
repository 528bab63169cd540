package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// begin adds a run of one who entered with many others.
func (d *deployment) begin(bulk bool, later time.Duration) string {
	d.t.Helper()
	run := &store.Run{
		Journey: "hello", Version: "v1", Status: store.Active, Overlapping: true, Bulk: bulk, Later: later,
		State: &journey.State{Entry: profile.Event{Name: "signed_up"}},
	}
	d.locked(func(ctx context.Context, tx *store.Tx) error { return tx.AddRun(ctx, run) })
	return run.ID
}

func TestRunsOfManyBeginBehindLiveTraffic(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	d.exec("delete from outbox")
	many, later, live := d.begin(true, 0), d.begin(true, time.Hour), d.begin(false, 0)
	var told []string
	hear := func(letters []store.Letter) (received []int64, err error) {
		for _, l := range letters {
			told, received = append(told, l.RunID), append(received, l.ID)
		}
		return received, nil
	}
	missing := func() []store.ActiveRun {
		t.Helper()
		all, err := d.StillActive(t.Context(), []string{many, later, live})
		d.must(err)
		return all
	}
	// Whose start waits in the outbox is not lost, however long that takes.
	if all := missing(); len(all) != 0 {
		t.Errorf("%d runs are missed that are yet to begin", len(all))
	}
	for range 3 {
		_, err := d.Relay(t.Context(), 1, hear)
		d.must(err)
	}
	if diff := cmp.Diff([]string{live, many}, told); diff != "" {
		t.Errorf("the order of starts (-want +got):\n%s", diff)
	}
	if all := missing(); len(all) != 2 {
		t.Errorf("%d of two runs that have begun live", len(all))
	}
	d.exec("update outbox set due = now()")
	_, err := d.Relay(t.Context(), 10, hear)
	d.must(err)
	if len(told) != 3 || told[2] != later {
		t.Errorf("what was due later was told as %v", told)
	}
}

func TestAnEnrolmentMovesOnlyFromWhereItWasRead(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	e := &store.Enrolment{Journey: "hello", Source: store.ByRule, Audience: "true", State: store.EnrolDraft}
	d.must(d.AddEnrolment(t.Context(), e))
	read := func() *store.Enrolment {
		t.Helper()
		got, _, err := d.Enrolment(t.Context(), e.ID)
		d.must(err)
		return got
	}
	if open, err := d.OpenEnrolments(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("a draft is under way: %v, %v", open, err)
	}
	d.must(d.BeginEnrolment(t.Context(), e.ID))
	d.must(d.BeginEnrolment(t.Context(), e.ID))
	one, other := read(), read()
	var counts store.EnrolCounts
	counts.Add("")
	counts.Add("reentry")
	d.must(d.MoveEnrolment(t.Context(), one, store.EnrolPlace{After: "p2"}, counts))
	if err := d.MoveEnrolment(t.Context(), other, store.EnrolPlace{After: "p2"}, counts); err != store.ErrEnded { //nolint:errorlint // itself
		t.Errorf("whoever comes too late hears %v", err)
	}
	if got := read(); got.Counts.Seen != 2 || got.Counts.Entered != 1 || got.Counts.Refused["reentry"] != 1 || got.Place.After != "p2" {
		t.Errorf("it stands at %+v", got)
	}
	d.must(d.PauseEnrolment(t.Context(), e.ID, true))
	d.must(d.EndEnrolment(t.Context(), e.ID, store.EnrolCancelled, ""))
	for name, err := range map[string]error{
		"pause": d.PauseEnrolment(t.Context(), e.ID, true), "end": d.EndEnrolment(t.Context(), e.ID, store.EnrolDone, ""),
		"move": d.MoveEnrolment(t.Context(), one, store.EnrolPlace{After: "p3"}, counts),
	} {
		if err != store.ErrEnded { //nolint:errorlint // itself
			t.Errorf("to %s what was cancelled: %v", name, err)
		}
	}
}
