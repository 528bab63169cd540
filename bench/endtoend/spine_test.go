package endtoend_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

func TestAnEventBecomesAnEmail(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), welcome())
	r.Send(signsUp("ada")...)
	m := r.AwaitMail("ada@example.com", "hello")
	if !strings.Contains(m.Text, "Hello Ada") {
		t.Errorf("the mail says %q", m.Text)
	}
	run := r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.HistoryLength(run.ID); n > 20 {
		t.Errorf("one message and one delay made %d history events, want at most 20", n)
	}
	r.Send(rig.Track("ada", "playlist_created", nil))
	r.Await("the goal is counted after the end", rig.Patience, func() bool { return r.Run("ada").GoalAt != nil })
}

func TestTheOnboardingShapeCostsAtMostFortyHistoryEvents(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), onboarding())
	r.Send(signsUp("ada")...)
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(rig.Track("ada", "playlist_shared", nil))
	run := r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.HistoryLength(run.ID); n > 40 {
		t.Errorf("three sends, one delay and one wait made %d history events, want at most 40", n)
	}
	if got := r.Mails("ada@example.com"); len(got) != 3 {
		t.Errorf("she got %d mails, want 3", len(got))
	}
}

func TestAWaitIsSatisfiedWhileItLasts(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	r.Send(append(signsUp("ada"), signsUp("bela")...)...)
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.AwaitPhase("bela", journey.Waiting, "share")
	r.Send(rig.Track("ada", "playlist_shared", map[string]any{"visibility": "friends"}))
	before := r.Run("bela").Seq
	r.Send(rig.Track("ada", "playlist_shared", map[string]any{"visibility": "public"}))
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitExit("ada", journey.ReasonCompleted)
	if after := r.Run("bela").Seq; after != before {
		t.Errorf("bela's run moved from %d to %d by ada's event", before, after)
	}
}

func TestAnExitCutsAWaitShort(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	r.Send(append(signsUp("ada"), signsUp("bela")...)...)
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.AwaitPhase("bela", journey.Waiting, "share")
	r.Send(rig.Track("ada", "subscribed", nil), rig.Identify("bela", map[string]any{"deleted": true}))
	r.AwaitExit("ada", "converted")
	r.AwaitExit("bela", "gone")
	if got := len(r.Mails("")); got != 0 {
		t.Errorf("%d mails went out", got)
	}
}

func TestOneEventFiveTimesIsOneEntry(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	r.Send(somebody("ada"))
	item := rig.Track("ada", "signed_up", nil)
	item["messageId"] = "the-same"
	for range 5 {
		r.Send(item)
	}
	r.Send(item, item, item)
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(rig.Track("ada", "subscribed", nil))
	r.AwaitExit("ada", "converted")
	if n := len(r.Runs("ada")); n != 1 {
		t.Errorf("she entered %d times, want once, though re-entry is allowed after an exit", n)
	}
}

func TestAnEventThatExitsMayEnterAgain(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	v := rig.Version(strings.Replace(nudge().Source, "event: subscribed", "event: signed_up", 1), nudge().Templates)
	r.Publish(tips(), v)
	r.Send(signsUp("ada")...)
	first := r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(rig.Track("ada", "signed_up", nil))
	r.Await("the first run has ended and the second waits", rig.Patience, func() bool {
		runs := r.Runs("ada")
		return len(runs) == 2 && runs[0].Phase == string(journey.Waiting) && runs[0].Step == "share" && runs[1].ExitReason != nil
	})
	if got := r.Runs("ada")[1]; got.ID != first.ID || *got.ExitReason != "converted" {
		t.Errorf("the first run stands so: %+v", got)
	}
}

func TestUnsubscribingByOneClickStopsTheNextMail(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), onboarding())
	hold := rig.NewGate()
	r.Send(signsUp("ada")...)
	hold.Open()
	m := r.AwaitMail("ada@example.com", "hello")
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	if got := m.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post is %q", got)
	}
	response, err := http.Post(link, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("one click was answered %s", response.Status)
	}
	r.Await("a skip for want of consent", rig.Patience, func() bool { return r.Skipped("ada", "no_consent") > 0 })
}

func TestNothingLeavesADeploymentThatIsOffAndAllGoesOneWayWhenRedirected(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), welcome())
	ctx := context.Background()
	if err := r.Store.SetSendingMode(ctx, store.SendingOff, ""); err != nil {
		t.Fatal(err)
	}
	r.Send(signsUp("ada")...)
	r.AwaitExit("ada", journey.ReasonCompleted)
	if n := r.Skipped("ada", "sending_off"); n != 1 {
		t.Errorf("%d messages were skipped as sending_off, want 1", n)
	}
	if err := r.Store.SetSendingMode(ctx, store.SendingRedirect, "team@example.com"); err != nil {
		t.Fatal(err)
	}
	r.Send(signsUp("bela")...)
	m := r.AwaitMail("team@example.com", "hello")
	if got := m.Header.Get("X-Mixtape-Originally-To"); got != "bela@example.com" {
		t.Errorf("it says it was for %q", got)
	}
	r.AwaitExit("bela", journey.ReasonCompleted)
	if n := len(r.Mails("")); n != 1 {
		t.Errorf("%d mails went out, want 1", n)
	}
}

func TestPauseHoldsAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	r.Send(signsUp("ada")...)
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.Admin(http.MethodPost, "/api/journeys/nudge/pause", nil)
	r.Send(rig.Track("ada", "playlist_shared", map[string]any{"visibility": "public"}))
	r.AwaitPhase("ada", journey.Paused, "")
	r.Send(signsUp("bela")...)
	r.Await("bela's entry is refused", rig.Patience, func() bool {
		counts, err := r.Store.RefusalCounts(context.Background(), "nudge")
		return err == nil && counts["paused"] == 1
	})
	if got := len(r.Mails("")); got != 0 {
		t.Fatalf("%d mails went out of a paused journey", got)
	}
	r.Admin(http.MethodPost, "/api/journeys/nudge/resume", []byte("{}"))
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitExit("ada", journey.ReasonCompleted)
}

func TestMergedProfilesGoOnAsOne(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	anonymous := func(event string) rig.Item {
		return rig.Item{"type": "track", "anonymousId": "device-1", "event": event}
	}
	// Somebody signs up on a device without a name, and a user exists with a run of her own, older.
	r.Send(signsUp("ada")...)
	older := r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(anonymous("signed_up"))
	younger := r.AwaitPhase("device-1", journey.Waiting, "share")
	r.Send(rig.Item{"type": "alias", "previousId": "device-1", "userId": "ada"})
	r.Await("the younger run ends as merged", rig.Patience, func() bool {
		for _, run := range r.Runs("ada") {
			if run.ID == younger.ID && run.ExitReason != nil && *run.ExitReason == journey.ReasonMerged {
				return true
			}
		}
		return false
	})
	// What the device does from now on, she does.
	r.Send(rig.Item{"type": "track", "anonymousId": "device-1", "event": "playlist_shared", "properties": map[string]any{"visibility": "public"}})
	r.AwaitMail("ada@example.com", "thanks")
	r.Await("the older run has completed", rig.Patience, func() bool {
		for _, run := range r.Runs("ada") {
			if run.ID == older.ID {
				return run.ExitReason != nil && *run.ExitReason == journey.ReasonCompleted
			}
		}
		return false
	})
	if n := len(r.Mails("ada@example.com")); n != 1 {
		t.Errorf("she was thanked %d times", n)
	}
}

func TestAnAnonymousRunGoesOnAsTheUsers(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	r.Send(somebody("ada"), rig.Item{"type": "track", "anonymousId": "device-1", "event": "signed_up"})
	r.AwaitPhase("device-1", journey.Waiting, "share")
	r.Send(rig.Item{"type": "alias", "previousId": "device-1", "userId": "ada"},
		rig.Track("ada", "playlist_shared", map[string]any{"visibility": "public"}))
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitExit("ada", journey.ReasonCompleted)
}

func TestAUserIDOfAnyKindTravels(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), welcome())
	user := strings.Repeat("a/b c🎧", 83) + "zz"
	if n := len([]rune(user)); n != 500 {
		t.Fatalf("the id has %d characters", n)
	}
	r.Send(rig.Identify(user, map[string]any{"email": "long@example.com", "first_name": "Ada"}), rig.Track(user, "signed_up", nil))
	r.AwaitMail("long@example.com", "hello")
	run := r.AwaitExit(user, journey.ReasonCompleted)
	if strings.ContainsAny(run.ID, " 🎧") || strings.Count(run.ID, "/") != 2 {
		t.Errorf("the workflow id is %q", run.ID)
	}
	if fmt.Sprint(r.Admin(http.MethodGet, "/api/runs?profile="+"long@example.com", nil)) == "" {
		t.Error("nothing")
	}
}

func TestWhatADeviceDidBeforeTheEntryIsNotAfterIt(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	share := rig.Item{"type": "track", "anonymousId": "device-1", "event": "playlist_shared", "properties": map[string]any{"visibility": "public"}}
	r.Send(share)
	r.Send(signsUp("ada")...)
	before := r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(rig.Item{"type": "alias", "previousId": "device-1", "userId": "ada"})
	r.Await("the run has looked at what the merge brought", rig.Patience, func() bool { return r.Run("ada").Seq > before.Seq })
	r.AwaitPhase("ada", journey.Waiting, "share")
	r.Send(share) // the same again, now after it
	r.AwaitMail("ada@example.com", "thanks")
	r.AwaitExit("ada", journey.ReasonCompleted)
}
