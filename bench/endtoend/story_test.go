package endtoend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

// story is what came of a case, in order where there is one. Instants are not compared: on a clock that
// makes a day of a second, a delivery takes hours.
type story struct {
	Messages []happened
	Calls    []string
	Exits    map[string]int
	Refused  map[string]int
}

// happened is what became of one message.
type happened struct{ Template, Channel, State, Reason string }

// toldOf is the story of a timeline.
func toldOf(lines []trial.Line) story {
	s := story{Exits: map[string]int{}, Refused: map[string]int{}}
	for _, l := range lines {
		switch l.Kind {
		case trial.Send:
			s.Messages = append(s.Messages, happened{l.Name, l.Channel, store.Sent, ""})
		case trial.Skip:
			s.Messages = append(s.Messages, happened{l.Name, l.Channel, store.Skipped, l.Reason})
		case trial.Call:
			s.Calls = append(s.Calls, l.Name+" "+l.Reason)
		case trial.Exit:
			s.Exits[l.Journey+" "+l.Name]++
		case trial.Refuse:
			s.Refused[l.Journey+" "+l.Name]++
		}
	}
	return s
}

func (s story) byMail() bool {
	for _, m := range s.Messages {
		if m.Channel != "email" {
			return false
		}
	}
	return true
}

func (s story) mails() (n int) {
	for _, m := range s.Messages {
		if m.State == store.Sent {
			n++
		}
	}
	return n
}

// seen is the story that the real stack tells of a person; done says that nothing is under way.
func seen(t *testing.T, r *rig.Rig, id string) (s story, done bool) {
	t.Helper()
	ctx := context.Background()
	s, done = story{Exits: map[string]int{}, Refused: map[string]int{}}, true
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	messages, err := r.Store.MessagesOfProfile(ctx, id, 100)
	must(err)
	for i := range messages {
		m := messages[len(messages)-1-i]
		done = done && m.State != store.Rendered && m.State != store.Claimed
		s.Messages = append(s.Messages, happened{m.Template, m.Channel, m.State, m.Reason})
	}
	runs, err := r.Store.RunsOfProfile(ctx, id, 100)
	must(err)
	for _, run := range runs {
		if run.ExitReason != nil {
			s.Exits[run.Journey+" "+*run.ExitReason]++
		}
		calls, err := r.Store.CallsOfRun(ctx, run.ID)
		must(err)
		for _, c := range calls {
			done = done && c.State != store.Asked
			s.Calls = append(s.Calls, c.Step+" "+c.Reason)
		}
	}
	decisions, err := r.Store.DecisionsOfProfile(ctx, id, 100)
	must(err)
	for _, d := range decisions {
		if d.Kind == "entry" && d.Reason != "entered" {
			s.Refused[d.Journey+" "+d.Reason]++
		}
	}
	counted, err := r.Store.RefusalsOfProfile(ctx, id)
	must(err)
	for _, d := range counted {
		s.Refused[d.Journey+" "+d.Reason] += int(d.Count)
	}
	return s, done
}

// compareWithReality plays the tale. A machine that has no time for it is late, and lateness is told as
// another story; so a tale that differs is told once more, slowly, and only then is it believed.
func (a *tale) compareWithReality(t *testing.T) {
	diff := a.play(t, a.takes)
	if diff != "" {
		t.Logf("in %s it differed, now slowly:\n%s", a.takes, diff)
		diff = a.play(t, 4*a.takes)
	}
	if diff != "" {
		t.Errorf("the story (-as the case has it +as it was):\n%s", diff)
	}
}

// play returns how the story differs from what the case has.
func (a *tale) play(t *testing.T, takes time.Duration) string {
	service := a.service(t)
	clock := a.clock(takes)
	r := rig.New(t, rig.Options{Clock: clock, Secret: func(string) (string, bool) { return "secret", true }})
	defer r.Stop()
	settings := a.suite.Workspace().Settings
	settings.Calls.PrivateAddresses = true
	settings.Segments = slices.Clone(settings.Segments)
	for i, s := range settings.Segments {
		settings.Segments[i].Rule = "user." + membership(s.Key) + " == true"
	}
	user, id := a.somebody(t, r)
	traits := rig.Identify(user, a.Person.Attributes)
	consent(traits, a.Person.Consents)
	r.Send(traits)
	if known := a.Person.Computed; len(known.Scores)+len(known.Affinities) > 0 {
		learned(r, user, map[string]any{"scores": orNone(known.Scores), "affinities": orNone(known.Affinities)})
	}
	r.Publish(settings, a.published(service.URL, clock))
	computed(r)
	for _, e := range a.events {
		at := clock.ToReal(e.at)
		r.Await("the moment comes", time.Minute, func() bool { return e.at.Before(a.At) || !time.Now().Before(at) })
		a.happen(r, user, e, at)
	}
	over := clock.ToReal(a.last)
	deadline := time.After(time.Until(over) + rig.Patience/2)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		got, done := seen(t, r, id)
		diff := cmp.Diff(a.want, got, cmpopts.EquateEmpty())
		if diff == "" && done && time.Now().After(over) {
			if n := len(r.Mails("")); n != a.want.mails() {
				return fmt.Sprintf("%d mails have come, want %d", n, a.want.mails())
			}
			return ""
		}
		select {
		case <-deadline:
			return diff
		case <-look.C:
		}
	}
}

