package starter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/spelling"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

const (
	// sendSource begins the source of sends' event ids, so that they never meet those of a key.
	sendSource = "send/"
	// sendEvent is what a profile's events say of a send; its properties are the data.
	sendEvent = "send_requested"
	// maxIdempotencyKey is in bytes, as of enrolments.
	maxIdempotencyKey = 100
)

// single asks for one message to one person.
type single struct {
	Template       string          `json:"template"`
	Profile        json.RawMessage `json:"profile"` // a user id, or {userId, traits}
	Data           json.RawMessage `json:"data"`
	IdempotencyKey string          `json:"idempotency_key"`
	Channel        string          `json:"channel"`
}

// sentAnswer is what the sender hears: the message is now ours to hand over.
type sentAnswer struct {
	Run      string `json:"run"`
	Accepted bool   `json:"accepted"`
}

// sendOne takes one message, which passes the gate as transactional, in a run of its own.
func (s *server) sendOne(w http.ResponseWriter, r *http.Request) {
	out, no := s.takeSingle(w, r)
	if no != nil {
		no.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(out) // who has hung up asks again with the same key
}

func (s *server) takeSingle(w http.ResponseWriter, r *http.Request) (out sentAnswer, no *refusal) {
	given, _, _ := r.BasicAuth()
	key, no := s.writeKey(r.Context(), w, given)
	if no != nil {
		return out, no
	}
	if key.Kind != store.ServerKey {
		return out, &refusal{status: http.StatusForbidden, Detail: "this is a client key, which anybody can read in the browser; send with a server key"}
	}
	raw, no := readBody(w, r, maxRequest)
	if no != nil {
		return out, no
	}
	in, no := readSingle(raw)
	if no != nil {
		return out, no
	}
	name, no := s.singleJourney(r.Context(), in)
	if no != nil {
		return out, no
	}
	asked, no := in.event()
	if no != nil {
		return out, no
	}
	who, no := s.recipient(r.Context(), key, in)
	if no != nil {
		return out, no
	}
	err := s.again(r.Context(), func() error {
		return s.Store.InProfile(r.Context(), who, func(tx *store.Tx) (err error) {
			out.Run, err = s.beginSingle(r.Context(), tx, sendSource+key.Name, name, asked)
			return err
		})
	})
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		return out, refused
	}
	if err != nil {
		return out, s.failed("sending a message", err)
	}
	out.Accepted = true
	s.Bell.Ring()
	s.Relay.Ring()
	return out, nil
}

// Error lets a transaction end without having written anything.
func (f *refusal) Error() string { return f.Detail }

func readSingle(raw []byte) (in single, no *refusal) {
	wrong := func(field, words string) (single, *refusal) {
		return in, &refusal{status: http.StatusUnprocessableEntity, Field: field, Detail: words}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			field = strings.Trim(field, `"`)
			return wrong(field, "there is no field "+tracking.Cut(field)+"; write "+spelling.Instead(field, []string{"template", "profile", "data", "idempotency_key", "channel"}))
		}
		return in, malformed(err)
	}
	switch {
	case in.Template == "":
		return wrong("template", "template is missing; write its name, such as receipt for templates/receipt.email.liquid")
	case len(in.Profile) == 0:
		return wrong("profile", `profile is missing; write your id of the person, or {"userId": ..., "traits": {...}}`)
	case in.IdempotencyKey == "" || len(in.IdempotencyKey) > maxIdempotencyKey:
		return wrong("idempotency_key", fmt.Sprintf("idempotency_key is to be 1 to %d bytes; write what makes this message one, such as receipt-1042: asked again with it, nothing is sent twice", maxIdempotencyKey))
	}
	return in, nil
}

// event checks the data as if it had been tracked, and makes of the send what is written down.
func (in single) event() (store.NewEvent, *refusal) {
	item, err := json.Marshal(map[string]any{"userId": "somebody", "event": sendEvent, "messageId": in.IdempotencyKey, "properties": in.Data})
	if err != nil {
		return store.NewEvent{}, malformed(err)
	}
	c, problem := tracking.Parse(0, tracking.Track, item, nil, time.Time{})
	if problem != nil {
		field := map[string]string{"properties": "data", "messageId": "idempotency_key"}[problem.Field]
		return store.NewEvent{}, &refusal{status: http.StatusUnprocessableEntity, Field: field, Detail: strings.ReplaceAll(problem.Error(), problem.Field, field)}
	}
	return store.NewEvent{ID: in.IdempotencyKey, Name: sendEvent, Properties: c.Properties}, nil
}

