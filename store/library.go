package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/rules"
)

// Compiled is a journey version ready to be walked: it never changes, so it is kept.
type Compiled struct {
	*journey.Journey
	Version   string
	Templates *message.Set
	Catalogs  map[string]rules.Catalog // what its rules look things up in, as it is now
	Calendars map[string]rules.Calendar
}

// Library compiles published versions, once each.
type Library struct {
	store *Store
	mu    sync.RWMutex
	known map[string]*Compiled

	segments map[string]*Segments // nil: there are none
}

// NewLibrary returns an empty library over a store.
func NewLibrary(s *Store) *Library {
	return &Library{store: s, known: map[string]*Compiled{}, segments: map[string]*Segments{}}
}

// Compiled returns a version of a journey. Its rules may ask for consent and look things up, so what
// the deployment says of these counts as well; nil settings say nothing.
func (l *Library) Compiled(ctx context.Context, journey, version string, s *Settings) (*Compiled, error) {
	if s == nil {
		s = &Settings{}
	}
	id := journey + "@" + version + " " + s.ReferenceID + " " + s.Topics.id()
	l.mu.RLock()
	c := l.known[id]
	l.mu.RUnlock()
	if c != nil {
		return c, nil
	}
	v, err := l.store.Version(ctx, journey, version)
	if err != nil {
		return nil, fmt.Errorf("journey %s, version %s: %w", journey, version, err)
	}
	whole := *s
	if whole.Reference, err = l.store.reference(ctx, s.ReferenceID); err != nil {
		return nil, err
	}
	if c, err = Compile(v, &whole); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[id] = c
	return c, nil
}

// Catalogs are what templates of the workspace look things up in, as they are now.
func (l *Library) Catalogs(ctx context.Context, s *Settings) (map[string]rules.Catalog, error) {
	r, err := l.store.reference(ctx, s.ReferenceID)
	return r.Catalogs, err
}

// Compile makes a version ready to be walked, within a workspace's settings. What was published was
// linted before, so an error here says that this release of Mixtape no longer reads what an older one
// took; what the workspace has no more since then is no error.
func Compile(v Version, s *Settings) (*Compiled, error) {
	if s == nil {
		s = &Settings{}
	}
	j, problems := journey.Compile(v.Journey+".yaml", []byte(v.Source), journey.Options{Topics: s.Topics.Defaults()})
	templates, wrong := message.Parse(v.Templates)
	if j != nil && len(wrong) == 0 {
		return &Compiled{Journey: j, Version: v.Version, Templates: templates, Catalogs: s.Catalogs, Calendars: s.Calendars}, nil
	}
	var words []string
	for _, p := range problems {
		words = append(words, p.String())
	}
	for _, p := range wrong {
		words = append(words, p.String())
	}
	return nil, fmt.Errorf("journey %s, version %s does not compile: %s", v.Journey, v.Version, strings.Join(words, "; "))
}