// clock comes to the case's start in a moment, and goes so fast that all of it takes as long as it may. By a
// schedule nothing happens before it lets people in, which Temporal does with seconds to spare on either
// side: so it comes to that a little later, and goes no faster than it must.
func (a *tale) clock(takes time.Duration) calendar.Clock {
	if !a.opens.IsZero() {
		return calendar.Clock{
			Real: time.Now().Add(4 * takes).Truncate(time.Second), Virtual: a.opens, Speed: max(1, float64(a.last.Sub(a.opens))/float64(takes)),
		}
	}
	return calendar.Clock{
		Real: time.Now().Add(5 * time.Second).Truncate(time.Microsecond), Virtual: a.At, Speed: max(1, float64(a.last.Sub(a.At))/float64(takes)),
	}
}

// membership is the attribute that makes somebody a member here.
func membership(segment string) string { return "member_of_" + strings.ReplaceAll(segment, "-", "_") }

// happen lets one thing happen through the public API.
func (a *tale) happen(r *rig.Rig, user string, e happening, at time.Time) {
	switch {
	case e.Event != "":
		item := rig.Track(user, e.Event, e.Properties)
		if e.at.Before(a.At) {
			item["timestamp"] = at.Format(time.RFC3339Nano)
		}
		r.Send(item)
	case e.Identify != nil:
		r.Send(rig.Identify(user, e.Identify))
	case e.Consent != nil:
		item := rig.Identify(user, nil)
		consent(item, e.Consent)
		if e.Confirmed {
			item["context"].(map[string]any)["consent"].(map[string]any)["confirmed"] = true
		}
		r.Send(item)
	case e.Enroll != nil:
		a.enroll(r, user, e.Enroll)
	case e.Segment != nil:
		traits := map[string]any{}
		for segment, is := range e.Segment {
			traits[membership(segment)] = is
		}
		r.Send(rig.Identify(user, traits))
	case e.Learned != nil:
		learned(r, user, map[string]any{"scores": orNone(e.Learned.Scores), "affinities": orNone(e.Learned.Affinities)})
	}
}

// learned says what somebody has learned elsewhere.
func learned(r *rig.Rig, user string, findings map[string]any) {
	body, err := json.Marshal(findings)
	if err != nil {
		r.TB.Fatal(err)
	}
	r.Admin(http.MethodPut, "/api/profiles/"+user+"/computed", body)
}

// orNone is no null on the wire.
func orNone[V any](all map[string]V) map[string]V {
	if all == nil {
		return map[string]V{}
	}
	return all
}

func consent(item rig.Item, choices map[string]bool) {
	if len(choices) > 0 {
		item["context"] = map[string]any{"consent": map[string]any{"categoryPreferences": choices}}
	}
}

func (a *tale) enroll(r *rig.Rig, user string, properties map[string]any) {
	body, err := json.Marshal(map[string]any{"user_id": user, "properties": properties})
	if err != nil {
		r.TB.Fatal(err)
	}
	r.Admin(http.MethodPost, "/api/journeys/"+a.Journey+"/enroll", body)
}

// published is the journey as it stands in the example, but that it asks our service, and that its schedule
// is set for when the clock comes to it.
func (a *tale) published(service string, clock calendar.Clock) store.Version {
	v := a.suite.Workspace().Version(a.journey)
	source := v.Source
	for _, call := range a.journey.CallTemplates() {
		if call.Field == "url" {
			source = strings.ReplaceAll(source, call.Source, service+"/"+call.Step)
		}
	}
	if !a.opens.IsZero() {
		at := clock.ToReal(a.opens).In(a.home).Format(time.DateTime)
		source = regexp.MustCompile(`schedule: \{.*\}`).ReplaceAllString(source, `schedule: { once: "`+at+`" }`)
	}
	return rig.Version(source, v.Templates)
}

// somebody is a person who draws what the case says: variants and holdouts go by hash of the profile.
func (a *tale) somebody(t *testing.T, r *rig.Rig) (user, id string) {
	t.Helper()
	for i := range 200 {
		user := fmt.Sprintf("listener-%d", i)
		id, err := r.Store.ProfileFor(context.Background(), user, "")
		if err != nil {
			t.Fatal(err)
		}
		if profile.Lot("holdout", a.Journey, id) < a.journey.Entry().Holdout {
			continue
		}
		c := *a.Case
		c.Chance, c.Person.ID, c.Person.Attributes = nil, id, maps.Clone(c.Person.Attributes)
		if cmp.Equal(a.want, toldOf(a.suite.Play(t.Context(), &c).Lines), cmpopts.EquateEmpty()) {
			return user, id
		}
	}
	t.Fatal("nobody draws what the case says")
	return "", ""
}

// service answers what the case says, to each step.
func (a *tale) service(t *testing.T) *httptest.Server {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		step := strings.TrimPrefix(r.URL.Path, "/")
		mu.Lock()
		n := asked[step]
		asked[step]++
		mu.Unlock()
		answers := a.Calls[step]
		if len(answers) == 0 {
			_, _ = io.WriteString(w, "{}")
			return
		}
		answer := answers[min(n, len(answers)-1)]
		if answer.Silent {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(answer.Status)
		_ = json.NewEncoder(w).Encode(answer.JSON)
	}))
	t.Cleanup(s.Close)
	return s
}
