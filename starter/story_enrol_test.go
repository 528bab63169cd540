package starter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/mixtapehq/mixtape/store"
)

// toldWords are the lines of a person's story, with what they carried or looked at.
func (d *door) toldWords(who string) (all []string) {
	d.t.Helper()
	var told struct {
		Lines []struct {
			Kind, Words string
			Details     json.RawMessage
		}
	}
	d.manage(http.MethodGet, "/api/profiles/"+who+"/story", "", &told)
	for _, l := range told.Lines {
		all = append(all, fmt.Sprintf("%s: %s %s", l.Kind, l.Words, l.Details))
	}
	return all
}

// Whoever is let in by hand enters by an event that has a name, as in cases and as where many are let in: rules
// may ask for it, and the story has no gaps.
func TestTheStoryOfAnEnrolment(t *testing.T) {
	t.Parallel()
	d := open(t)
	source := "journey: hello\nentry:\n  api: true\n  reentry: always\n  where: event.name == \"enrolled\" && event.from == \"crm\"\nsteps:\n  - { id: rest, wait: 30d }\n"
	d.publish(`{"settings": {"name": "acme"}, "journeys": [{"journey": "hello", "source": ` + quoted(source) + `}]}`)
	if in := d.enroll(`{"user_id": "ada", "properties": {"from": "crm"}}`); in.Run == "" {
		t.Fatalf("refused: %s", in.Refused)
	}
	want := []string{
		`event: enrolled into hello {"from":"crm"}`,
		`decision: entered hello by enrolment {"key":"","event":"enrolled"}`,
	}
	if got := d.toldWords("ada"); !slices.Equal(got, want) {
		t.Errorf("the story is %q, want %q", got, want)
	}
}

// The same of a step that starts another journey, and of an occurrence of a schedule.
func TestTheStoryOfEntriesWithoutAnEvent(t *testing.T) {
	t.Parallel()
	d := open(t)
	source := "journey: hello\nentry: { api: true }\nsteps:\n  - { id: rest, wait: 30d }\n"
	d.publish(`{"settings": {"name": "acme"}, "journeys": [{"journey": "hello", "source": ` + quoted(source) + `}]}`)
	d.good("identify", `{"userId": "ada"}`)
	err := d.store.InProfile(t.Context(), d.person("ada").ID, func(tx *store.Tx) error {
		if _, err := tx.AddEvent(t.Context(), store.NewEvent{Start: "hello", Properties: map[string]any{"cart": "c1"}}); err != nil {
			return err
		}
		_, err := tx.AddEvent(t.Context(), store.NewEvent{Source: "enroll/hello", Name: "scheduled"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.judge()
	want := []string{
		"event: came to be known {}",
		`event: a run's step starts hello {"cart":"c1"}`,
		"event: the schedule of hello came round {}",
		`decision: entered hello by a start {"key":""}`,
	}
	if got := d.toldWords("ada"); !slices.Equal(got, want) {
		t.Errorf("the story is %q, want %q", got, want)
	}
}
