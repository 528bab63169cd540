package endtoend_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
)

// trap stops whoever comes by a named point for the nth time.
type trap struct {
	mu    sync.Mutex
	point string
	nth   int
	gate  *rig.Gate
}

func (s *trap) set(point string, nth int) *rig.Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.point, s.nth, s.gate = point, nth, rig.NewGate()
	return s.gate
}

func (s *trap) failpoint(point string) {
	s.mu.Lock()
	var gate *rig.Gate
	if point == s.point {
		if s.nth--; s.nth == 0 {
			gate = s.gate
		}
	}
	s.mu.Unlock()
	if gate != nil {
		gate.Pass()
	}
}

// TestNoEventIsLostWhileARunMoves commits (and where the lock allows, dispatches) an event before
// and after each read of an Advance, and the run always hears of it.
func TestNoEventIsLostWhileARunMoves(t *testing.T) {
	t.Parallel()
	s := &trap{}
	r := rig.New(t, rig.Options{Failpoint: s.failpoint})
	v := rig.Version(`journey: thanks
entry: { event: signed_up }
exit: [ { event: subscribed, reason: converted } ]
steps:
  - { id: hello, send: { channel: email, template: hello } }
  - id: share
    wait_for:
      event: playlist_shared
      then: [ { id: thanks, send: { channel: email, template: thanks } } ]
`, mails("hello", "thanks"))
	r.Publish(tips(), v)
	person := 0
	for _, event := range []string{"playlist_shared", "subscribed"} {
		for _, point := range []string{"advance:begin", "advance:locked", "advance:run", "advance:history", "advance:walked", "advance:committed"} {
			for nth := 1; nth <= 2; nth++ { // on entry, and after the first mail
				person++
				user := fmt.Sprintf("p%d", person)
				t.Run(fmt.Sprintf("%s at %s, advance %d", event, point, nth), func(t *testing.T) {
					gate := s.set(point, nth)
					r.Send(signsUp(user)...)
					gate.Reached(r)
					sent := make(chan error, 1)
					go func() { sent <- r.TrySend(rig.Track(user, event, nil)) }()
					r.Await("the event is dispatched, or waits for the lock", rig.Patience, func() bool { return dispatchedOrBlocked(r, user) })
					gate.Open()
					if err := <-sent; err != nil {
						t.Fatal(err)
					}
					if event == "subscribed" {
						r.AwaitExit(user, "converted")
						return
					}
					r.AwaitExit(user, journey.ReasonCompleted)
					if n := len(r.Mails(user + "@example.com")); n != 2 {
						t.Errorf("%d mails, want hello and thanks", n)
					}
				})
			}
		}
	}
}

func dispatchedOrBlocked(r *rig.Rig, user string) bool {
	var yes bool
	err := r.Store.Pool().QueryRow(context.Background(), `select exists (
		select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
		or exists (select from profiles p where user_id = $1 and dispatched = last_number
			and exists (select from events e where e.profile_id = p.id and e.name in ('playlist_shared', 'subscribed')))`, user).Scan(&yes)
	return err == nil && yes
}

func TestAnExitBetweenRenderAndClaimIsNotSent(t *testing.T) {
	t.Parallel()
	s := &trap{}
	r := rig.New(t, rig.Options{Failpoint: s.failpoint})
	r.Publish(tips(), rig.Version(`journey: hello
entry: { event: signed_up }
exit: [ { event: subscribed, reason: converted } ]
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello")))
	gate := s.set("deliver:claiming", 1)
	r.Send(signsUp("ada")...)
	gate.Reached(r)
	r.Send(rig.Track("ada", "subscribed", nil)) // accepted: from here on nothing may be sent
	gate.Open()
	r.AwaitExit("ada", "converted")
	if n := len(r.Mails("")); n != 0 {
		t.Errorf("%d mails went out after the exit was accepted", n)
	}
	if n := r.Skipped("ada", "ended"); n != 1 {
		t.Errorf("%d messages are skipped as ended, want 1", n)
	}
}

// A message that is rendered twice stays the one that its links name.
func TestALinkNamesTheMessageThatItCameIn(t *testing.T) {
	t.Parallel()
	s := &trap{}
	r := rig.New(t, rig.Options{Failpoint: s.failpoint})
	r.Publish(tips(), welcome())
	gate := s.set("deliver:claiming", 1)
	r.Send(signsUp("ada")...)
	gate.Reached(r)
	r.Admin(http.MethodPost, "/api/journeys/welcome/pause", nil)
	gate.Open()
	r.AwaitPaused("ada", "welcome")
	r.Admin(http.MethodPost, "/api/journeys/welcome/resume", []byte("{}"))
	m := r.AwaitMail("ada@example.com", "hello")
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	_, page, found := strings.Cut(m.Text, "Unsubscribe: ")
	if !found {
		t.Fatalf("the mail has no link: %s", m.Text)
	}
	for _, address := range []string{strings.TrimSpace(page), link} { // the link in the text first: it is made with the text
		response, err := http.Post(address, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	var told, all int
	err := r.Store.Pool().QueryRow(context.Background(),
		"select count(*) filter (where properties ->> 'journey' = 'welcome' and properties ->> 'step' = 'hello'), count(*) from events where name = 'unsubscribed'").Scan(&told, &all)
	if err != nil || all == 0 || told != all {
		t.Errorf("%d of %d events say which mail was answered so, %v", told, all, err)
	}
}
