package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

func hash(source string, templates map[string]string) string {
	return journey.Hash([]byte(source), templates)
}

// Publish makes these journeys the deployment's.
func (r *Rig) Publish(settings store.Settings, versions ...store.Version) {
	r.TB.Helper()
	if settings.Name == "" {
		settings.Name = "rig"
	}
	if settings.Channels == nil {
		settings.Channels = map[string]store.Channel{"email": {Provider: "smtp", From: "Rig <rig@example.com>"}}
	}
	_, err := r.Store.Publish(context.Background(), settings, versions)
	r.must(err)
}

// Item is one call of the Segment API, such as {"type": "track", ...}.
type Item map[string]any

// Identify says what is known of somebody.
func Identify(user string, traits map[string]any) Item {
	return Item{"type": "identify", "userId": user, "traits": traits}
}

// Track says what somebody did.
func Track(user, event string, properties map[string]any) Item {
	return Item{"type": "track", "userId": user, "event": event, "properties": properties}
}

// Send sends items in one batch through the public API, and fails the test unless all are taken.
func (r *Rig) Send(items ...Item) {
	r.TB.Helper()
	r.must(r.TrySend(items...))
}

// TrySend is Send for those who expect it to fail, or run beside the test.
func (r *Rig) TrySend(items ...Item) error {
	body, err := json.Marshal(map[string]any{"batch": items})
	if err != nil {
		return err
	}
	status, answer, err := r.Call(http.MethodPost, "/v1/batch", r.WriteKey, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK || bytes.Contains(answer, []byte("rejected")) {
		return fmt.Errorf("the API answered %d: %s", status, answer)
	}
	return nil
}

// Call makes one HTTP call to the API with a key.
func (r *Rig) Call(method, path, key string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, r.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.SetBasicAuth(key, key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, answer, err
}

// Runs are a person's runs, newest first.
func (r *Rig) Runs(user string) []store.RunRow {
	r.TB.Helper()
	p, err := r.Store.FindProfile(context.Background(), user)
	if err != nil {
		return nil
	}
	runs, err := r.Store.RunsOfProfile(context.Background(), p.ID, 100)
	r.must(err)
	return runs
}

// Run is the newest run of a person.
func (r *Rig) Run(user string) store.RunRow {
	r.TB.Helper()
	if runs := r.Runs(user); len(runs) > 0 {
		return runs[0]
	}
	return store.RunRow{}
}

// AwaitPhase waits until a person's newest run stands so, at the step (empty: any).
func (r *Rig) AwaitPhase(user string, phase journey.Phase, step string) store.RunRow {
	r.TB.Helper()
	var run store.RunRow
	r.Await(fmt.Sprintf("%s is %s at %q", user, phase, step), Patience, func() bool {
		run = r.Run(user)
		return run.Phase == string(phase) && (step == "" || run.Step == step)
	})
	return run
}

// AwaitExit waits until a person's newest run has ended for the reason.
func (r *Rig) AwaitExit(user, reason string) store.RunRow {
	r.TB.Helper()
	run := r.AwaitPhase(user, journey.Ended, "")
	if got := *run.ExitReason; got != reason {
		r.TB.Fatalf("%s's run ended with %q, want %q", user, got, reason)
	}
	return run
}

// Person makes somebody in the database itself, as where nothing of the deployment runs.
func (r *Rig) Person(user string, attributes map[string]any) {
	r.TB.Helper()
	ctx := context.Background()
	id, err := r.Store.ProfileFor(ctx, user, "")
	r.must(err)
	r.must(r.Store.InProfile(ctx, id, func(tx *store.Tx) error {
		if changed := profile.Identify(tx.Profile(), attributes); len(changed) > 0 {
			return tx.SaveProfile(ctx)
		}
		return nil
	}))
}

// Patience is long: 2 cores, many tests at once.
const Patience = 3 * time.Minute

// AwaitPaused waits until a person's run in a journey is held by a pause.
func (r *Rig) AwaitPaused(user, in string) {
	r.TB.Helper()
	r.Await(user+" is held in "+in, Patience, func() bool {
		for _, run := range r.Runs(user) {
			if run.Journey == in && run.Phase == string(journey.Paused) {
				return true
			}
		}
		return false
	})
}
