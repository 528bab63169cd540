package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// MaxAnswer is how many bytes a web service may answer.
const MaxAnswer = 256 << 10

// Attempt is one request to a web service, as it went.
type Attempt struct {
	Status     int    // zero: there was no answer
	Body       []byte // of a 2xx
	RetryAfter time.Duration
	// Problem is why there is no answer to work with: a short code, which may enter Temporal's history.
	Problem string
	Final   bool // no other attempt would go differently
}

// The problems of an attempt.
const (
	NoAnswer       = "no_answer"       // not reached, cut off, or too slow
	TooLarge       = "too_large"       // more than MaxAnswer
	NotJSON        = "not_json"        // a 2xx that is something else
	Redirected     = "redirect"        // redirects are not followed
	PrivateAddress = "private_address" // of the own network, and the workspace does not allow that
	BadRequest     = "bad_request"     // it came out as no request: the URL, the method, a header, or the templates
	MissingSecret  = "missing_secret"  // the worker has no secret of that name
)

// CallResult is what one attempt comes to.
type CallResult struct {
	Retry  bool          // not over: try again after Delay
	Delay  time.Duration // real time
	State  string        // store.Answered or store.Failed
	Reason string        // of a failure, and of a retry: a problem, or status_ and the number
	Status int
	Answer json.RawMessage // the JSON that was answered
}

const (
	callRetries  = 3
	longestDelay = time.Minute
)

// JudgeCall says what the n-th attempt (from 1) at a call comes to: any 2xx with JSON, or with nothing,
// is an answer; 429 and 5xx and silence are tried three times more; all else is a failure.
func JudgeCall(n int, a Attempt) CallResult {
	r := CallResult{State: store.Failed, Status: a.Status, Reason: a.Problem}
	switch {
	case a.Problem != "":
		r.Retry = !a.Final
	case a.Status >= 200 && a.Status < 300:
		if answer, ok := answerOf(a.Body); ok {
			r.State, r.Answer = store.Answered, answer
			return r
		}
		r.Reason = NotJSON
	case a.Status >= 300 && a.Status < 400:
		r.Reason = Redirected
	case a.Status == 0:
		r.Reason, r.Retry = NoAnswer, true
	default:
		r.Reason = "status_" + strconv.Itoa(a.Status)
		r.Retry = a.Status == 429 || a.Status >= 500
	}
	if r.Retry = r.Retry && n <= callRetries; r.Retry {
		r.Delay = time.Second << (n - 1)
		if a.RetryAfter > 0 {
			r.Delay = min(a.RetryAfter, longestDelay)
		}
	}
	return r
}

// answerOf reads JSON as the database can keep it, and rules can read it: without NUL, no deeper than
// maxDepth, numbers within a double's range. Nothing at all, as of a 204, is null.
func answerOf(body []byte) (json.RawMessage, bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return json.RawMessage("null"), true
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return nil, false
	}
	value, ok := cleaned(value, 0)
	if !ok {
		return nil, false
	}
	raw, err := json.Marshal(value)
	return raw, err == nil
}

const maxDepth = 64

func cleaned(v any, depth int) (_ any, ok bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", ""), true
	case []any:
		for i := range v {
			if v[i], ok = cleaned(v[i], depth+1); !ok {
				return nil, false
			}
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, item := range v {
			if clean[strings.ReplaceAll(name, "\x00", "")], ok = cleaned(item, depth+1); !ok {
				return nil, false
			}
		}
		return clean, true
	}
	return v, true
}

// RecordCall tells the ledger what became of a call. Cases run it, too.
func RecordCall(ctx context.Context, tx Tx, c store.Call, r CallResult) error {
	d := store.Decision{
		RunID: c.RunID, Journey: c.Journey, Version: c.Version, Step: c.Step, Kind: "call", Reason: r.State, Words: c.Step + ": answered",
		Inputs: map[string]any{"call": c.ID, "attempts": c.Attempts},
	}
	if r.Status != 0 {
		d.Inputs["status"] = r.Status
	}
	if r.State == store.Failed {
		d.Reason, d.Words = r.Reason, c.Step+": failed: "+r.Reason
	}
	return tx.Decide(ctx, d)
}
