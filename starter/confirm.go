package starter

import (
	"context"
	"errors"
	"net/http"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Confirm is the page on which a reader confirms a consent that was asked for.
func (l *Links) Confirm(profileID, key string) string {
	return l.base + "/c/" + l.signer.Sign(message.Claim{Purpose: message.PurposeConfirm, Profile: profileID, Topic: key})
}

const confirmPage = "confirm.html"

// confirmView is what the page shows.
type confirmView struct {
	State       string // ask, done, gone, invalid or later
	Brand       string
	Topic       string // as readers see it
	Preferences string // the token of the page with all topics
	Muted       bool   // everything is off, the topic too
}

// mountConfirm serves the links by which consents are confirmed. GET only shows a page: mail scanners
// open links that nobody clicked.
func (s *server) mountConfirm(mux *http.ServeMux, pages *pages) {
	view := func(ctx context.Context, state string, claim message.Claim) confirmView {
		known := s.known(ctx)
		topic, _ := profile.SplitConsent(claim.Topic)
		return confirmView{
			State: state, Brand: known.Brand["name"], Topic: known.TopicName(topic),
			Preferences: s.Signer.Sign(message.Claim{Purpose: message.PurposePreferences, Profile: claim.Profile}),
		}
	}
	mux.HandleFunc("GET /c/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeConfirm)
		if !ok {
			pages.show(w, http.StatusNotFound, confirmPage, confirmView{State: "invalid"})
			return
		}
		pages.show(w, http.StatusOK, confirmPage, view(r.Context(), "ask", claim))
	})
	mux.HandleFunc("POST /c/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeConfirm)
		if !ok {
			pages.show(w, http.StatusNotFound, confirmPage, confirmView{State: "invalid"})
			return
		}
		switch confirmed, muted, err := s.confirm(r.Context(), claim); {
		case errors.Is(err, store.ErrNotFound):
			pages.show(w, http.StatusNotFound, confirmPage, confirmView{State: "invalid"})
		case err != nil:
			pages.show(w, s.failed("confirming a consent", err).status, confirmPage, confirmView{State: "later"})
		case !confirmed:
			pages.show(w, http.StatusGone, confirmPage, view(r.Context(), "gone", claim))
		default:
			done := view(r.Context(), "done", claim)
			done.Muted = muted
			pages.show(w, http.StatusOK, confirmPage, done)
		}
	})
}

// confirm makes a consent of what was asked for. Doing so again changes nothing. muted tells that all
// messages are off none the less.
func (s *server) confirm(ctx context.Context, claim message.Claim) (confirmed, muted bool, err error) {
	err = s.again(ctx, func() error {
		return s.Store.InProfile(ctx, claim.Profile, func(tx *store.Tx) error {
			if tx.Profile().Erased {
				return store.ErrNotFound
			}
			var c choice
			c.changed, confirmed = profile.Confirm(tx.Profile(), claim.Topic)
			all, said := tx.Profile().Consents[""]
			muted = said && !all
			return s.keep(ctx, tx, c, "the link to confirm it", nil)
		})
	})
	if err == nil {
		s.Bell.Ring()
	}
	return confirmed, muted, err
}
