package endtoend_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// once is a failpoint that panics the first time.
func once(point string) func(string) {
	var done atomic.Bool
	return func(p string) {
		if p == point && !done.Swap(true) {
			panic("a walk that this release cannot do")
		}
	}
}

func TestARunThatPanicsIsStuckUntilItIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Failpoint: once("advance:walked")})
	r.Publish(tips(), welcome())
	r.Send(signsUp("ada")...)
	run := r.AwaitPhase("ada", journey.Stuck, "")
	if run.StuckCode == nil || *run.StuckCode != "panic" || run.Status != string(store.Active) {
		t.Errorf("the run stands so: %+v", run)
	}
	r.Admin(http.MethodPost, "/api/runs/retry-stuck", []byte("{}"))
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := len(r.Mails("")); n != 1 {
		t.Errorf("%d mails arrived, want 1", n)
	}
}

// What wakes a stuck run lets it try, too: one that gets through is stuck no more.
func TestAStuckRunThatIsStoppedIsNotStuckAnyMore(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{Failpoint: once("advance:walked")})
	r.Publish(tips(), welcome())
	r.Send(signsUp("ada")...)
	run := r.AwaitPhase("ada", journey.Stuck, "")
	r.Admin(http.MethodPost, "/api/runs/stop", []byte(`{"run": "`+run.ID+`"}`))
	r.AwaitExit("ada", journey.ReasonStopped)
	if run := r.Run("ada"); run.StuckCode != nil {
		t.Errorf("it is still marked: %s", *run.StuckCode)
	}
}

func TestAnEventThatAJourneyFailsOnHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	// A version that this release cannot read, as one from another release might be.
	broken := store.Version{Journey: "broken", Version: "v1", Source: "journey: broken\nentry: {", Templates: map[string]string{}}
	r.Publish(tips(), broken, welcome())
	r.Send(append(signsUp("ada"), rig.Track("ada", "playlist_created", nil))...)
	r.Send(signsUp("bela")...)
	for _, user := range []string{"ada", "bela"} {
		r.AwaitMail(user+"@example.com", "hello")
		r.AwaitExit(user, journey.ReasonCompleted)
	}
	r.Await("ada's goal counts, too", rig.Patience, func() bool { return r.Run("ada").GoalAt != nil })
	p, err := r.Store.FindProfile(context.Background(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := r.Store.DecisionsOfProfile(context.Background(), p.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, d := range decisions {
		if d.Journey == "broken" && d.Reason == "failed" {
			failed++
		}
	}
	if failed == 0 {
		t.Error("the ledger does not say that the broken journey was given up on")
	}
}

func TestAMessageWhoseMomentHasPassedIsNotSentLate(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), rig.Version(`journey: offer
entry: { event: signed_up }
steps:
  - { id: offer, send: { channel: email, template: offer, expires: 3s } }
`, mails("offer")))
	// The server is busy, until the offer is over.
	r.Inbox.Follow(func(inbox.Attempt) inbox.Answer { return inbox.Answer{Code: 421, Text: "4.3.2 busy"} })
	r.Send(signsUp("ada")...)
	r.Await("it was tried", rig.Patience, func() bool {
		all := r.Messages("ada")
		return len(all) == 1 && all[0].Attempt > 0 && all[0].State == store.Rendered
	})
	r.Inbox.Follow(nil)
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.Skipped("ada", "expired"); n != 1 {
		t.Errorf("%d messages are skipped as expired, want 1: %+v", n, r.Messages("ada"))
	}
	if n := len(r.Mails("")); n != 0 {
		t.Errorf("%d mails arrived late", n)
	}
}

func TestAnAnswerThatNeverCameIsUnknownAndNotSentTwice(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), welcome())
	r.Inbox.Follow(func(a inbox.Attempt) inbox.Answer { return inbox.Answer{HangUp: a.Message != nil} })
	r.Send(signsUp("ada")...)
	r.AwaitExit("ada", journey.ReasonCompleted)
	if all := r.Messages("ada"); len(all) != 1 || all[0].State != store.Unknown {
		t.Errorf("the messages are %+v, want one unknown", all)
	}
	if c := r.Inbox.Counts(); c.Received != 1 || c.Duplicates != 0 {
		t.Errorf("%d mails arrived, %d of them twice", c.Received, c.Duplicates)
	}
}

func TestAFinalNoIsASkipAndTheJourneyGoesOn(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), welcome())
	r.Inbox.Follow(func(a inbox.Attempt) inbox.Answer {
		if a.Message == nil {
			return inbox.Answer{Code: 550, Text: "5.1.1 nobody of that name"}
		}
		return inbox.Answer{}
	})
	r.Send(signsUp("ada")...)
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.Skipped("ada", "rejected"); n != 1 {
		t.Errorf("%d messages are skipped as rejected, want 1", n)
	}
}
