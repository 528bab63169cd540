package endtoend_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
)

// TestWhoMovesMeanwhileEntersAnOccurrenceOnce asks the judge of entries again and again, as an enrolment
// does that is tried anew, while somebody moves.
func TestWhoMovesMeanwhileEntersAnOccurrenceOnce(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
	// Two hours ago in Tokyo, one in Shanghai, and yet to come in Paris.
	tokyo, _ := calendar.LoadZone("Asia/Tokyo")
	hour := time.Now().Add(-2 * time.Hour).In(tokyo).Truncate(time.Minute)
	r.Publish(tips(), digest("digest", `{ once: "`+hour.Format("2006-01-02 15:04")+`" }`))
	id, err := r.Store.ProfileFor(t.Context(), "ada", "")
	if err != nil {
		t.Fatal(err)
	}
	wall := time.Date(hour.Year(), hour.Month(), hour.Day(), hour.Hour(), hour.Minute(), 0, 0, time.UTC)
	begin := wall.Add(-14 * time.Hour)
	e := &store.Enrolment{ID: activities.OccurrenceID("digest", begin), Journey: "digest", Source: store.BySchedule, Occurrence: begin, State: store.EnrolRunning}
	audience, err := r.Library.Audience(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		zone, email, refused string
		err                  error
		runs                 int
	}{
		{"Europe/Paris", "ada@example.com", "", store.ErrNotYet, 0},
		{"Asia/Tokyo", "", "where_false", nil, 0},
		{"Asia/Tokyo", "ada@example.com", "", nil, 1},
		{"Asia/Tokyo", "ada@example.com", "", nil, 1},
		{"Asia/Shanghai", "ada@example.com", "", nil, 1}, // re-entry is always: it is the occurrence that counts
		{"Europe/Paris", "ada@example.com", "", store.ErrNotYet, 1},
	} {
		var refused string
		err := r.Store.InProfile(t.Context(), id, func(tx *store.Tx) (err error) {
			tx.Profile().Attributes = map[string]any{"timezone": c.zone, "email": c.email}
			if err := tx.SaveProfile(context.Background()); err != nil {
				return err
			}
			refused, err = r.Handler.EnrolPerson(context.Background(), tx, audience)
			return err
		})
		if !errors.Is(err, c.err) || refused != c.refused || len(r.Runs("ada")) != c.runs {
			t.Errorf("in %s: refused %q, %v, and %d runs; want %q, %v, %d", c.zone, refused, err, len(r.Runs("ada")), c.refused, c.err, c.runs)
		}
	}
}
