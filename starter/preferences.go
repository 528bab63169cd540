package starter

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// Preferences is the page on which a reader chooses what to get.
func (l *Links) Preferences(profileID string) string {
	return l.base + "/p/" + l.signer.Sign(message.Claim{Purpose: message.PurposePreferences, Profile: profileID})
}

const preferencesPage = "preferences.html"

// preferencesView is what the page shows.
type preferencesView struct {
	State    string // show, invalid or later
	Saved    bool
	Brand    string
	All      toggle
	Channels []toggle // through which somebody wanted nothing at all
	Topics   []topicView
}

// toggle is one switch.
type toggle struct {
	Key     string // profile.ConsentKey
	Name    string
	On      bool
	Pending bool // asked for, and not confirmed yet
}

type topicView struct {
	toggle
	Channels []toggle // where there are several
}

// Waiting tells whether something is still to be confirmed.
func (v preferencesView) Waiting() bool {
	return slices.ContainsFunc(v.Topics, func(t topicView) bool {
		return t.Pending || slices.ContainsFunc(t.Channels, func(c toggle) bool { return c.Pending })
	})
}

// preferencesOf shows what somebody gets. All and Channels stand above the topics, whose switches say
// what holds besides.
func preferencesOf(p *profile.Profile, s *store.Settings) preferencesView {
	all, said := p.Consents[""]
	v := preferencesView{State: "show", Brand: s.Brand["name"], All: toggle{On: all || !said}}
	for _, channel := range channelOrder() {
		key := profile.ConsentKey("", channel)
		if given, said := p.Consents[key]; said {
			v.Channels = append(v.Channels, toggle{Key: key, Name: strings.ToLower(channelName(channel)), On: given})
		}
	}
	calm := &profile.Profile{Consents: map[string]bool{}} // with nothing said of everything
	for key, given := range p.Consents {
		if topic, _ := profile.SplitConsent(key); topic != "" {
			calm.Consents[key] = given
		}
	}
	for key, topic := range s.Topics {
		t := topicView{toggle: toggle{Key: key, Name: s.TopicName(key)}}
		_, t.Pending = p.Requested[key]
		if given, said := calm.Consents[key]; said {
			t.On = given
		} else {
			t.On = s.Subscribed(key, "")
		}
		through := false
		for _, channel := range channelOrder() {
			one := profile.ConsentKey(key, channel)
			_, said := calm.Consents[one]
			if !said && !slices.Contains(topic.Channels, channel) {
				continue
			}
			on := consented(calm, s, key, channel)
			_, pending := p.Requested[one]
			t.Channels = append(t.Channels, toggle{Key: one, Name: channelName(channel), On: on, Pending: pending})
			through = through || on
		}
		switch {
		case len(topic.Channels) > 0:
			t.On = through
		default:
			t.On = t.On || through
		}
		if len(topic.Channels) < 2 {
			t.Channels = nil
		}
		v.Topics = append(v.Topics, t)
	}
	slices.SortFunc(v.Topics, func(a, b topicView) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Key, b.Key))
	})
	return v
}

// consented tells whether somebody gets messages of a topic through a channel, as the gate has it.
func consented(p *profile.Profile, s *store.Settings, topic, channel string) bool {
	return gate.Consented(p, s, topic, channel, map[string]any{})
}

// channelOrder is how readers see the channels.
func channelOrder() []string { return []string{"email", "sms", "push", "inbox", "webhook"} }

func channelName(channel string) string {
	switch channel {
	case "email":
		return "E-mail"
	case "sms":
		return "Text message"
	case "push":
		return "Push notification"
	case "inbox":
		return "Inbox in the app"
	}
	return "Web service"
}

