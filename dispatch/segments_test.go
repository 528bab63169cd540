package dispatch_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

const forVips = `entry: { segment: vip, event: greeted, where: event.name == "greeted" || event.segment == "vip", reentry: always }
steps: [ { id: rest, wait: 30d } ]
`

func TestAnEventMovesAndLetsInOnce(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("buyer", `events("bought").count() >= 2`, "vip", `in_segment("buyer") || events("greeted").count() > 0`), journeyOf("vips", forVips))
	ada, bela := w.somebody("ada"), w.somebody("bela")
	for range 3 { // nobody listens to what does not matter
		w.happens(ada, "bought", nil, 0)
		w.settle()
	}
	if diff := cmp.Diff([]string{"buyer", "vip"}, w.in(ada)); diff != "" {
		t.Errorf("ada is in (-want +got):\n%s", diff)
	}
	if n := w.count("select count(*) from runs where profile_id = $1", ada); n != 1 {
		t.Errorf("ada entered %d times, want once", n)
	}
	if n := w.count("select count(*) from segment_changes where profile_id = $1 and entered and why = 'event' and cause = 'bought'", ada); n != 2 {
		t.Errorf("%d memberships are in her history", n)
	}
	// The event enters by itself and makes a member: one event, one entry.
	w.happens(bela, "greeted", nil, 0)
	w.settle()
	if n := w.count("select count(*) from runs where profile_id = $1", bela); n != 1 || len(w.in(bela)) != 1 {
		t.Errorf("bela entered %d times and is in %v", n, w.in(bela))
	}
}

func TestWhatNobodyReadsIsNotDispatched(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("buyer", `events("bought").count() >= 1`, "unknown", `!has(user.email)`))
	ada := w.somebody("ada")
	w.happens(ada, "yawned", nil, 0) // the first event of all: everything is looked at
	w.settle()
	if diff := cmp.Diff([]string{"unknown"}, w.in(ada)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pending := func() int { return w.count("select count(*) from profiles where pending_since is not null") }
	w.happens(ada, "yawned", nil, 0)
	if pending() != 0 {
		t.Error("an event that nobody reads waits for dispatch")
	}
	w.happens(ada, "bought", nil, 0)
	if pending() != 1 {
		t.Error("an event that a segment reads does not")
	}
}

func TestAMergedPersonIsLookedAtAnew(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("buyer", `events("bought").count() >= 2`, "recent", `events("bought").within("7d").count() >= 1`), journeyOf("buyers", "entry: { segment: buyer }\nsteps: [ { id: rest, wait: 30d } ]\n"))
	ctx := t.Context()
	device, err := w.ProfileFor(ctx, "", "device")
	w.must(err)
	ada := w.somebody("ada")
	w.happens(device, "bought", nil, time.Hour)
	w.happens(ada, "bought", nil, time.Hour)
	w.settle()
	_, err = w.Alias(ctx, "device", "ada", false, false)
	w.must(err)
	w.settle()
	if diff := cmp.Diff([]string{"buyer", "recent"}, w.in(ada)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := w.count("select count(*) from runs where profile_id = $1", ada); n != 1 {
		t.Errorf("she entered %d times, want once", n)
	}
	if n := w.count("select count(*) from segment_changes where profile_id = $1", ada); n != 3 { // two who were recent, one who is a buyer
		t.Errorf("%d changes are in her history, want those of both", n)
	}
	if n := w.count("select count(*) from profiles where segments @> '{recent}'") + w.count("select count(*) from segment_due"); n != 2 {
		t.Error("something of the other profile is left")
	}
}

func TestADueRowMovesOnlyEarlier(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("renews", `date(user.renews_at) > now`))
	ada := w.somebody("ada")
	renews := func(in time.Duration) (due time.Duration) {
		w.happens(ada, "", map[string]any{"renews_at": time.Now().Add(in).Format(time.RFC3339)}, 0)
		w.settle()
		var at time.Time
		w.must(w.Pool().QueryRow(t.Context(), "select at from segment_due where profile_id = $1", ada).Scan(&at))
		return time.Until(at).Round(time.Hour)
	}
	if due := renews(48 * time.Hour); due != 48*time.Hour {
		t.Errorf("it is due in %s", due)
	}
	if due := renews(72 * time.Hour); due != 48*time.Hour {
		t.Errorf("it moved to %s: what postpones costs a write", due)
	}
	if due := renews(24 * time.Hour); due != 24*time.Hour {
		t.Errorf("it did not move to what comes earlier: %s", due)
	}
	// Fired too early, it moves nobody and is armed anew.
	w.exec("update segment_due set at = now()")
	if due := renews(96 * time.Hour); due != 96*time.Hour {
		t.Errorf("it is armed anew for %s", due)
	}
	if n := w.count("select count(*) from segment_changes"); n != 1 || len(w.in(ada)) != 1 {
		t.Errorf("%d changes, want one; she is in %v", n, w.in(ada))
	}
}

