package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// deployment is a database with one journey, one profile, one run and one rendered message.
type deployment struct {
	*store.Store
	t       *testing.T
	profile string
	run     *store.Run
	message string
}

func open(t *testing.T) *store.Store {
	t.Helper()
	url := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func deploy(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{Store: open(t), t: t}
	ctx := t.Context()
	settings := store.Settings{Name: "test", Topics: store.Topics{"tips": {Default: "subscribed"}, "news": {Default: "unsubscribed"}}}
	_, err := d.Publish(ctx, settings, []store.Version{{Journey: "hello", Version: "v1", Source: "journey: hello"}})
	d.must(err)
	d.must(d.SetSendingMode(ctx, store.SendingLive, ""))
	d.profile, err = d.ProfileFor(ctx, "ada", "")
	d.must(err)
	d.message = d.render(func(*store.Message) {})
	return d
}

func (d *deployment) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// locked runs fn under the profile's lock.
func (d *deployment) locked(fn func(context.Context, *store.Tx) error) {
	d.t.Helper()
	ctx := d.t.Context()
	d.must(d.InProfile(ctx, d.profile, func(tx *store.Tx) error { return fn(ctx, tx) }))
}

// render adds a message of a new run.
func (d *deployment) render(change func(*store.Message)) (id string) {
	d.t.Helper()
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		d.run = &store.Run{Journey: "hello", Version: "v1", Status: store.Active, Overlapping: true, State: &journey.State{Entry: profile.Event{Name: "signed_up"}}}
		if err := tx.AddRun(ctx, d.run); err != nil {
			return err
		}
		m := store.Message{
			RunID: d.run.ID, Journey: "hello", Version: "v1", Step: "hello", Visit: 1, ProfileID: d.profile, Channel: "email", Provider: "smtp",
			Template: "hello", Topic: "tips", Priority: "normal", Address: "ada@example.com", State: store.Rendered,
		}
		change(&m)
		var err error
		id, _, err = tx.AddMessage(ctx, m, store.Body{Html: "<p>Hello</p>", Body: "Hello"})
		return err
	})
	return id
}

func (d *deployment) claim(id string, again bool) (store.Claim, bool) {
	d.t.Helper()
	var resends []string
	if again {
		resends = []string{"email"}
	}
	c, ok, err := d.Claim(d.t.Context(), id, store.NewID("h"), time.Minute, resends)
	d.must(err)
	return c, ok
}

func (d *deployment) exec(sql string, args ...any) {
	d.t.Helper()
	_, err := d.Pool().Exec(d.t.Context(), sql, args...)
	d.must(err)
}

func TestAClaimIsRefused(t *testing.T) {
	t.Parallel()
	for name, forbid := range map[string]func(*deployment){
		"of a run that is over":        func(d *deployment) { d.exec("update runs set status = 'ended'") },
		"of a run that is to exit":     func(d *deployment) { d.exec("update runs set exit_wanted = 'converted'") },
		"while the journey is paused":  func(d *deployment) { d.must(d.Pause(d.t.Context(), "hello")) },
		"while everything is paused":   func(d *deployment) { d.must(d.Pause(d.t.Context(), "")) },
		"while nothing is sent":        func(d *deployment) { d.must(d.SetSendingMode(d.t.Context(), store.SendingOff, "")) },
		"when all goes elsewhere now":  func(d *deployment) { d.must(d.SetSendingMode(d.t.Context(), store.SendingRedirect, "t@example.com")) },
		"to an address that bounced":   func(d *deployment) { d.exec(`update profiles set suppressed = '{"email": "bounced"}'`) },
		"of an erased person":          func(d *deployment) { d.exec("update profiles set erased_at = now()") },
		"without the topic's consent":  func(d *deployment) { d.exec(`update profiles set consents = '{"tips": false}'`) },
		"without consent to anything":  func(d *deployment) { d.exec(`update profiles set consents = '{"": false, "tips": true}'`) },
		"on a topic that nobody asked": func(d *deployment) { d.message = d.render(func(m *store.Message) { m.Topic = "news" }) },
		"when it is too late": func(d *deployment) {
			d.message = d.render(func(m *store.Message) { past := time.Now().Add(-time.Second); m.SendBefore = &past })
		},
		"before every accepted event is judged": func(d *deployment) {
			d.locked(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddEvent(ctx, store.NewEvent{Name: "subscribed"})
				return err
			})
		},
		"without a body":         func(d *deployment) { d.exec("delete from message_bodies") },
		"while another holds it": func(d *deployment) { d.claim(d.message, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			forbid(d)
			if c, ok := d.claim(d.message, true); ok {
				t.Errorf("it was claimed: %+v", c)
			}
		})
	}
}

