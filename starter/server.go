// Package starter is the front door: the tracking API that Segment's clients speak, the pages behind
// links in messages, and the management API. It also hosts what turns events into runs.
package starter

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// Parts are what the front door works with.
type Parts struct {
	Store   *store.Store
	Handler *dispatch.Handler
	Signer  *message.Signer
	// Links are the addresses of this front door, as readers reach it; nil: it does not know them, and no
	// consent can be asked for by a link.
	Links   *Links
	Sweeper Sweeper
	// Enrolments let many in; nil: no enrolment can be begun here.
	Enrolments Enrolments
	// Previews has somebody see a message as it arrives; nil: nobody can from here.
	Previews Previews
	// Trainings have everything learned anew; nil: not from here.
	Trainings Trainings
	// Schedules is rung when what is published, or a pause, has changed.
	Schedules *dispatch.Bell
	// Bell is rung when there are events to judge, Relay when there are letters for Temporal.
	Bell, Relay *dispatch.Bell
	Log         *zap.Logger
	// Callbacks are the providers that report over HTTP.
	Callbacks []channels.Callback
	// Console is served for all other paths; nil: there is none.
	Console http.Handler
	// Metrics are served at /metrics of the operators' port; nil: there are none.
	Metrics prometheus.Gatherer
	// Traces makes a span of each request; nil: nothing is traced.
	Traces trace.TracerProvider
	// Alive says whether the loops of this process run; nil: nobody asks.
	Alive func() error
	// Version of Mixtape, as the API's document names it.
	Version string
}

type server struct {
	Parts
	library *store.Library
	noted   struct {
		sync.Mutex
		names map[string]bool
	}
}

// requestTime bounds how long a request may take; far more than the database's own limits together.
const requestTime = 20 * time.Second

// New returns the handler of the public port.
func New(p Parts) (http.Handler, error) {
	switch {
	case p.Store == nil:
		return nil, errors.New("starter: no Store")
	case p.Handler == nil:
		return nil, errors.New("starter: no Handler")
	case p.Signer == nil:
		return nil, errors.New("starter: no Signer")
	case p.Sweeper == nil:
		return nil, errors.New("starter: no Sweeper")
	case p.Log == nil:
		return nil, errors.New("starter: no Log")
	}
	s := &server{Parts: p, library: store.NewLibrary(p.Store)}
	s.noted.names = map[string]bool{}
	mux := http.NewServeMux()
	s.mountTracking(mux)
	if err := s.mountFeedback(mux); err != nil {
		return nil, err
	}
	pages, err := newPages()
	if err != nil {
		return nil, err
	}
	s.mountUnsubscribe(mux, pages)
	s.mountPreferences(mux, pages)
	s.mountConfirm(mux, pages)
	s.mountTrack(mux, pages)
	if err := s.mountAPI(mux); err != nil {
		return nil, err
	}
	if p.Console != nil {
		mux.Handle("/", p.Console)
	}
	return s.traced(s.guard(s.routed(mux))), nil
}

// mountTracking serves the calls under the names of the specification, and under the first letters
// that Segment's browser library uses for them.
func (s *server) mountTracking(mux *http.ServeMux) {
	calls := map[string]string{
		"identify": tracking.Identify, "track": tracking.Track, "page": tracking.Page, "screen": tracking.Screen, "group": tracking.Group, "alias": tracking.Alias, "batch": "",
		"i": tracking.Identify, "t": tracking.Track, "p": tracking.Page, "s": tracking.Screen, "g": tracking.Group, "a": tracking.Alias, "b": "",
		"import": "",
	}
	for path, kind := range calls {
		mux.Handle("POST /v1/"+path, s.tracking(kind))
		mux.HandleFunc("OPTIONS /v1/"+path, preflight)
	}
	mux.HandleFunc("POST /v1/send", s.sendOne)
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		open(w)
		no := &refusal{status: http.StatusNotFound, Detail: "there is no such call; POST to /v1/identify, track, page, screen, group, alias or batch"}
		if _, known := calls[strings.TrimPrefix(r.URL.Path, "/v1/")]; known {
			w.Header().Set("Allow", "POST, OPTIONS")
			no.status, no.Detail = http.StatusMethodNotAllowed, "send this call with POST"
		}
		no.write(w)
	})
}

// guard bounds a request's time and turns a panic into a plain 500.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		r = r.WithContext(ctx)
		defer func() {
			v := recover()
			if v == nil || v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				return
			}
			s.Log.Error("a request panicked", zap.String("path", r.Pattern), zap.Any("panic", v), zap.Stack("stack"))
			(&refusal{status: http.StatusInternalServerError, Detail: "something went wrong in Mixtape; its log says what"}).write(w)
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
