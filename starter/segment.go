package starter

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// maxItems is how many calls one batch may have, as Segment's specification has it.
const maxItems = 2500

// answer is what a sender hears of calls that were taken.
//
// A batch in which some items are wrong is answered 200 all the same, naming them: Segment's clients
// drop a whole batch that is answered 400 and send it again on most others, so either would lose or
// repeat what is good. They are answered 503 only when sending again helps; what was committed by
// then is known by its messageId and not taken twice.
type answer struct {
	Success  bool       `json:"success"`
	Rejected []rejected `json:"rejected,omitempty"`
}

// rejected is an item that was not taken, and why.
type rejected struct {
	Index     int    `json:"index"`
	MessageID string `json:"messageId,omitempty"`
	Field     string `json:"field"`
	Error     string `json:"error"`
	large     bool
}

// envelope is what stands around the items of a batch, and in a single call beside its fields.
type envelope struct {
	WriteKey json.RawMessage   `json:"writeKey"`
	Batch    []json.RawMessage `json:"batch"`
	Context  json.RawMessage   `json:"context"`
	SentAt   json.RawMessage   `json:"sentAt"`
}

// tracking serves one call of the tracking API, or with an empty kind a batch of them.
func (s *server) tracking(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, no := s.track(w, r, kind)
		if no != nil {
			no.write(w)
			return
		}
		if kind != "" && len(a.Rejected) > 0 {
			bad := a.Rejected[0]
			no := &refusal{status: http.StatusBadRequest, Detail: bad.Error, Field: bad.Field, MessageID: bad.MessageID}
			if bad.large {
				no.status = http.StatusRequestEntityTooLarge
			}
			no.write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a) // who has hung up sends again, and is recognised
	}
}

func (s *server) track(w http.ResponseWriter, r *http.Request, kind string) (*answer, *refusal) {
	var key store.Key
	given, _, basic := r.BasicAuth()
	if basic {
		var no *refusal
		if key, no = s.writeKey(r.Context(), w, given); no != nil {
			return nil, no
		}
	}
	media := r.Header.Get("Content-Type")
	if parsed, _, err := mime.ParseMediaType(media); err == nil {
		media = parsed
	}
	if media != "" && media != "application/json" && media != "text/plain" {
		open(w)
		return nil, &refusal{status: http.StatusUnsupportedMediaType, Detail: "Content-Type " + tracking.Cut(media) + " is not known; send application/json"}
	}
	raw, no := readBody(w, r, maxRequest)
	if no != nil {
		open(w)
		return nil, no
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		open(w)
		return nil, malformed(err)
	}
	if !basic {
		var inBody string
		_ = json.Unmarshal(e.WriteKey, &inBody) // else it is empty, and refused
		if key, no = s.writeKey(r.Context(), w, inBody); no != nil {
			return nil, no
		}
	}
	if media == "text/plain" && key.Kind != store.ClientKey {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, Detail: "only a browser's beacon, with a client key, may send text/plain; send application/json"}
	}
	calls, bad, no := read(kind, raw, e)
	if no != nil {
		return nil, no
	}
	more, err := s.take(r.Context(), key, calls)
	if err != nil {
		return nil, s.failed("tracking", err)
	}
	return &answer{Success: true, Rejected: sorted(append(bad, more...))}, nil
}

// read parses the items of a request: the good ones, and what is wrong with the others.
func read(kind string, raw []byte, e envelope) (calls []tracking.Call, bad []rejected, no *refusal) {
	items, context, sentAt := []json.RawMessage{raw}, json.RawMessage(nil), time.Time{}
	if kind == "" {
		if e.Batch == nil {
			return nil, nil, &refusal{status: http.StatusBadRequest, Field: "batch", Detail: `batch is missing; write {"batch": [{"type": "track", "userId": ..., "event": ...}]}`}
		}
		items, context, sentAt = e.Batch, e.Context, tracking.LooseTime(e.SentAt)
	}
	for i, item := range items {
		if i >= maxItems {
			bad = append(bad, rejected{Index: i, MessageID: tracking.ReadMessageID(item), Field: "batch", Error: "batch has more than 2500 items; send this one in the next"})
			continue
		}
		c, problem := tracking.Parse(i, kind, item, context, sentAt)
		if problem != nil {
			bad = append(bad, rejected{Index: i, MessageID: c.MessageID, Field: problem.Field, Error: problem.Error(), large: len(item) > tracking.MaxItem})
			continue
		}
		calls = append(calls, c)
	}
	return calls, bad, nil
}

func malformed(err error) *refusal {
	detail := `the body is not a JSON object; write {"userId": ..., ...}`
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		detail = "the body is not JSON: " + syntax.Error()
	case errors.As(err, &kind) && kind.Field == "batch":
		detail = "batch is not a list; write \"batch\": [...]"
	}
	return &refusal{status: http.StatusBadRequest, Detail: detail}
}

// writeKey finds what a key may do, and lets browsers read the answer unless it is a server's key:
// that one has no business in a browser.
func (s *server) writeKey(ctx context.Context, w http.ResponseWriter, given string) (store.Key, *refusal) {
	if given == "" {
		open(w)
		return store.Key{}, &refusal{status: http.StatusUnauthorized, Detail: "no write key; send one as the user name of basic authentication, or as writeKey in the body"}
	}
	key, err := s.Store.FindKey(ctx, given)
	switch {
	case errors.Is(err, store.ErrNotFound):
		open(w)
		return store.Key{}, &refusal{status: http.StatusUnauthorized, Detail: "this write key is not known here, or was revoked"}
	case err != nil:
		open(w)
		return store.Key{}, s.failed("finding a write key", err)
	case key.Kind == store.AdminKey:
		return store.Key{}, &refusal{status: http.StatusForbidden, Detail: "this is an admin key; send events with a server or client key"}
	case key.Kind == store.ClientKey:
		open(w)
	}
	return key, nil
}

// open lets pages of any site read the answer. There are no cookies here that it could expose.
func open(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

// preflight answers what a browser asks before it sends.
func preflight(w http.ResponseWriter, _ *http.Request) {
	open(w)
	w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding")
	w.Header().Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}
