package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

func hello(priority string) store.Version {
	return rig.Version(`journey: hello
entry: { event: signed_up }
steps:
  - { id: hello, send: { channel: email, template: hello, priority: `+priority+` } }
  - { id: settle-in, wait: 1s }
  - { id: again, send: { channel: email, template: again, priority: `+priority+` } }
`, map[string]string{
		"hello.email.liquid": "---\nsubject: hello\n---\nHello\n", "again.email.liquid": "---\nsubject: again\n---\nHello again\n",
	})
}

func signsUp(user string) []rig.Item {
	return []rig.Item{rig.Identify(user, map[string]any{"email": user + "@example.com"}), rig.Track(user, "signed_up", nil)}
}

// afterKill is long: Temporal has to find out that the worker is gone.
const afterKill = 3 * time.Minute

func awaitEnd(r *rig.Rig, user string) {
	r.TB.Helper()
	r.Await(user+"'s run completes", afterKill, func() bool { return r.Run(user).Phase == string(journey.Ended) })
	if got := *r.Run(user).ExitReason; got != journey.ReasonCompleted {
		r.TB.Errorf("the run ended with %q", got)
	}
}

// states are a person's messages by step.
func states(r *rig.Rig, user string) map[string]string {
	all := map[string]string{}
	for _, m := range r.Messages(user) {
		all[m.Step] = m.State
	}
	return all
}

func TestAWorkerKilledAroundTheHandOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point, priority string
		mails           int    // hello and again, as the inbox counts them
		state           string // of hello
	}{
		// Nobody knows what happened: a marketing message is dropped and says so, it never goes twice.
		{"deliver:claimed", "normal", 1, store.Unknown},
		{"deliver:answered", "normal", 2, store.Unknown},
		// A transactional one is sent again, rather twice than never.
		{"deliver:claimed", "transactional", 2, store.Sent},
		{"deliver:answered", "transactional", 3, store.Sent},
		// The outcome is written: nothing happens twice.
		{"deliver:finished", "normal", 2, store.Sent},
	} {
		t.Run(c.point+" "+c.priority, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{NoWorker: true})
			r.Publish(store.Settings{}, hello(c.priority))
			victim := spawn(t, order{Address: r.Address, Worker: true, Kill: c.point})
			r.Send(signsUp("ada")...)
			victim.awaitKill()
			spawn(t, order{Address: r.Address, Worker: true})
			awaitEnd(r, "ada")
			if got := states(r, "ada"); got["hello"] != c.state || got["again"] != store.Sent {
				t.Errorf("the messages are %v, want hello %s and again sent", got, c.state)
			}
			if n := r.Inbox.Counts().Received; n != c.mails {
				t.Errorf("%d mails arrived, want %d", n, c.mails)
			}
		})
	}
}

func TestAWorkerKilledBetweenAdvanceAndItsMarker(t *testing.T) {
	t.Parallel()
	for nth := int32(1); nth <= 3; nth++ { // on entry, after the mail, after the timer
		t.Run(fmt.Sprint("advance ", nth), func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{NoWorker: true})
			r.Publish(store.Settings{}, hello("normal"))
			victim := spawn(t, order{Address: r.Address, Worker: true, Kill: "advance:committed", Nth: nth})
			r.Send(signsUp("ada")...)
			victim.awaitKill()
			spawn(t, order{Address: r.Address, Worker: true})
			awaitEnd(r, "ada")
			if c := r.Inbox.Counts(); c.Received != 2 || c.Duplicates != 0 {
				t.Errorf("%d mails arrived, %d of them twice", c.Received, c.Duplicates)
			}
			if n := len(r.Runs("ada")); n != 1 {
				t.Errorf("she has %d runs", n)
			}
		})
	}
}

func TestAStarterKilledOnTheWayToTemporal(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"dispatch:judged", "dispatch:committed", "relay:taken", "relay:told"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
			r.Publish(store.Settings{}, hello("normal"))
			victim := spawn(t, order{Address: r.Address, Starter: true, Kill: point})
			r.URL = victim.url
			// It may die before it has answered; what it did answer for must not be lost. A client
			// that got no answer tries again, with the same ids.
			items := signsUp("ada")
			for i := range items {
				items[i]["messageId"] = fmt.Sprint("item-", i)
			}
			first := r.TrySend(items...)
			victim.awaitKill()
			r.URL = spawn(t, order{Address: r.Address, Starter: true}).url
			if first != nil {
				r.Send(items...)
			}
			spawn(t, order{Address: r.Address, Worker: true})
			awaitEnd(r, "ada")
			if c := r.Inbox.Counts(); c.Received != 2 || c.Duplicates != 0 {
				t.Errorf("%d mails arrived, %d of them twice", c.Received, c.Duplicates)
			}
			if n := len(r.Runs("ada")); n != 1 {
				t.Errorf("she has %d runs", n)
			}
		})
	}
}
