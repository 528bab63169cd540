package faults_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// A service is asked again where nobody knows whether it was: always with the same key, by which it can
// tell.
func TestAWorkerKilledAroundACall(t *testing.T) {
	t.Parallel()
	for point, times := range map[string]int{"call:begun": 1, "call:answered": 2, "call:finished": 1} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var keys []string
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				keys = append(keys, r.Header.Get("Idempotency-Key"))
				_, _ = io.WriteString(w, `{"name": "Ada"}`)
			}))
			t.Cleanup(service.Close)
			r := rig.New(t, rig.Options{NoWorker: true})
			r.Publish(store.Settings{Calls: store.Calls{PrivateAddresses: true}}, rig.Version(`journey: hello
entry: { event: signed_up }
steps:
  - { id: ask, call: { url: "`+service.URL+`", save_as: answer } }
  - { id: hello, send: { channel: email, template: hello } }
`, map[string]string{"hello.email.liquid": "---\nsubject: hello\n---\nHello {{ results.answer.name }}\n"}))
			victim := spawn(t, order{Address: r.Address, Worker: true, Kill: point})
			r.Send(signsUp("ada")...)
			victim.awaitKill()
			spawn(t, order{Address: r.Address, Worker: true})
			awaitEnd(r, "ada")
			mu.Lock()
			defer mu.Unlock()
			if len(keys) != times || keys[0] == "" || keys[0] != keys[len(keys)-1] {
				t.Errorf("the service was asked with the keys %q, want %d times the same", keys, times)
			}
			if got := states(r, "ada")["hello"]; got != store.Sent {
				t.Errorf("the mail is %q, want it sent", got)
			}
		})
	}
}
