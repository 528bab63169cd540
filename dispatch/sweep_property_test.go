package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// sweep computes the segments whose rules have changed, as a worker does.
func (w *town) sweep() {
	w.t.Helper()
	a := &activities.Activities{Store: w.Store, Library: w.library, Walker: &activities.Walker{}, Log: zap.NewNop()}
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	for {
		value, err := env.ExecuteActivity(a.SegmentsPage)
		w.must(err)
		var page activities.SegmentsPage
		w.must(value.Get(&page))
		if page.Over || page.Wait > 0 {
			return
		}
	}
}

// passes lets time pass, for which the past moves away.
func (w *town) passes(d time.Duration) {
	w.t.Helper()
	w.exec("update events set time = time - $1::interval, arrival = arrival - $1::interval", d.String())
	w.exec("update segment_due set at = at - $1::interval", d.String())
	w.exec(`update profiles set attributes = attributes || jsonb_build_object('renews_at', (attributes ->> 'renews_at')::timestamptz - $1::interval) where attributes ? 'renews_at'`, d.String())
}

// A sweep puts everybody where the rules have them, and afterwards time goes on doing so: whether the
// database was asked whom it concerns, or everybody was.
func TestASweepMovesWhomTheRulesMove(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	variants := [][]string{
		{`events("bought").count() >= 2`, `events("bought").within("3d").count() >= 1`, `user.city == "Paris"`},
		{`events("played").within("2d").count() >= 1`, `events("played").within("4d").count() >= 2`, `!has(user.city)`, `user.city == "Lyon" || events("played").within("1d").count() > 0`},
		{`date(user.renews_at) > now`, `date(user.renews_at) < now + duration("2d") && user.city != "Lyon"`, `user.renews_at != "" && consented("tips") && date(user.renews_at) < now`},
		{`in_segment("s0") && !in_segment("s1")`, `in_segment("s2") || in_segment("s1")`, `in_segment("s1") && events("bought").within("2d").count() == 0`},
	}
	rapid.Check(t, func(rt *rapid.T) {
		w.exec("truncate profiles, anonymous_ids, events, segment_changes, segment_due, segment_work, segments")
		var people []string
		for i := range rapid.IntRange(1, 4).Draw(rt, "people") {
			id := w.somebody(fmt.Sprint("person", i))
			people = append(people, id)
			w.happens(id, "", map[string]any{
				"city":      rapid.SampledFrom([]any{"Paris", "Lyon", nil}).Draw(rt, "city"),
				"renews_at": rapid.SampledFrom([]any{time.Now().Add(36 * time.Hour).Format(time.RFC3339), time.Now().Add(-time.Hour).Format(time.RFC3339), nil}).Draw(rt, "renews"),
			}, 0)
			for range rapid.IntRange(0, 3).Draw(rt, "events") {
				w.happens(id, rapid.SampledFrom([]string{"played", "bought"}).Draw(rt, "event"), nil, time.Duration(rapid.IntRange(0, 120).Draw(rt, "hours ago"))*time.Hour)
			}
		}
		for range rapid.IntRange(1, 3).Draw(rt, "publications") {
			var segments []store.Segment
			for i, v := range variants {
				segments = append(segments, rules(fmt.Sprint("s", i), rapid.SampledFrom(v).Draw(rt, "rule"))...)
			}
			settings := store.Settings{Name: "town", Topics: store.Topics{"tips": {Default: "subscribed"}}}
			settings.Segments = segments
			_, err := w.Publish(t.Context(), settings, nil)
			w.must(err)
			w.sweep()
			for range rapid.IntRange(1, 3).Draw(rt, "looks") {
				w.settle()
				for _, id := range people {
					for !w.agrees(rt, id, segments, calendar.Clock{}) {
						w.settle()
					}
				}
				w.passes(time.Duration(rapid.IntRange(0, 60).Draw(rt, "hours")) * time.Hour)
			}
			w.settle()
		}
		// Looked at once more, nobody is moved.
		w.settle()
		before := w.count("select count(*) from segment_changes")
		w.exec("update segments set computed_at = now() - interval '1 minute'")
		w.sweep()
		if w.count("select count(*) from segment_work") != 0 || w.count("select count(*) from segment_changes") != before {
			rt.Errorf("the second look moved somebody")
		}
		if w.count("select count(*) from segments where checked <> hash") != 0 {
			rt.Errorf("the second look did not come to its end")
		}
	})
}
