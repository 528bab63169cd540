package dispatch_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// People who become one with others, or are gone, between the moment at which a sweep found out whom it concerns
// and the look at them, neither stop it nor are left behind.
func TestASweepOverPeopleWhoAreMergedMeanwhile(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	ctx := t.Context()
	w.publish(rules("fans", `events("played").count() >= 3`))
	const people = 40 // more than one transaction takes
	for i := range people {
		id := w.somebody(fmt.Sprint("person", i))
		for range 2 {
			w.happens(id, "played", nil, 0)
		}
	}
	anonymous, err := w.ProfileFor(ctx, "", "device")
	w.must(err)
	w.happens(anonymous, "played", nil, 0)
	w.happens(anonymous, "played", nil, 0)
	w.settle()

	fans := journeyOf("fans", "entry: { segment: fans }\nsteps: [ { id: rest, wait: 30d } ]\n")
	settings := store.Settings{Name: "town"}
	settings.Segments = rules("fans", `events("played").count() >= 2`)
	_, err = w.Publish(ctx, settings, []store.Version{fans})
	w.must(err)
	sweep, _, err := w.NextSegmentSweep(ctx)
	w.must(err)
	if filled, err := w.FillSegmentSweep(ctx, sweep, w.library, calendar.Clock{}); err != nil || !filled {
		t.Fatal(filled, err)
	}
	if n := w.count("select count(*) from segment_work"); n != people+1 {
		t.Fatalf("the sweep concerns %d people, want %d", n, people+1)
	}
	_, err = w.Alias(ctx, "device", "person7", false, false)
	w.must(err)
	gone := w.somebody("person9")
	w.exec("delete from events where profile_id = $1", gone)
	w.exec("delete from profiles where id = $1", gone)
	w.sweep()
	w.settle()
	if n := w.count("select count(*) from segment_work"); n != 0 {
		t.Errorf("%d people are left to look at", n)
	}
	for i := range people {
		if i == 9 {
			continue
		}
		id := w.somebody(fmt.Sprint("person", i))
		if !slices.Equal(w.in(id), []string{"fans"}) {
			t.Errorf("person%d is in %v", i, w.in(id))
		}
		if n := w.count("select count(*) from runs where profile_id = $1", id); n != 1 {
			t.Errorf("person%d has %d runs", i, n)
		}
	}
}
