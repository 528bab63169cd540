package endtoend_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/workspace"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

const (
	ofEach   = 2                      // cases of an example, at most
	shortest = 3 * time.Second        // of real time, that a case takes here
	longest  = 20 * time.Second       // the same; what would take longer is not played
	apart    = 800 * time.Millisecond // real time between an event and a timer that might overtake it
)

// TestTheRealStackTellsTheSameStory plays cases of the examples on Postgres, Temporal, SMTP and a web
// service, by a clock that makes seconds of weeks, and compares what came of them with what `mixtape
// test` says.
//
// People enter as they would: by event, by becoming a member of a segment, by a schedule of Temporal. A case
// says itself who is in a segment, so here its rule asks for an attribute, which is set at that moment. A
// schedule goes by real time, whatever clock the runs have; so it is set for the real moment at which that
// clock comes to the schedule's own.
func TestTheRealStackTellsTheSameStory(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../examples/*/workspace.yaml")
	if err != nil || len(folders) == 0 {
		t.Fatal("there are no examples", err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		suite, cases, problems, err := trial.Open(os.DirFS(dir))
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		played := 0
		for i := range cases {
			tale, ok := plan(t, suite, &cases[i])
			if !ok {
				continue
			}
			t.Run(filepath.Base(dir)+": "+cases[i].Name, func(t *testing.T) {
				t.Parallel()
				tale.compareWithReality(t)
			})
			if played++; played == ofEach {
				break // they take seconds each
			}
		}
		if played == 0 {
			t.Errorf("%s has no case that can be played for real", dir)
		}
	}
}

// tale is a case that is to be played for real.
type tale struct {
	*trial.Case
	suite   *trial.Suite
	journey workspace.Journey
	events  []happening
	want    story
	home    *time.Location
	opens   time.Time     // of the case's clock: the schedule lets them in; zero: none does
	last    time.Time     // of the case's clock: all is over
	takes   time.Duration // of real time
}

// happening is what the outside world does at a moment of the case's clock.
type happening struct {
	trial.Happening
	at time.Time
}

// plan makes a tale of a case that needs no more than the public API, a mail server and a web service,
// and in which nothing happens so close to a timer that a clock gone wild would swap them.
func plan(t *testing.T, suite *trial.Suite, c *trial.Case) (*tale, bool) {
	t.Helper()
	told := suite.Play(t.Context(), c)
	if !told.OK || len(told.Lines) == 0 || c.HeldOut || c.Workspace != nil || len(c.Segments)+len(c.Person.Devices)+len(c.Person.Suppressed)+len(c.Person.Computed.Receptive) > 0 {
		return nil, false
	}
	w := suite.Workspace()
	i := slices.IndexFunc(w.Journeys, func(j workspace.Journey) bool { return j.Key() == c.Journey })
	a := &tale{Case: c, suite: suite, journey: w.Journeys[i], want: toldOf(told.Lines), last: told.Lines[len(told.Lines)-1].At}
	if len(a.journey.Starts()) > 0 || !a.gather(w.Settings.Zone()) || !a.want.byMail() {
		return nil, false
	}
	if !a.opens.IsZero() && (len(a.Events) > 0 || len(a.want.Refused) > 0) { // whom a schedule passes over leaves no trace
		return nil, false
	}
	nearest := time.Duration(0)
	for _, e := range a.events {
		if e.at.After(a.last) {
			a.last = e.at
		}
		for _, d := range told.Ledger {
			until, timed := d.Inputs["until"].(time.Time)
			if !timed || d.At.After(e.at) {
				continue
			}
			gap := until.Sub(e.at).Abs()
			if gap == 0 {
				return nil, false
			}
			if nearest == 0 || gap < nearest {
				nearest = gap
			}
		}
	}
	a.takes = shortest
	if nearest > 0 && a.opens.IsZero() {
		a.takes = max(a.takes, time.Duration(float64(apart)*float64(a.last.Sub(c.At))/float64(nearest)))
	}
	return a, a.takes <= longest
}

// gather puts down what happens and when, by the clock of where the person lives at that moment. It is
// false of what the public API cannot do.
func (a *tale) gather(zone *time.Location) bool {
	person := profile.Profile{Attributes: map[string]any{}}
	home := func() *time.Location { return journey.Facts{Zone: zone, Profile: &person}.Home() }
	profile.Identify(&person, a.Person.Attributes)
	for _, e := range a.History {
		if e.Event == "" || a.journey.Enters(e.Event) {
			return false
		}
		a.events = append(a.events, happening{e, e.At.Instant(a.At, home())})
	}
	for _, e := range a.Events {
		at := e.At.Instant(a.At, home())
		switch {
		case e.Identify != nil:
			profile.Identify(&person, e.Identify)
		case e.Device != nil, profile.Reserved(e.Event), e.Learned != nil && len(e.Learned.Trending) > 0: // Mixtape alone lets it happen
			return false
		}
		a.events = append(a.events, happening{e, at})
	}
	if s := a.journey.Entry().Schedule; s != nil {
		a.opens, a.home = s.Next(a.At.Add(-time.Microsecond), home(), zone), home()
	}
	slices.SortStableFunc(a.events, func(x, y happening) int { return x.at.Compare(y.at) })
	return len(a.events) > 0 || !a.opens.IsZero()
}
