package activities

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

const (
	callTimeout = 10 * time.Second // of an attempt whose step does not say
	jsonType    = "application/json"
)

// call renders what a call step asks, and moves on to asking it. The walk goes on behind a call whose
// answer is known, and behind one that came out as no request.
func (k *walk) call(ctx context.Context, a journey.Action) (_ journey.Move, done bool, _ error) {
	c := store.Call{
		ID: store.NewID("c"), RunID: k.run.ID, Journey: k.run.Journey, Version: k.run.Version, Step: a.Step, Visit: int32(k.run.State.Visit),
		ProfileID: k.tx.Profile().ID, State: store.Asked, TimeoutMs: callTimeout.Milliseconds(),
		Mark: store.NewID("secret"), // nobody knows it before, so nobody can have written it into the data
	}
	if a.Call.Timeout > 0 {
		c.TimeoutMs = a.Call.Timeout.Milliseconds()
	}
	problem := k.request(&c, *a.Call)
	if problem != "" {
		c.State, c.Reason = store.Failed, BadRequest
	}
	id, became, err := k.tx.AddCall(ctx, c)
	if err != nil {
		return journey.Move{}, false, err
	}
	if became != store.Asked {
		return journey.Move{}, false, k.answered(ctx, id, problem)
	}
	k.trail(a.Step + ": asks")
	move := journey.Move{Kind: journey.MoveCall, Phase: journey.Calling, Step: a.Step, Call: id, Queue: k.CallQueue}
	k.describe(&move, a.Step+": asks a web service", time.Time{})
	return move, true, nil
}

// answered takes up what became of a call without asking.
func (k *walk) answered(ctx context.Context, id, problem string) error {
	if problem != "" {
		err := k.decide(ctx, store.Decision{
			Step: k.run.State.Step, Kind: "call", Reason: BadRequest, Words: k.run.State.Step + ": failed: " + BadRequest,
			Inputs: map[string]any{"call": id, "problem": problem},
		})
		if err != nil {
			return err
		}
		k.trail(k.run.State.Step + ": failed: " + BadRequest)
	}
	return k.settleCall(ctx)
}

// settleCall tells the interpreter what became of the call that the run has made.
func (k *walk) settleCall(ctx context.Context) error {
	c, err := k.tx.CallOfVisit(ctx, k.run.ID, k.run.State.Visit)
	if err != nil {
		return err
	}
	switch c.State {
	case store.Asked: // not asked to the end: again
	case store.Answered:
		var body any
		if err := json.Unmarshal(c.Answer, &body); err != nil {
			return err
		}
		k.journey.ResolveCall(k.run.State, true, body)
	default:
		k.journey.ResolveCall(k.run.State, false, nil)
	}
	return nil
}

// request renders the call. It returns what is wrong with what came out, in words for the ledger.
func (k *walk) request(c *store.Call, step journey.CallStep) (problem string) {
	data := k.data()
	render := func(what, text string, escape message.Escape) string {
		snippet, wrong := message.ParseSnippet(step.ID+": "+what, text)
		if len(wrong) > 0 {
			problem = wrong[0].String()
			return ""
		}
		out, err := snippet.Render(data, func(name string) string { return c.Mark + name + c.Mark }, escape)
		if err != nil {
			problem = err.Error()
		}
		return out
	}
	c.Method = strings.ToUpper(step.Method)
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	c.Url = strings.TrimSpace(render("url", step.URL, inURL))
	headers, kind := map[string]string{}, ""
	for name, text := range step.Headers {
		value := strings.TrimSpace(render("headers", text, nil))
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			problem = "the header " + name + " came out as none"
		}
		if headers[name] = value; strings.EqualFold(name, "Content-Type") {
			kind = value
		}
	}
	if kind == "" && step.Body != "" {
		kind = jsonType
		headers["Content-Type"] = kind
	}
	if isJSON(kind) {
		c.Body = render("body", step.Body, inJSON)
		if problem == "" && step.Body != "" && !json.Valid([]byte(c.Body)) {
			problem = "the body came out as no JSON; write | default for values that may be absent"
		}
	} else {
		c.Body = render("body", step.Body, nil)
	}
	c.Headers, _ = json.Marshal(headers)                    // texts only
	if problem == "" && !strings.HasPrefix(c.Url, c.Mark) { // a secret is looked at when it is known
		problem = badURL(c.Url)
	}
	return problem
}

// badURL says what is wrong with where a call goes.
func badURL(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "the URL came out as none" // the parser's error has the URL in it
	case !slices.Contains([]string{"http", "https"}, u.Scheme):
		return "the URL is not one of http or https"
	case u.Hostname() == "":
		return "the URL has no host"
	}
	return ""
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == jsonType || strings.HasSuffix(kind, "+json"))
}

// inURL lets a value stand for one part of a path or query, and never add a part of its own; only at
// the very beginning it may be a whole address.
func inURL(before, value string) string {
	if strings.TrimSpace(before) == "" {
		return value
	}
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// inJSON lets a value stand within the quotes of a text.
func inJSON(_, value string) string {
	quoted, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(quoted[1 : len(quoted)-1])
}
