package starter

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

const (
	maxCallback = 1 << 20  // bytes of what a provider posts
	maxReport   = 10 << 20 // of an e-mail about a bounce: some return all of the original
)

// errEarly says that a report came before we have written down that its message was sent.
var errEarly = errors.New("the message is still being handed over")

// mountFeedback serves what providers and mail servers say of messages.
func (s *server) mountFeedback(mux *http.ServeMux) error {
	seen := map[string]bool{}
	for _, c := range s.Callbacks {
		if seen[c.Path()] {
			return errors.New("starter: two callbacks called " + c.Path())
		}
		seen[c.Path()] = true
		mux.HandleFunc("POST /v1/callbacks/"+c.Path(), func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxCallback)
			reports, err := c.Read(r)
			s.answerReports(w, r, c.Path(), reports, err)
		})
	}
	mux.HandleFunc("POST /v1/callbacks/{name}", func(w http.ResponseWriter, _ *http.Request) {
		(&refusal{status: http.StatusNotFound, Detail: "no provider with such callbacks is set up here"}).write(w)
	})
	mux.HandleFunc("POST /v1/bounces", s.bounced)
	return nil
}

// bounced takes a report of a mail server as it came: an e-mail.
func (s *server) bounced(w http.ResponseWriter, r *http.Request) {
	given, _, _ := r.BasicAuth()
	key, no := s.writeKey(r.Context(), w, given)
	if no == nil && key.Kind != store.ServerKey {
		no = &refusal{status: http.StatusForbidden, Detail: "this is a client key, which anybody can read in the browser; send reports with a server key"}
	}
	var raw []byte
	if no == nil {
		if raw, no = readBody(w, r, maxReport); no != nil && no.status == http.StatusRequestEntityTooLarge {
			no = tooLargeReport()
		}
	}
	if no != nil {
		no.write(w)
		return
	}
	reports, err := channels.ReadBounce(raw, r.URL.Query().Get("recipient"))
	s.answerReports(w, r, "bounces", reports, err)
}

func tooLargeReport() *refusal {
	return &refusal{status: http.StatusRequestEntityTooLarge, Detail: "this is larger than any report of one message; leave out the body of the original"}
}

// answerReports takes what was read and says so. Whoever hears an error that may pass sends again.
func (s *server) answerReports(w http.ResponseWriter, r *http.Request, name string, reports []channels.Report, err error) {
	if err == nil {
		err = s.happened(r.Context(), reports)
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, channels.ErrUnsigned):
		s.Log.Warn("a callback was refused", zap.String("callback", name), zap.Error(err))
		(&refusal{status: http.StatusForbidden, Detail: channels.ErrUnsigned.Error()}).write(w)
	case errors.As(err, &large):
		tooLargeReport().write(w)
	case errors.Is(err, channels.ErrUnreadable):
		s.Log.Warn("a callback was refused", zap.String("callback", name), zap.Error(err))
		(&refusal{status: http.StatusBadRequest, Detail: err.Error()}).write(w)
	case errors.Is(err, errEarly):
		(&refusal{status: http.StatusServiceUnavailable, Detail: errEarly.Error() + "; send this again"}).write(w)
	default:
		no := s.failed("taking a callback", err)
		no.status = http.StatusServiceUnavailable // nothing of it is lost where it is sent again
		no.write(w)
	}
}

// happened takes what providers report. Each report is a transaction of its own and is taken once: who
// is cut off in the middle reports all of it again. One that fails does not hold up those behind it.
func (s *server) happened(ctx context.Context, reports []channels.Report) error {
	var problems []error
	for _, r := range reports {
		problems = append(problems, s.again(ctx, func() error { return s.takeReport(ctx, r) }))
	}
	s.Bell.Ring()
	return errors.Join(problems...)
}

func (s *server) takeReport(ctx context.Context, r channels.Report) error {
	m, err := s.reportedMessage(ctx, r)
	switch {
	case errors.Is(err, store.ErrNotFound) && r.From != "":
		return s.takeFromAddress(ctx, r)
	case errors.Is(err, store.ErrNotFound):
		// Others may send by the same account; or the answer to our own has not arrived yet.
		if r.MessageID == "" && r.ProviderID != "" && time.Since(r.At) < time.Minute {
			return errEarly
		}
		s.Log.Info("a report is about no message of ours", zap.String("kind", string(r.Kind)))
		return nil
	case err != nil:
		return err
	case r.Kind == channels.Unsubscribed:
		return s.unsubscribe(ctx, message.Claim{Message: m.ID, Profile: m.ProfileID, Topic: m.Topic}, "the provider of "+m.Channel)
	}
	err = s.Store.InProfile(ctx, m.ProfileID, func(tx *store.Tx) error {
		m, err := tx.Message(ctx, m.ID)
		if err != nil {
			return err
		}
		return (&feedback{tx: tx, message: m, report: r}).take(ctx)
	})
	if errors.Is(err, store.ErrNotFound) { // forgotten in between
		return nil
	}
	return err
}

func (s *server) reportedMessage(ctx context.Context, r channels.Report) (store.Message, error) {
	if r.MessageID != "" {
		m, err := s.Store.Message(ctx, r.MessageID)
		if !errors.Is(err, store.ErrNotFound) {
			return m, err
		}
	}
	if r.ProviderID == "" {
		return store.Message{}, store.ErrNotFound
	}
	return s.Store.MessageByProviderID(ctx, r.ProviderID)
}

// takeFromAddress takes a report that names no message, only a phone that it came from.
func (s *server) takeFromAddress(ctx context.Context, r channels.Report) error {
	people, err := s.Store.ProfilesByPhone(ctx, r.From)
	if err != nil {
		return err
	}
	for _, id := range people {
		err := s.Store.InProfile(ctx, id, func(tx *store.Tx) error {
			return (&feedback{tx: tx, message: store.Message{Channel: "sms"}, report: r}).take(ctx)
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
