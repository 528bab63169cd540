package starter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

// refusal is an answer that is no success, as problem details (RFC 9457).
type refusal struct {
	status int
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Of the tracking API, for the item that is wrong.
	Field     string `json:"field,omitempty"`
	MessageID string `json:"messageId,omitempty"`
}

func (f *refusal) write(w http.ResponseWriter) {
	f.Status, f.Title = f.status, http.StatusText(f.status)
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	if f.status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="mixtape", charset="UTF-8"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(f) // who has hung up hears nothing
}

// failed logs an error of ours and says no more of it than whether to try again.
func (s *server) failed(what string, err error) *refusal {
	if away(err) {
		s.Log.Warn("the database does not answer", zap.String("what", what), zap.String("code", store.Code(err)), zap.Error(err))
		return &refusal{status: http.StatusServiceUnavailable, Detail: "the database does not answer just now; nothing of this is lost if you send it again"}
	}
	s.Log.Error("a request failed", zap.String("what", what), zap.String("code", store.Code(err)), zap.Error(err))
	return &refusal{status: http.StatusInternalServerError, Detail: "something went wrong in Mixtape; its log says what"}
}

// away tells whether the same may succeed a little later.
func away(err error) bool {
	code := store.Code(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	state, ours := strings.CutPrefix(code, "database_")
	if !ours {
		return false
	}
	// Connection, resources, operator intervention, and locks held too long (SQLSTATE classes).
	switch {
	case state == "unreachable":
		return true
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "53"), strings.HasPrefix(state, "57"), strings.HasPrefix(state, "58"):
		return true
	}
	return collided(err)
}

// collided tells whether another transaction was in the way, so that the same succeeds at once.
func collided(err error) bool {
	switch store.Code(err) {
	case "database_40001", "database_40P01", "database_55P03", "database_23505":
		return true
	}
	return false
}

// unfit tells whether the database refuses a value itself: sending it again would change nothing.
func unfit(err error) bool {
	code := store.Code(err)
	return !collided(err) && (strings.HasPrefix(code, "database_22") || strings.HasPrefix(code, "database_23") || strings.HasPrefix(code, "database_54"))
}
