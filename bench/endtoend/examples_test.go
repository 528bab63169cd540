package endtoend_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workspace"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

const (
	played = 10 * time.Second // real time that a case takes here
	apart  = 12 * time.Hour   // of the case's clock: so far may real events and timers be off
)

// TestTheRealStackTellsTheSameStory plays cases of the examples on Postgres, Temporal and SMTP, by a
// clock that makes seconds of weeks, and compares what came of them with what `mixtape test` says.
func TestTheRealStackTellsTheSameStory(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../examples/*/workspace.yaml")
	if err != nil || len(folders) == 0 {
		t.Fatal("there are no examples", err)
	}
	compared := 0
	for _, file := range folders {
		dir := filepath.Dir(file)
		suite, cases, problems, err := trial.Open(os.DirFS(dir))
		if err != nil || len(problems) > 0 {
			t.Fatal(err, problems)
		}
		for i := range cases {
			told := suite.Play(t.Context(), &cases[i])
			if told.OK && comparable(&cases[i], told) {
				compared++
				t.Run(filepath.Base(dir)+": "+cases[i].Name, func(t *testing.T) {
					t.Parallel()
					compareWithReality(t, suite.Workspace(), &cases[i], told)
				})
				break // one of each: they take seconds
			}
		}
	}
	if compared < 3 {
		t.Errorf("only %d examples have a case that can be compared", compared)
	}
}

// comparable tells whether a case needs nothing but the public API and a mail server, and has no two
// things happen so close to each other that a clock gone wild would swap them.
func comparable(c *trial.Case, told trial.Result) bool {
	if len(c.History)+len(c.Segments)+len(c.Chance)+len(c.Person.Devices)+len(c.Person.Consents)+len(c.Person.Suppressed) > 0 ||
		c.HeldOut || c.Workspace != nil || len(c.Events) == 0 || len(told.Lines) == 0 {
		return false
	}
	sent := false
	last := told.Lines[len(told.Lines)-1].At
	for _, l := range told.Lines {
		if l.Kind == trial.Call || l.Kind == trial.Send && l.Channel != "email" {
			return false
		}
		sent = sent || l.Kind == trial.Send
	}
	for i := range c.Events {
		e := &c.Events[i]
		if e.Event == "" && e.Identify == nil {
			return false
		}
		at := e.At.Instant(c.At, time.UTC)
		if at.After(last) {
			last = at
		}
		for _, l := range told.Lines {
			if gap := l.At.Sub(at).Abs(); gap > 0 && gap < apart {
				return false
			}
		}
	}
	return sent && last.Sub(c.At) > 24*time.Hour && last.Sub(c.At) < 40*24*time.Hour
}

// happened is what became of one message.
type happened struct{ Template, Channel, State, Reason string }

func compareWithReality(t *testing.T, w *workspace.Workspace, c *trial.Case, told trial.Result) {
	last := told.Lines[len(told.Lines)-1].At
	if n := len(c.Events); c.Events[n-1].At.Instant(c.At, time.UTC).After(last) {
		last = c.Events[n-1].At.Instant(c.At, time.UTC)
	}
	began := time.Now().Add(time.Second).Truncate(time.Microsecond)
	clock := calendar.Clock{Real: began, Virtual: c.At, Speed: float64(last.Sub(c.At)) / float64(played)}
	r := rig.New(t, rig.Options{Clock: clock})
	r.Publish(w.Settings, w.Versions()...)
	user := "case"
	r.Send(rig.Identify(user, c.Person.Attributes))
	for i := range c.Events {
		e := &c.Events[i]
		at := clock.ToReal(e.At.Instant(c.At, time.UTC))
		r.Await("the moment comes", time.Minute, func() bool { return !time.Now().Before(at) })
		if e.Identify != nil {
			r.Send(rig.Identify(user, e.Identify))
		} else {
			r.Send(rig.Track(user, e.Event, e.Properties))
		}
	}
	var want []happened
	exits := map[string]int{}
	for _, l := range told.Lines {
		switch l.Kind {
		case trial.Send:
			want = append(want, happened{l.Name, l.Channel, store.Sent, ""})
		case trial.Skip:
			want = append(want, happened{l.Name, l.Channel, store.Skipped, l.Reason})
		case trial.Exit:
			exits[l.Journey+": "+l.Name]++
		}
	}
	ctx := context.Background()
	r.Await("everything has happened", played+rig.Patience, func() bool {
		got := map[string]int{}
		p, err := r.Store.FindProfile(ctx, user)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := r.Store.RunsOfProfile(ctx, p.ID, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range runs {
			if run.ExitReason != nil {
				got[run.Journey+": "+*run.ExitReason]++
			}
		}
		all := r.Messages(user)
		underWay := slices.ContainsFunc(all, func(m store.Message) bool { return m.State == store.Rendered || m.State == store.Claimed })
		return cmp.Equal(exits, got) && len(all) >= len(want) && !underWay
	})
	var got []happened
	for _, m := range slices.Backward(r.Messages(user)) {
		got = append(got, happened{m.Template, m.Channel, m.State, m.Reason})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-as the case has it +as it was):\n%s", diff)
	}
	if mails := len(r.Mails("")); mails != len(slices.DeleteFunc(want, func(h happened) bool { return h.State != store.Sent })) {
		t.Errorf("%d mails have come: %s", mails, fmt.Sprint(got))
	}
}
