package starter

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// callView is what a run asked of a web service, and what came of it.
type callView struct {
	ID        string            `json:"id" doc:"Also the Idempotency-Key that it was sent with."`
	Step      string            `json:"step"`
	Method    string            `json:"method"`
	URL       string            `json:"url" doc:"Secrets stand by their names here, and in headers and body."`
	Headers   map[string]string `json:"headers,omitempty"`
	Body      string            `json:"body,omitempty"`
	State     string            `json:"state" enum:"asked,answered,failed"`
	Reason    string            `json:"reason,omitempty" doc:"Why it failed: no_answer, status_404, not_json, too_large, redirect, private_address, missing_secret, bad_request."`
	Status    int               `json:"status,omitempty" doc:"The last that was answered."`
	Attempts  int               `json:"attempts"`
	Answer    json.RawMessage   `json:"answer,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	DoneAt    *time.Time        `json:"done_at,omitempty"`
}

func viewCalls(all []store.Call) []callView {
	views := make([]callView, len(all))
	for i, c := range all {
		named := func(text string) string { return nameSecrets(text, c.Mark) }
		v := callView{
			ID: c.ID, Step: c.Step, Method: c.Method, URL: named(c.Url), Body: named(c.Body), State: c.State, Reason: c.Reason,
			Status: int(c.Status), Attempts: int(c.Attempts), Answer: c.Answer, CreatedAt: c.CreatedAt, DoneAt: c.DoneAt,
		}
		if err := json.Unmarshal(c.Headers, &v.Headers); err != nil {
			v.Headers = nil // of another release
		}
		for name, value := range v.Headers {
			v.Headers[name] = named(value)
		}
		views[i] = v
	}
	return views
}

// nameSecrets writes secrets as their templates do, in place of marks that mean nothing to a reader.
func nameSecrets(text, mark string) string {
	if mark == "" {
		return text
	}
	parts := strings.Split(text, mark)
	for i := 1; i < len(parts)-1; i += 2 { // every second one stands between two marks
		parts[i] = "{{ secrets." + parts[i] + " }}"
	}
	return strings.Join(parts, "")
}
