package starter

import (
	"context"
	"errors"
	"net/http"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// unsubscribeView is what the page shows.
type unsubscribeView struct {
	State       string // ask, done, invalid or later
	Brand       string
	Topic       string // as readers see it; empty: everything
	Preferences string // the token of the page with all topics
}

const unsubscribePage = "unsubscribe.html"

// mountUnsubscribe serves the links of messages. GET only shows a page: mail scanners and browsers
// open links that nobody clicked.
func (s *server) mountUnsubscribe(mux *http.ServeMux, pages *pages) {
	view := func(ctx context.Context, state string, claim message.Claim) unsubscribeView {
		known := s.known(ctx)
		return unsubscribeView{
			State: state, Brand: known.Brand["name"], Topic: known.TopicName(claim.Topic),
			Preferences: s.Signer.Sign(message.Claim{Purpose: message.PurposePreferences, Profile: claim.Profile}),
		}
	}
	mux.HandleFunc("GET /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeUnsubscribe)
		if !ok {
			pages.show(w, http.StatusNotFound, unsubscribePage, unsubscribeView{State: "invalid"})
			return
		}
		pages.show(w, http.StatusOK, unsubscribePage, view(r.Context(), "ask", claim))
	})
	mux.HandleFunc("POST /u/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeUnsubscribe)
		if !ok {
			pages.show(w, http.StatusNotFound, unsubscribePage, unsubscribeView{State: "invalid"})
			return
		}
		switch err := s.unsubscribe(r.Context(), claim, "the link in a message"); {
		case errors.Is(err, store.ErrNotFound):
			pages.show(w, http.StatusNotFound, unsubscribePage, unsubscribeView{State: "invalid"})
		case err != nil:
			no := s.failed("unsubscribing", err)
			pages.show(w, no.status, unsubscribePage, unsubscribeView{State: "later"})
		default:
			pages.show(w, http.StatusOK, unsubscribePage, view(r.Context(), "done", claim))
		}
	})
	// RFC 8058: a mail client posts List-Unsubscribe=One-Click. What it posts does not matter: the
	// address says it all, and clients differ in how they encode the form.
	mux.HandleFunc("POST /u/{token}/one-click", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeUnsubscribe)
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
}

// unsubscribe withdraws the consent that a link names. Doing so again changes nothing.
func (s *server) unsubscribe(ctx context.Context, claim message.Claim, by string) error {
	err := s.again(ctx, func() error {
		return s.Store.InProfile(ctx, claim.Profile, func(tx *store.Tx) error {
			changed := profile.SetConsents(tx.Profile(), map[string]bool{claim.Topic: false})
			if len(changed) == 0 {
				return nil
			}
			from := map[string]any{"topic": claim.Topic}
			if claim.Message != "" {
				m, err := tx.Message(ctx, claim.Message)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				if err == nil {
					if err := tx.MarkMessage(ctx, m.ID, store.DidUnsubscribe); err != nil {
						return err
					}
					from["message"], from["journey"], from["step"], from["template"], from["channel"] = m.ID, m.Journey, m.Step, m.Template, m.Channel
				}
			}
			if _, err := tx.AddEvent(ctx, store.NewEvent{Name: "unsubscribed", Properties: from}); err != nil {
				return err
			}
			return s.keep(ctx, tx, choice{changed: changed}, by, from)
		})
	})
	if err == nil {
		s.Bell.Ring()
	}
	return err
}
