package starter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

type toldLine struct {
	At      time.Time
	RunTime *time.Time `json:"run_time"`
	Kind    string
}

func (d *door) story(who string) []toldLine {
	d.t.Helper()
	var told struct{ Lines []toldLine }
	d.manage(http.MethodGet, "/api/profiles/"+who+"/story", "", &told)
	return told.Lines
}

// Where runs go by a clock of their own, all of a person's story has its time.
func TestAStoryByTheClockOfTheRuns(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	signUp := func(who string) {
		d.good("track", `{"userId": "`+who+`", "event": "signed_up", "properties": {"plan": "free"}}`)
		d.judge()
	}
	signUp("real")
	now := time.Now().UTC().Truncate(time.Microsecond)
	clock := calendar.Clock{Real: now, Virtual: now.AddDate(0, 0, 7), Speed: 1000}
	d.parts.Handler.Clock = clock
	signUp("ada")
	signUp("ada") // refused
	signUp("both")
	message := `insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state)
		select 'm-' || id, id, journey, version, 'pause', 1, profile_id, 'email', 'smtp', 'hello', 'sent' from runs`
	// One whose other run goes by real time.
	other := `insert into runs (id, journey, version, profile_id, origin, n, status, state, entered_at)
		select 'other', 'other', version, profile_id, origin, 1, 'ended', state, entered_at from runs where profile_id = $1`
	if _, err := d.store.Pool().Exec(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Pool().Exec(t.Context(), other, d.person("both").ID); err != nil {
		t.Fatal(err)
	}
	for who, clocked := range map[string]map[string]bool{
		"real": {},
		"ada":  {"event": true, "decision": true, "message": true},
		"both": {"decision": true, "message": true},
	} {
		lines := d.story(who)
		for _, l := range lines {
			switch {
			case !clocked[l.Kind]:
				if l.RunTime != nil {
					t.Errorf("%s: the %s at %s has a time of a clock, %s", who, l.Kind, l.At, l.RunTime)
				}
			// A decision is made on the clock's time of its transaction, which began a little before.
			case l.RunTime == nil, l.RunTime.After(clock.ToVirtual(l.At)), l.RunTime.Before(clock.ToVirtual(l.At.Add(-10 * time.Second))):
				t.Errorf("%s: the %s at %s has the clock's time %v", who, l.Kind, l.At, l.RunTime)
			}
		}
		if want := map[string]int{"real": 3, "ada": 5, "both": 3}[who]; len(lines) != want {
			t.Errorf("%s: %d lines: %v", who, len(lines), lines)
		}
	}
}
