package dispatch_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// town is a deployment without its loops: a test lets them go round by hand.
type town struct {
	*store.Store
	t          *testing.T
	library    *store.Library
	dispatcher *dispatch.Dispatcher
	due        *dispatch.Due
}

func found(t *testing.T, clock calendar.Clock) *town {
	t.Helper()
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	library := store.NewLibrary(s)
	return &town{
		Store: s, t: t, library: library,
		dispatcher: &dispatch.Dispatcher{Store: s, Handler: &dispatch.Handler{Library: library, Clock: clock}, Log: zap.NewNop(), Relay: dispatch.NewBell()},
		due:        &dispatch.Due{Store: s, Library: library, Log: zap.NewNop(), Clock: clock, Bell: dispatch.NewBell()},
	}
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// publish makes these segments, of key and rule, and journeys the deployment's; everybody counts as
// looked at.
func (w *town) publish(segments []store.Segment, journeys ...store.Version) {
	w.t.Helper()
	settings := store.Settings{Name: "town", Topics: store.Topics{"tips": {Default: "subscribed"}}}
	settings.Segments = segments
	_, err := w.Publish(w.t.Context(), settings, journeys)
	w.must(err)
	w.exec("update segments set computed = hash, checked = hash")
}

func rules(keysAndRules ...string) (all []store.Segment) {
	for i := 0; i+1 < len(keysAndRules); i += 2 {
		all = append(all, store.Segment{Key: keysAndRules[i], Rule: keysAndRules[i+1]})
	}
	return all
}

func (w *town) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.Pool().Exec(w.t.Context(), sql, args...)
	w.must(err)
}

func (w *town) count(sql string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.Pool().QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

// somebody is the profile of a user.
func (w *town) somebody(user string) string {
	w.t.Helper()
	id, err := w.ProfileFor(w.t.Context(), user, "")
	w.must(err)
	return id
}

// happens lets an event happen to a profile, or where it has no name a change of attributes.
func (w *town) happens(id, event string, attributes map[string]any, ago time.Duration) {
	w.t.Helper()
	w.must(w.InProfile(w.t.Context(), id, func(tx *store.Tx) error {
		changed := profile.Identify(tx.Profile(), attributes)
		if err := tx.SaveProfile(w.t.Context()); err != nil {
			return err
		}
		_, err := tx.AddEvent(w.t.Context(), store.NewEvent{Source: "test", Name: event, Properties: map[string]any{"by": "hand"}, Changed: changed, Time: tx.Now().Add(-ago)})
		return err
	}))
}

// settle judges all that waits, and looks at all that is due.
func (w *town) settle() {
	w.t.Helper()
	for busy := true; busy; {
		judged, err := w.dispatcher.Once(w.t.Context())
		w.must(err)
		looked, err := w.due.Once(w.t.Context())
		w.must(err)
		busy = judged || looked
	}
}

func (w *town) in(id string) []string {
	w.t.Helper()
	p, err := w.Profile(w.t.Context(), id)
	w.must(err)
	return p.SegmentKeys()
}

func journeyOf(key, source string) store.Version {
	return store.Version{Journey: key, Version: "v1", Source: "journey: " + key + "\n" + source}
}