// Whoever comes second finds nothing to do, and nobody waits for the other.
func TestManyLookAtWhatIsDue(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("recent", `events("played").within("7d").count() >= 1`), journeyOf("gone", "entry: { api: true }\nexit: [ { rule: '!in_segment(\"recent\")' } ]\nsteps: [ { id: rest, wait: 30d } ]\n"))
	const people = 40
	for i := range people {
		w.happens(w.somebody(string(rune('a'+i%26))+string(rune('a'+i/26))), "played", nil, 6*24*time.Hour)
	}
	w.settle()
	w.exec("update events set time = time - interval '2 days'")
	w.exec("update segment_due set at = now()")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				found, err := w.due.Once(t.Context())
				if err != nil {
					t.Error(err)
				}
				if !found || err != nil {
					return
				}
			}
		})
	}
	all.Wait()
	w.settle()
	if n := w.count("select count(*) from segment_changes where not entered and why = 'time'"); n != people {
		t.Errorf("%d left, want each once: %d", n, people)
	}
	if n := w.count("select count(*) from events where '$segment:recent' = any (changed)"); n != people {
		t.Errorf("%d flips were told, want %d", n, people)
	}
}

// A process that dies between the look and the commit loses nothing.
func TestAFlipSurvivesWhoFoundIt(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("recent", `events("played").within("7d").count() >= 1`))
	ada := w.somebody("ada")
	w.happens(ada, "played", nil, 0)
	w.settle()
	w.exec("update events set time = time - interval '8 days'")
	w.exec("update segment_due set at = now()")
	w.due.Failpoint = func(string) { panic("died") }
	func() {
		defer func() { _ = recover() }()
		_, _ = w.due.Once(t.Context())
		t.Error("the point was not reached")
	}()
	w.due.Failpoint = nil
	if len(w.in(ada)) != 1 || w.count("select count(*) from segment_due") != 1 {
		t.Fatal("half of a look was kept")
	}
	w.settle()
	if len(w.in(ada)) != 0 || w.count("select count(*) from segment_changes") != 2 {
		t.Errorf("she is in %v", w.in(ada))
	}
}

// A segment that is new has members from before: they enter nothing by it, though events look at them
// before the sweep does.
func TestAFreshSegmentLetsNobodyIn(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("vip", `events("bought").count() >= 1`), journeyOf("vips", "entry: { segment: vip }\nsteps: [ { id: rest, wait: 30d } ]\n"))
	w.exec("update segments set computed = ''")
	ada, bela := w.somebody("ada"), w.somebody("bela")
	w.happens(ada, "bought", nil, 0)
	w.settle()
	if n := w.count("select count(*) from runs"); n != 0 || len(w.in(ada)) != 1 {
		t.Errorf("%d entered, and she is in %v", n, w.in(ada))
	}
	w.exec("update segments set computed = hash")
	w.happens(bela, "bought", nil, 0)
	w.settle()
	if n := w.count("select count(*) from runs where profile_id = $1", bela); n != 1 {
		t.Errorf("bela entered %d times", n)
	}
}

// What an event has yet to be judged for, a look by time leaves to it: whoever enters enters once.
func TestALookLeavesWhatIsPendingToItsEvent(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("recent", `events("played").within("7d").count() >= 1`), journeyOf("again", "entry: { segment: recent, reentry: always }\nsteps: [ { id: rest, wait: 30d } ]\n"))
	ada := w.somebody("ada")
	w.happens(ada, "yawned", nil, 0)
	w.settle()
	w.happens(ada, "played", nil, 0)
	w.exec("insert into segment_due values ($1, 'recent', now())", ada)
	if found, err := w.due.Once(t.Context()); err != nil || !found {
		t.Fatal(found, err)
	}
	if len(w.in(ada)) != 0 {
		t.Error("the look has taken the event's work")
	}
	w.settle()
	if n := w.count("select count(*) from runs"); n != 1 || len(w.in(ada)) != 1 {
		t.Errorf("she entered %d times and is in %v", n, w.in(ada))
	}
}

// An attribute that is called like a flip is one that a sender has made up: it lets nobody in.
func TestASenderCannotFakeAFlip(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("vip", `user.level >= 3`), journeyOf("vips", "entry: { segment: vip, reentry: always }\nsteps: [ { id: rest, wait: 30d } ]\n"))
	ada := w.somebody("ada")
	w.happens(ada, "", map[string]any{"level": 3.0}, 0)
	w.settle()
	w.happens(ada, "", map[string]any{"$segment:vip": true}, 0)
	w.settle()
	if n := w.count("select count(*) from runs"); n != 1 {
		t.Errorf("she entered %d times", n)
	}
}

func TestWhoIsErasedIsNotLookedAt(t *testing.T) {
	t.Parallel()
	w := found(t, calendar.Clock{})
	w.publish(rules("vip", `events("bought").count() >= 1`))
	ada := w.somebody("ada")
	w.exec("update profiles set erased_at = now()")
	w.happens(ada, "bought", nil, 0)
	w.settle()
	if members, err := w.SegmentMembers(t.Context(), "vip", "", 10); err != nil || len(members) != 0 {
		t.Errorf("members %v, %v", members, err)
	}
	var rows []store.SegmentRow
	rows, err := w.ListSegments(t.Context(), "")
	if err != nil || len(rows) != 1 || rows[0].Members != 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}
