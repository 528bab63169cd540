package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/store"
)

func TestAnAttemptIsJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n       int
		attempt activities.Attempt
		state   string // empty: tried again
		reason  string
		answer  string
		delay   time.Duration
	}{
		"JSON is an answer":              {attempt: activities.Attempt{Status: 200, Body: []byte(` {"score": 0.5} `)}, state: store.Answered, answer: `{"score":0.5}`},
		"of any 2xx":                     {attempt: activities.Attempt{Status: 202, Body: []byte(`[1]`)}, state: store.Answered, answer: `[1]`},
		"nothing is null":                {attempt: activities.Attempt{Status: 204}, state: store.Answered, answer: `null`},
		"HTML is none":                   {attempt: activities.Attempt{Status: 200, Body: []byte("<html>")}, state: store.Failed, reason: activities.NotJSON},
		"two values are none":            {attempt: activities.Attempt{Status: 200, Body: []byte("{}{}")}, state: store.Failed, reason: activities.NotJSON},
		"nor a number beyond all":        {attempt: activities.Attempt{Status: 200, Body: []byte("1e999")}, state: store.Failed, reason: activities.NotJSON},
		"nor a bottomless list":          {attempt: activities.Attempt{Status: 200, Body: []byte(strings.Repeat("[", 1000) + strings.Repeat("]", 1000))}, state: store.Failed, reason: activities.NotJSON},
		"what no database can hold goes": {attempt: activities.Attempt{Status: 200, Body: []byte(`{"a\u0000b": "\u0000c\ud800"}`)}, state: store.Answered, answer: `{"ab":"c` + "\ufffd" + `"}`},
		"no is no":                       {attempt: activities.Attempt{Status: 404}, state: store.Failed, reason: "status_404"},
		"a redirect is not followed":     {attempt: activities.Attempt{Status: 302}, state: store.Failed, reason: activities.Redirected},
		"a fault is tried again":         {n: 1, attempt: activities.Attempt{Status: 500}, reason: "status_500", delay: time.Second},
		"later and later":                {n: 3, attempt: activities.Attempt{Status: 503}, reason: "status_503", delay: 4 * time.Second},
		"three times":                    {n: 4, attempt: activities.Attempt{Status: 503}, state: store.Failed, reason: "status_503"},
		"and silence":                    {n: 2, attempt: activities.Attempt{Problem: activities.NoAnswer}, reason: activities.NoAnswer, delay: 2 * time.Second},
		"which ends, too":                {n: 4, attempt: activities.Attempt{Problem: activities.NoAnswer}, state: store.Failed, reason: activities.NoAnswer},
		"too many wait as they are told": {n: 1, attempt: activities.Attempt{Status: 429, RetryAfter: 30 * time.Second}, reason: "status_429", delay: 30 * time.Second},
		"within reason":                  {n: 1, attempt: activities.Attempt{Status: 429, RetryAfter: time.Hour}, reason: "status_429", delay: time.Minute},
		"what cannot change is final":    {n: 1, attempt: activities.Attempt{Problem: activities.PrivateAddress, Final: true}, state: store.Failed, reason: activities.PrivateAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := activities.JudgeCall(max(c.n, 1), c.attempt)
			if r.Retry != (c.state == "") || !r.Retry && r.State != c.state || r.Reason != c.reason || string(r.Answer) != c.answer || r.Delay != c.delay {
				t.Errorf("got %+v (%s), want %+v", r, r.Answer, c)
			}
		})
	}
}