// mountPreferences serves the page.
func (s *server) mountPreferences(mux *http.ServeMux, pages *pages) {
	no := func(w http.ResponseWriter, err error) {
		if errors.Is(err, store.ErrNotFound) {
			pages.show(w, http.StatusNotFound, preferencesPage, preferencesView{State: "invalid"})
			return
		}
		pages.show(w, s.failed("preferences", err).status, preferencesPage, preferencesView{State: "later"})
	}
	mux.HandleFunc("GET /p/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposePreferences)
		if !ok {
			no(w, store.ErrNotFound)
			return
		}
		p, err := s.Store.Profile(r.Context(), claim.Profile)
		if err == nil && p.Erased {
			err = store.ErrNotFound
		}
		if err != nil {
			no(w, err)
			return
		}
		known := s.known(r.Context())
		view := preferencesOf(p, &known)
		view.Saved = r.URL.Query().Has("saved")
		pages.show(w, http.StatusOK, preferencesPage, view)
	})
	mux.HandleFunc("POST /p/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposePreferences)
		if !ok {
			no(w, store.ErrNotFound)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			say(w, http.StatusBadRequest, "this is not the page's form")
			return
		}
		form := preferencesForm{shown: set(r.PostForm["shown"]), was: set(r.PostForm["was"]), want: set(r.PostForm["want"])}
		if err := s.savePreferences(r.Context(), claim.Profile, form); err != nil {
			no(w, err)
			return
		}
		w.Header().Set("Location", "?saved") // relative: a proxy may have us under a path of its own
		w.WriteHeader(http.StatusSeeOther)
	})
}

func (s *server) savePreferences(ctx context.Context, id string, form preferencesForm) error {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		return err
	}
	err = s.again(ctx, func() error {
		return s.Store.InProfile(ctx, id, func(tx *store.Tx) error {
			if tx.Profile().Erased {
				return store.ErrNotFound
			}
			_, err := s.choose(ctx, tx, form.consents(&d.Settings, tx.Profile()), d.Settings.DoubleOptIn, "the preference page", nil)
			return err
		})
	})
	if err == nil {
		s.Bell.Ring()
	}
	return err
}

// preferencesForm is what comes back from the page: the keys of the switches that were shown, that were
// on then, and that are to be on. Only what the reader has switched is changed, so that what happened
// meanwhile, or was never shown, stays.
type preferencesForm struct{ shown, was, want map[string]bool }

func set(all []string) map[string]bool {
	found := make(map[string]bool, len(all))
	for _, key := range all {
		found[key] = true
	}
	return found
}

func (f preferencesForm) switched(key string) bool { return f.shown[key] && f.was[key] != f.want[key] }

// consents are those that follow for a person.
func (f preferencesForm) consents(s *store.Settings, p *profile.Profile) map[string]bool {
	all := map[string]bool{}
	keys := []string{""}
	for _, channel := range channelOrder() {
		keys = append(keys, profile.ConsentKey("", channel))
	}
	for _, key := range keys {
		if f.switched(key) {
			all[key] = f.want[key]
		}
	}
	for topic := range s.Topics {
		f.topic(topic, p, all)
	}
	return all
}

// topic is what follows of one. Without any of its channels it is off; switched on without any, on
// through all.
func (f preferencesForm) topic(topic string, p *profile.Profile, all map[string]bool) {
	if !f.shown[topic] {
		return
	}
	var channels, wanted []string
	for _, channel := range channelOrder() {
		key := profile.ConsentKey(topic, channel)
		if f.shown[key] {
			channels = append(channels, key)
			if f.want[key] {
				wanted = append(wanted, key)
			}
		}
	}
	switch on := f.want[topic]; {
	case f.switched(topic) && !on, on && len(channels) > 0 && len(wanted) == 0 && f.was[topic]:
		all[topic] = false
	case f.switched(topic):
		all[topic] = true
		for _, key := range channels {
			all[key] = f.want[key] || len(wanted) == 0
		}
		for key, given := range p.Consents { // a channel that has no switch of its own follows the topic's
			if of, channel := profile.SplitConsent(key); of == topic && channel != "" && !given && !f.shown[key] {
				all[key] = true
			}
		}
	default: // on or off, single channels may be otherwise
		for _, key := range channels {
			if f.switched(key) {
				all[key] = f.want[key]
			}
		}
	}
}