// singleJourney finds the journey that sends the template by itself.
func (s *server) singleJourney(ctx context.Context, in single) (string, *refusal) {
	all, err := s.Store.Journeys(ctx)
	if err != nil {
		return "", s.failed("finding a template", err)
	}
	there := map[string]store.Published{}
	var names []string
	for _, p := range all {
		if name, channel, ok := journey.SingleSend(p.Journey); ok && !p.Archived {
			there[p.Journey] = p
			if channel == "" {
				names = append(names, name)
			}
		}
	}
	p, ok := there[journey.SingleSendKey(in.Template, "")]
	if !ok {
		detail := "no template " + tracking.Cut(in.Template) + " is published; "
		if len(names) == 0 {
			detail += "mixtape apply publishes a workspace's templates"
		} else {
			detail += "write " + spelling.Instead(in.Template, names)
		}
		return "", &refusal{status: http.StatusNotFound, Field: "template", Detail: detail}
	}
	if in.Channel == "" {
		return p.Journey, nil
	}
	c, err := s.Handler.Library.Compiled(ctx, p.Journey, p.Version, nil)
	if err != nil {
		return "", s.failed("reading a template", err)
	}
	through := c.Templates.Channels(in.Template)
	if !slices.Contains(through, in.Channel) {
		return "", &refusal{status: http.StatusUnprocessableEntity, Field: "channel", Detail: "there is no template " + in.Template + " for " + tracking.Cut(in.Channel) + "; write " + spelling.Instead(in.Channel, through)}
	}
	if len(through) == 1 {
		return p.Journey, nil
	}
	return journey.SingleSendKey(in.Template, in.Channel), nil
}

// recipient finds the person, whom {userId, traits} makes where there is none.
func (s *server) recipient(ctx context.Context, key store.Key, in single) (string, *refusal) {
	var id string
	if json.Unmarshal(in.Profile, &id) == nil && id != "" {
		p, err := s.Store.FindProfile(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return "", &refusal{status: http.StatusNotFound, Field: "profile", Detail: `nobody has the id ` + tracking.Cut(id) + `; write {"userId": ..., "traits": {"email": ...}} to make a profile`}
		case err != nil:
			return "", s.failed("finding a profile", err)
		}
		return p.ID, nil
	}
	var said struct {
		UserID json.RawMessage `json:"userId"`
		Traits json.RawMessage `json:"traits,omitempty"`
	}
	d := json.NewDecoder(bytes.NewReader(in.Profile))
	d.DisallowUnknownFields()
	if err := d.Decode(&said); err != nil {
		return "", &refusal{status: http.StatusUnprocessableEntity, Field: "profile", Detail: `profile is neither an id nor {"userId": ..., "traits": {...}}; write one of them`}
	}
	item, err := json.Marshal(map[string]any{"userId": said.UserID, "traits": said.Traits, "messageId": sendSource + in.IdempotencyKey})
	if err != nil {
		return "", malformed(err)
	}
	c, problem := tracking.Parse(0, tracking.Identify, item, nil, time.Time{})
	if problem == nil && c.UserID == "" {
		problem = &profile.Problem{Field: "userId", Message: "is missing; write your id of the person"}
	}
	if problem != nil {
		return "", &refusal{status: http.StatusUnprocessableEntity, Field: "profile." + problem.Field, Detail: problem.Error()}
	}
	bad, err := s.take(ctx, key, []tracking.Call{c})
	if err != nil {
		return "", s.failed("identifying a person", err)
	}
	if len(bad) > 0 {
		return "", &refusal{status: http.StatusUnprocessableEntity, Field: "profile." + bad[0].Field, Detail: bad[0].Error}
	}
	who, err := s.Store.ProfileFor(ctx, c.UserID, "")
	if err != nil {
		return "", s.failed("finding a profile", err)
	}
	return who, nil
}

// beginSingle begins the run of a send, once for its key. A send that is refused leaves no trace, so that
// the same one may be asked for again when what was in the way is gone.
func (s *server) beginSingle(ctx context.Context, tx *store.Tx, source, name string, asked store.NewEvent) (run string, err error) {
	fresh, err := tx.TakeEventID(ctx, source, asked.ID)
	if err != nil {
		return "", err
	}
	if !fresh {
		before, err := dispatch.EnrolledBefore(ctx, tx, source, asked.ID, name)
		if err == nil && before.Run == "" {
			err = &refusal{status: http.StatusConflict, Field: "idempotency_key", Detail: "this idempotency_key was used for another template, channel or person; write one of its own for each message"}
		}
		return before.Run, err
	}
	asked.Source = source
	e, err := tx.AddEvent(ctx, asked)
	if err != nil {
		return "", err
	}
	verdict, err := s.Handler.Enroll(ctx, tx, name, dispatch.Entrance{Event: e, ByAPI: true, By: "POST /v1/send"})
	if err != nil {
		return "", err
	}
	if verdict.Refused != "" {
		return "", &refusal{status: http.StatusConflict, Detail: "nothing is sent: " + verdict.Refused + "; ask again with the same idempotency_key when that has passed"}
	}
	return verdict.Run, nil
}
