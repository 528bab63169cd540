package endtoend_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
)

func TestARunStartsAnotherAndEmitsWhatAThirdEntersBy(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), rig.Version(`journey: first
entry: { event: signed_up }
steps:
  - { id: pass-on, start: { journey: second, with: { city: user.city } } }
  - { id: tell, emit: { event: told, properties: { plan: event.plan } } }
  - { id: stay, wait: 1h }
`, nil), rig.Version(`journey: second
entry: { api: true }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, map[string]string{"hello.email.liquid": "---\nsubject: to {{ entry.city }}\n---\nHello\n"}), rig.Version(`journey: third
entry: { event: told, where: event.plan == "free" }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, map[string]string{"hello.email.liquid": "---\nsubject: on {{ event.plan }}\n---\nHello\n"}))
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com", "city": "Lyon"}), rig.Track("ada", "signed_up", map[string]any{"plan": "free"}))
	r.AwaitMail("ada@example.com", "to Lyon")
	r.AwaitMail("ada@example.com", "on free")
	r.Await("the first run stays, and ended by none of the others", rig.Patience, func() bool {
		for _, run := range r.Runs("ada") {
			if run.Journey == "first" {
				return run.Phase == string(journey.Waiting) && run.Step == "stay"
			}
		}
		return false
	})
}

func TestACircleOfEntriesIsBroken(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]string{
		"by events": "emit: { event: signed_up }",
		"by starts": "start: { journey: circle }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{})
			r.Publish(tips(), rig.Version(`journey: circle
entry: { event: signed_up, reentry: always }
steps:
  - { id: again, `+step+` }
`, nil))
			r.Send(signsUp("ada")...)
			r.Await("the eleventh entry is refused", rig.Patience, func() bool {
				counts, err := r.Store.RefusalCounts(context.Background(), "circle")
				return err == nil && counts["loop"] == 1
			})
			if n := len(r.Runs("ada")); n != 10 {
				t.Errorf("there were %d entries, want 10", n)
			}
		})
	}
}

func TestNoMoreEnterThanTheLimitSays(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), rig.Version(`journey: few
entry: { event: signed_up, limit: { max: 3, per: month } }
steps:
  - { id: stay, wait: 1h }
`, nil))
	const people = 8
	var all []rig.Item
	for i := range people {
		all = append(all, signsUp(fmt.Sprint("p", i))...)
	}
	r.Send(all...)
	r.Await("everybody has a verdict", rig.Patience, func() bool {
		counts, err := r.Store.RefusalCounts(context.Background(), "few")
		return err == nil && counts["limit"] == people-3
	})
	runs, err := r.Store.RunCounts(context.Background(), "few")
	if err != nil {
		t.Fatal(err)
	}
	entered := int64(0)
	for _, n := range runs {
		entered += n.Runs
	}
	if entered != 3 {
		t.Errorf("%d entered, want 3", entered)
	}
}

func TestTheGoalOfTheHeldOutCounts(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), rig.Version(`journey: measured
entry: { event: signed_up, reentry: never }
holdout: 50%
goal: { event: playlist_created, within: 7d }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello")))
	const people = 12 // of whom one in 4096 times all are treated alike
	held, reached := 0, 0
	for i := range people {
		r.Send(signsUp(fmt.Sprint("p", i))...)
		r.Send(rig.Track(fmt.Sprint("p", i), "playlist_created", nil), rig.Track(fmt.Sprint("p", i), "signed_up", nil))
	}
	r.Await("every goal is counted", rig.Patience, func() bool {
		held, reached = 0, 0
		for i := range people {
			for _, run := range r.Runs(fmt.Sprint("p", i)) {
				if run.Status == "held_out" {
					held++
				}
				if run.GoalAt != nil {
					reached++
				}
			}
		}
		return reached == people
	})
	counts, err := r.Store.RefusalCounts(context.Background(), "measured")
	if err != nil {
		t.Fatal(err)
	}
	if held == 0 || held == people || counts["holdout"] != int64(held) {
		t.Errorf("%d of %d are held out, and %d refused so", held, people, counts["holdout"])
	}
	r.Await("the others have their mail", rig.Patience, func() bool { return len(r.Mails("")) == people-held })
}
