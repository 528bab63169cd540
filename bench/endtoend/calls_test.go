package endtoend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// service is a web service that keeps what it was asked.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []asked
	answer func(n int, w http.ResponseWriter)
}

type asked struct{ key, token, path, body string }

func startService(t *testing.T, answer func(n int, w http.ResponseWriter)) *service {
	t.Helper()
	s := &service{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, asked{r.Header.Get("Idempotency-Key"), r.Header.Get("X-Token"), r.URL.RequestURI(), string(body)})
		s.answer(len(s.asked), w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) all() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]asked{}, s.asked...)
}

// scoring asks a service for a score and writes by it.
func scoring(url string) store.Version {
	return rig.Version(`journey: scoring
entry: { event: signed_up }
exit: [ { event: subscribed, reason: converted } ]
steps:
  - id: ask
    call:
      url: `+url+`/scores/{{ user.first_name }}
      headers: { X-Token: "{{ secrets.TOKEN }}" }
      body: '{"email": "{{ user.email }}", "token": "{{ secrets.TOKEN }}"}'
      save_as: score
  - id: well
    branch:
      - when: results.score.value > 0.5
        steps: [ { id: praise, send: { channel: email, template: praise } } ]
      - else: [ { id: nudge, send: { channel: email, template: nudge } } ]
`, map[string]string{
		"praise.email.liquid": "---\nsubject: praise\n---\nYou have {{ results.score.value }}.\n",
		"nudge.email.liquid":  mail("nudge"),
	})
}

func within() store.Settings {
	s := tips()
	s.Calls.PrivateAddresses = true
	return s
}

func TestACallIsAskedAgainAndItsAnswerShapesTheNextMail(t *testing.T) {
	t.Parallel()
	s := startService(t, func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"value": 0.8125, "about": "told-by-the-service"}`)
	})
	r := rig.New(t, rig.Options{Secret: func(name string) (string, bool) { return "the-hidden-token", name == "TOKEN" }})
	r.Publish(within(), scoring(s.URL))
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com", "first_name": `A/"da`}), rig.Track("ada", "signed_up", nil))
	m := r.AwaitMail("ada@example.com", "praise")
	if !strings.Contains(m.Text, "You have 0.8125.") {
		t.Errorf("the mail says %q", m.Text)
	}
	run := r.AwaitExit("ada", journey.ReasonCompleted)
	all := s.all()
	if len(all) != 2 || all[0] != all[1] || all[0].key == "" {
		t.Fatalf("asked %+v, want the same twice, with a key", all)
	}
	want := asked{all[0].key, "the-hidden-token", "/scores/A%2F%22da", `{"email": "ada@example.com", "token": "the-hidden-token"}`}
	if all[0] != want {
		t.Errorf("asked %+v, want %+v", all[0], want)
	}
	ctx := context.Background()
	calls, err := r.Store.CallsOfRun(ctx, run.ID)
	if err != nil || len(calls) != 1 || calls[0].State != store.Answered || calls[0].Attempts != 2 {
		t.Fatalf("the calls are %+v, %v", calls, err)
	}
	ledger, err := r.Store.DecisionsOfRun(ctx, run.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal([]any{calls, ledger})
	if err != nil {
		t.Fatal(err)
	}
	history, err := proto.Marshal(r.History(run.ID, true))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(kept, []byte("answered")) || !bytes.Contains(history, []byte("status_503")) {
		t.Error("these are not the ledger and the history of this run")
	}
	for where, raw := range map[string][]byte{"the database": kept, "the history": history} {
		if bytes.Contains(raw, []byte("hidden")) {
			t.Errorf("the secret is in %s", where)
		}
	}
	for _, word := range []string{"ada@example", "told-by", "0.8125", "A/", s.URL} {
		if bytes.Contains(history, []byte(word)) {
			t.Errorf("%q is in the history", word)
		}
	}
}

func TestACallThatFailsLeavesNoResult(t *testing.T) {
	t.Parallel()
	s := startService(t, func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"value": 1}`) })
	for name, c := range map[string]struct {
		settings store.Settings
		secret   bool
		reason   string
	}{
		"to the own network":     {tips(), true, "private_address"},
		"for want of its secret": {within(), false, "missing_secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rig.New(t, rig.Options{Secret: func(string) (string, bool) { return "x", c.secret }})
			r.Publish(c.settings, scoring(s.URL))
			r.Send(signsUp("ada")...)
			r.AwaitMail("ada@example.com", "nudge")
			run := r.AwaitExit("ada", journey.ReasonCompleted)
			ledger, err := r.Store.DecisionsOfRun(context.Background(), run.ID, 100)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, d := range ledger {
				found = found || d.Kind == "call" && d.Reason == c.reason
			}
			if !found {
				t.Errorf("nothing tells of %s: %+v", c.reason, ledger)
			}
		})
	}
	t.Cleanup(func() {
		if all := s.all(); len(all) > 0 {
			t.Errorf("the service was asked: %+v", all)
		}
	})
}

func TestAnExitBeforeACallIsNotAskedAndAnExitDuringOneCutsIt(t *testing.T) {
	t.Parallel()
	for point, times := range map[string]int{"call:beginning": 0, "call:answered": 1} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := startService(t, func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"value": 1}`) })
			stops := &trap{}
			r := rig.New(t, rig.Options{Failpoint: stops.failpoint, Secret: func(string) (string, bool) { return "x", true }})
			r.Publish(within(), scoring(s.URL))
			gate := stops.set(point, 1)
			r.Send(signsUp("ada")...)
			gate.Reached(r)
			r.Send(rig.Track("ada", "subscribed", nil))
			gate.Open()
			r.AwaitExit("ada", "converted")
			if got := len(s.all()); got != times {
				t.Errorf("the service was asked %d times, want %d", got, times)
			}
			if n := len(r.Mails("")); n != 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}
