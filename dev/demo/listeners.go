// Package demo plays a stream of listeners through the public API of a deployment, on a clock sped
// up so that their week takes about a minute, and sums up what became of them.
package demo

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"time"
)

// listener is somebody who signs up, and what they do afterwards.
type listener struct {
	id     string
	traits map[string]any
	plan   string
	acts   []act
}

// act is something that a listener does, so long after the week began.
type act struct {
	at         time.Duration
	listener   *listener
	event      string
	properties map[string]any
}

const (
	day        = 24 * time.Hour
	signUpDays = 1 // everybody signs up on the first day, so that the week sees every run to its end
)

// invent makes up listeners: always the same ones for a seed, but for their ids.
func invent(n int, seed uint64, prefix string) []*listener {
	r := rand.New(rand.NewPCG(seed, seed))
	names := []string{"Ada", "Bela", "Chidi", "Dana", "Emre", "Farah", "Goran", "Hana", "Ines", "Jamal", "Kaya", "Lena", "Mina", "Noor", "Otto", "Priya"}
	zones := []string{"Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Lagos", "Asia/Tokyo", "Pacific/Apia"}
	all := make([]*listener, n)
	for i := range all {
		l := &listener{id: fmt.Sprintf("%s%03d", prefix, i+1), plan: "free"}
		l.traits = map[string]any{
			"email": l.id + "@example.com", "first_name": names[r.IntN(len(names))], "timezone": zones[r.IntN(len(zones))],
		}
		if r.IntN(10) == 0 {
			l.plan = "paid" // the journey is for the others
		}
		at := time.Duration(r.Int64N(int64(signUpDays * day)))
		l.does(at, "signed_up", map[string]any{"plan": l.plan})
		l.live(r, at)
		all[i] = l
	}
	return all
}

// live decides what somebody does with the app: make playlists, share one, subscribe, or fall silent.
func (l *listener) live(r *rand.Rand, at time.Duration) {
	if r.IntN(10) < 6 {
		made := at + time.Duration(r.Int64N(int64(20*time.Hour)))
		l.does(made, "playlist_created", map[string]any{"songs": 1 + r.IntN(30)})
		if r.IntN(10) < 5 {
			visibility := "public"
			if r.IntN(4) == 0 {
				visibility = "friends"
			}
			l.does(made+12*time.Hour+time.Duration(r.Int64N(int64(3*day))), "playlist_shared", map[string]any{"visibility": visibility})
		}
	}
	if r.IntN(10) < 2 {
		plan := "yearly"
		if r.IntN(3) == 0 {
			plan = "trial"
		}
		l.does(at+6*time.Hour+time.Duration(r.Int64N(int64(3*day))), "subscribed", map[string]any{"plan": plan})
	}
}

func (l *listener) does(at time.Duration, event string, properties map[string]any) {
	l.acts = append(l.acts, act{at: at, listener: l, event: event, properties: properties})
}

// timeline is what all of them do, in order.
func timeline(all []*listener) []act {
	var acts []act
	for _, l := range all {
		acts = append(acts, l.acts...)
	}
	sort.SliceStable(acts, func(i, j int) bool { return acts[i].at < acts[j].at })
	return acts
}
