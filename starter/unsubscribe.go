package starter

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

//go:embed unsubscribe.html
var unsubscribePage string

//go:embed page.css
var pageStyle string

// pages are what readers of messages see.
type pages struct {
	page   *template.Template
	policy string // Content-Security-Policy: our own style, nothing else
}

func newPages() (*pages, error) {
	page, err := template.New("unsubscribe").Parse(unsubscribePage)
	if err != nil {
		return nil, err
	}
	return &pages{page: page, policy: stylePolicy() + "; form-action 'self'"}, nil
}

// stylePolicy allows a page nothing but our own style sheet.
func stylePolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// view is what the page shows.
type view struct {
	Style template.CSS
	State string // ask, done, invalid or later
	Brand string
	Topic string // empty: everything
}

func (p *pages) show(w http.ResponseWriter, status int, v view) {
	v.Style = template.CSS(pageStyle) //nolint:gosec // our own file
	var out bytes.Buffer
	if err := p.page.Execute(&out, v); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// mountUnsubscribe serves the links of messages. GET only shows a page: mail scanners and browsers
// open links that nobody clicked.
func (s *server) mountUnsubscribe(mux *http.ServeMux) error {
	pages, err := newPages()
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.unsubscribeClaim(r)
		if !ok {
			pages.show(w, http.StatusNotFound, view{State: "invalid"})
			return
		}
		pages.show(w, http.StatusOK, view{State: "ask", Brand: s.brand(r.Context()), Topic: claim.Topic})
	})
	mux.HandleFunc("POST /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.unsubscribeClaim(r)
		if !ok {
			pages.show(w, http.StatusNotFound, view{State: "invalid"})
			return
		}
		switch err := s.unsubscribe(r.Context(), claim, "the link in a message"); {
		case errors.Is(err, store.ErrNotFound):
			pages.show(w, http.StatusNotFound, view{State: "invalid"})
		case err != nil:
			no := s.failed("unsubscribing", err)
			pages.show(w, no.status, view{State: "later"})
		default:
			pages.show(w, http.StatusOK, view{State: "done", Brand: s.brand(r.Context()), Topic: claim.Topic})
		}
	})
	// RFC 8058: a mail client posts List-Unsubscribe=One-Click. What it posts does not matter: the
	// address says it all, and clients differ in how they encode the form.
	mux.HandleFunc("POST /u/{token}/one-click", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.unsubscribeClaim(r)
		if !ok {
			say(w, http.StatusNotFound, message.ErrLink.Error())
			return
		}
		switch err := s.unsubscribe(r.Context(), claim, "the mail client's unsubscribe button"); {
		case errors.Is(err, store.ErrNotFound):
			say(w, http.StatusNotFound, message.ErrLink.Error())
		case err != nil:
			no := s.failed("unsubscribing", err)
			w.Header().Set("Retry-After", "5")
			say(w, no.status, no.Detail)
		default:
			say(w, http.StatusOK, "unsubscribed")
		}
	})
	return nil
}

func (s *server) unsubscribeClaim(r *http.Request) (message.Claim, bool) {
	claim, err := s.Signer.Verify(r.PathValue("token"))
	return claim, err == nil && claim.Purpose == message.PurposeUnsubscribe
}

// brand is the name that readers know, or empty: the page works without.
func (s *server) brand(ctx context.Context) string {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		s.Log.Warn("the page goes without a name", zap.Error(err))
		return ""
	}
	return d.Settings.Brand["name"]
}

// unsubscribe withdraws the consent that a link names. Doing so again changes nothing.
func (s *server) unsubscribe(ctx context.Context, claim message.Claim, by string) error {
	err := s.again(ctx, func() error {
		return s.Store.InProfile(ctx, claim.Profile, func(tx *store.Tx) error {
			topics := profile.SetConsents(tx.Profile(), map[string]bool{claim.Topic: false})
			if len(topics) == 0 {
				return nil
			}
			if err := tx.SaveProfile(ctx); err != nil {
				return err
			}
			from := map[string]any{"topic": claim.Topic}
			if claim.Message != "" {
				m, err := tx.Message(ctx, claim.Message)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				if err == nil {
					from["message"], from["journey"], from["step"], from["template"], from["channel"] = m.ID, m.Journey, m.Step, m.Template, m.Channel
				}
			}
			if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "unsubscribed", Properties: from}); err != nil {
				return err
			}
			return recordConsents(ctx, tx, topics, by, from)
		})
	})
	if err == nil {
		s.Bell.Ring()
	}
	return err
}
