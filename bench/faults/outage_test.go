package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// TestTheDatabaseIsAwayForAMinute takes it away while people enter, wait and are messaged.
func TestTheDatabaseIsAwayForAMinute(t *testing.T) {
	t.Parallel()
	founder := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
	founder.Publish(store.Settings{}, hello("normal"))
	p, through := throughProxy(t, founder.Address.Database)
	address := founder.Address
	address.Database = through
	r := rig.New(t, rig.Options{Address: address})
	r.Inbox, r.WriteKey = founder.Inbox, founder.WriteKey
	const people = 30
	for i := range people / 2 {
		r.Send(signsUp(fmt.Sprint("early-", i))...)
	}
	p.set(true)
	err := r.TrySend(signsUp("refused")...)
	if err == nil {
		t.Error("an event was accepted without a database")
	}
	time.Sleep(time.Minute) // the outage itself
	p.set(false)
	for i := range people / 2 {
		user := fmt.Sprint("late-", i)
		r.Await(user+" is accepted", rig.Patience, func() bool { return r.TrySend(signsUp(user)...) == nil })
	}
	for i := range people / 2 {
		awaitEnd(r, fmt.Sprint("early-", i))
		awaitEnd(r, fmt.Sprint("late-", i))
	}
	counts := r.Inbox.Counts()
	unknown := 0
	for i := range people / 2 {
		for _, state := range states(r, fmt.Sprint("early-", i)) {
			if state == store.Unknown {
				unknown++
			}
		}
	}
	if counts.Duplicates != 0 || counts.Received < 2*people-unknown || counts.Received > 2*people {
		t.Errorf("%d mails arrived (%d twice), %d are unknown; want %d", counts.Received, counts.Duplicates, unknown, 2*people)
	}
	if unknown > 0 {
		t.Errorf("%d messages became unknown, though their sender lived", unknown)
	}
}

// TestTwoStartersOneOfThemStopped stops one of two starters for a minute while events come in: what
// was decided stays in order for each person, and nothing is doubled.
func TestTwoStartersOneOfThemStopped(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{NoStarter: true})
	r.Publish(store.Settings{}, rig.Version(`journey: tick
entry: { event: tick, key: event.n, reentry: never }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, map[string]string{"hello.email.liquid": "---\nsubject: hello {{ event.n }}\n---\nHello\n"}))
	stays := spawn(t, order{Address: r.Address, Starter: true})
	stopped := spawn(t, order{Address: r.Address, Starter: true})
	r.URL = stays.url
	const people, rounds = 10, 30
	for i := range people {
		r.Send(rig.Identify(fmt.Sprint("p", i), map[string]any{"email": fmt.Sprintf("p%d@example.com", i)}))
	}
	stoppedFor := time.Minute
	began := time.Now()
	for round := range rounds {
		if round == rounds/6 {
			stopped.stop()
		}
		for i := range people {
			item := rig.Track(fmt.Sprint("p", i), "tick", map[string]any{"n": round})
			item["messageId"] = fmt.Sprintf("tick-%d-%d", i, round)
			r.Await("the event is accepted", afterKill, func() bool { return r.TrySend(item) == nil })
		}
		pace := began.Add(time.Duration(round+1) * stoppedFor / rounds)
		time.Sleep(time.Until(pace)) // a steady load
	}
	stopped.goOn()
	for i := range people {
		user := fmt.Sprint("p", i)
		r.Await(user+"'s runs have all ended", afterKill, func() bool {
			ended := 0
			for _, run := range r.Runs(user) {
				if run.Phase == string(journey.Ended) {
					ended++
				}
			}
			return ended == rounds
		})
		last := rounds
		for _, run := range r.Runs(user) { // newest first
			var n int
			if _, err := fmt.Sscan(run.Key, &n); err != nil || n != last-1 {
				t.Fatalf("%s: the run before %d has the key %q", user, last, run.Key)
			}
			last = n
		}
	}
	if c := r.Inbox.Counts(); c.Received != people*rounds || c.Duplicates != 0 {
		t.Errorf("%d mails arrived, %d of them twice, want %d", c.Received, c.Duplicates, people*rounds)
	}
}
