package rig

import (
	"context"
	"net/http"
	"strings"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"github.com/mixtapehq/mixtape/dev/inbox"
	"github.com/mixtapehq/mixtape/store"
)

// Mails are what the inbox has for an address (empty: for all).
func (r *Rig) Mails(to string) []inbox.Message {
	var all []inbox.Message
	for _, m := range r.Inbox.Messages() {
		if to == "" || m.To[0] == to {
			all = append(all, m)
		}
	}
	return all
}

// AwaitMail waits for a mail to an address whose subject contains this.
func (r *Rig) AwaitMail(to, subject string) inbox.Message {
	r.TB.Helper()
	var found inbox.Message
	r.Await("a mail to "+to+" about "+subject, Patience, func() bool {
		for _, m := range r.Mails(to) {
			if strings.Contains(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// Skipped counts a person's messages that were skipped for this reason.
func (r *Rig) Skipped(user, reason string) int {
	r.TB.Helper()
	n := 0
	for _, m := range r.Messages(user) {
		if m.State == store.Skipped && m.Reason == reason {
			n++
		}
	}
	return n
}

// Messages are a person's messages, newest first.
func (r *Rig) Messages(user string) []store.Message {
	r.TB.Helper()
	p, err := r.Store.FindProfile(context.Background(), user)
	r.must(err)
	all, err := r.Store.MessagesOfProfile(context.Background(), p.ID, 100)
	r.must(err)
	return all
}

// History is a run's history in Temporal, when it is closed: all of it.
func (r *Rig) History(run string, closed bool) *history.History {
	r.TB.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	all := &history.History{}
	events := r.Client.Temporal.GetWorkflowHistory(ctx, run, "", closed, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		r.must(err)
		all.Events = append(all.Events, e)
	}
	return all
}

// HistoryLength counts the events of a closed run's history.
func (r *Rig) HistoryLength(run string) int {
	r.TB.Helper()
	return len(r.History(run, true).GetEvents())
}

// Admin makes a call of the management API, and fails the test unless it succeeds.
func (r *Rig) Admin(method, path string, body []byte) []byte {
	r.TB.Helper()
	status, answer, err := r.Call(method, path, r.AdminKey, body)
	r.must(err)
	if status >= http.StatusMultipleChoices {
		r.TB.Fatalf("%s %s answered %d: %s", method, path, status, answer)
	}
	return answer
}

// Gate holds whoever comes until it is opened.
type Gate struct{ reached, open chan struct{} }

// NewGate returns a closed gate.
func NewGate() *Gate { return &Gate{reached: make(chan struct{}, 1000), open: make(chan struct{})} }

// Pass waits until the gate is open.
func (g *Gate) Pass() {
	select {
	case g.reached <- struct{}{}:
	default:
	}
	<-g.open
}

// Open lets all through, from now on.
func (g *Gate) Open() { close(g.open) }

// Reached waits until somebody stands before the gate.
func (g *Gate) Reached(r *Rig) {
	r.TB.Helper()
	select {
	case <-g.reached:
	case <-time.After(Patience):
		r.TB.Fatal("nobody came to the gate")
	}
}