func TestAClaimIsHad(t *testing.T) {
	t.Parallel()
	for name, allow := range map[string]func(*deployment){
		"when nothing forbids it": func(*deployment) {},
		"on a topic that was asked for": func(d *deployment) {
			d.exec(`update profiles set consents = '{"news": true}'`)
			d.message = d.render(func(m *store.Message) { m.Topic = "news" })
		},
		"transactionally, without consent": func(d *deployment) {
			d.exec(`update profiles set consents = '{"": false}'`)
			d.message = d.render(func(m *store.Message) { m.Priority = "transactional" })
		},
		"when the redirected goes where it should": func(d *deployment) {
			d.must(d.SetSendingMode(d.t.Context(), store.SendingRedirect, "t@example.com"))
			d.message = d.render(func(m *store.Message) { m.Address, m.OriginallyTo = "t@example.com", "ada@example.com" })
		},
		"when the run has judged the event itself": func(d *deployment) {
			d.locked(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddEvent(ctx, store.NewEvent{Name: "played"})
				return err
			})
			d.exec("update runs set judged = 1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t)
			allow(d)
			if c, ok := d.claim(d.message, false); !ok || c.Text != "Hello" {
				t.Errorf("it was not claimed, or with something else to say: %+v", c)
			}
		})
	}
}

func TestOnlyTheHolderOfAClaimWritesTheOutcome(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	first, _ := d.claim(d.message, false)
	d.exec("update messages set claimed_until = now() - interval '1 second'") // its worker is dead, or very slow
	if _, ok := d.claim(d.message, false); ok {
		t.Error("a marketing message was claimed again after its lease")
	}
	second, ok := d.claim(d.message, true)
	if !ok || second.Attempt != first.Attempt+1 {
		t.Fatalf("it was not claimed again: %+v", second)
	}
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		held, err := tx.Finish(ctx, first, store.Ending{State: store.Sent})
		if err == nil && held {
			t.Error("the first holder wrote an outcome after it lost the claim")
		}
		return err
	})
	d.locked(func(ctx context.Context, tx *store.Tx) error {
		held, err := tx.Finish(ctx, second, store.Ending{State: store.Sent, ProviderID: "id"})
		if err == nil && !held {
			t.Error("the second holder could not write the outcome")
		}
		return err
	})
	if m, err := d.Message(t.Context(), d.message); err != nil || m.State != store.Sent || m.SentAt == nil {
		t.Errorf("the message stands so: %+v, %v", m, err)
	}
}

// The answer to a claim may be lost on the way. Whoever asked has it when it asks again, others do not,
// and it can be given back unheard.
func TestAClaimWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	claim := func(holder string) bool {
		_, ok, err := d.Claim(t.Context(), d.message, holder, time.Minute, nil)
		d.must(err)
		return ok
	}
	first, again := claim("h1"), claim("h1")
	if !first || !again || claim("h2") {
		t.Error("the holder does not have it again, or somebody else has it")
	}
	d.must(d.GiveBack(t.Context(), d.message, "h2"))
	if claim("h2") {
		t.Error("somebody else gave it back")
	}
	d.must(d.GiveBack(t.Context(), d.message, "h1"))
	if !claim("h2") {
		t.Error("it was not given back")
	}
}

func TestAStepVisitHasOneMessage(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	again := func(change func(*store.Message)) (id, state string) {
		d.locked(func(ctx context.Context, tx *store.Tx) (err error) {
			m := store.Message{
				RunID: d.run.ID, Journey: "hello", Version: "v1", Step: "hello", Visit: 1, ProfileID: d.profile, Channel: "email", Provider: "smtp",
				Template: "hello", Priority: "normal", Address: "new@example.com", State: store.Rendered,
			}
			change(&m)
			id, state, err = tx.AddMessage(ctx, m, store.Body{Body: "Hello again"})
			return err
		})
		return id, state
	}
	if id, state := again(func(*store.Message) {}); id != d.message || state != store.Rendered {
		t.Errorf("the gate that looked again made %s, %s beside %s", id, state, d.message)
	}
	if c, ok := d.claim(d.message, false); !ok || c.Text != "Hello again" || c.Address != "new@example.com" {
		t.Errorf("the renewed message hands over %+v", c)
	}
	if id, state := again(func(m *store.Message) { m.State = store.Skipped }); id != d.message || state != store.Claimed {
		t.Errorf("a claimed message was changed: %s, %s", id, state)
	}
}
