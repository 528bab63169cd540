package trial

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workspace"
)

// Suite plays cases of one workspace. It is safe for concurrent use.
type Suite struct {
	workspace *workspace.Workspace
	journeys  map[string]*store.Compiled
}

// Open reads a workspace at the root of a file system, and its cases. Where it returns problems there is
// no suite.
func Open(fsys fs.FS) (*Suite, []Case, []journey.Problem, error) {
	w, problems := workspace.LoadFS(fsys)
	known := make([]string, len(w.Journeys))
	for i, j := range w.Journeys {
		known[i] = j.Key()
	}
	cases, wrong := Load(fsys, known)
	if problems = append(problems, wrong...); len(problems) > 0 {
		return nil, nil, problems, nil
	}
	s, err := New(w)
	return s, cases, nil, err
}

// Workspace is what the cases are about.
func (s *Suite) Workspace() *workspace.Workspace { return s.workspace }

// New compiles a workspace, as publishing it would.
func New(w *workspace.Workspace) (*Suite, error) {
	s := &Suite{workspace: w, journeys: map[string]*store.Compiled{}}
	for _, v := range w.Versions() {
		c, err := store.Compile(v, &w.Settings)
		if err != nil {
			return nil, err
		}
		s.journeys[v.Journey] = c
	}
	return s, nil
}

func (s *Suite) compiled(name string) (*store.Compiled, error) {
	if c := s.journeys[name]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("there is no journey %s in this workspace", name)
}

// library hands the compiled journeys to the judge of events.
type library struct{ *Suite }

// Compiled returns a journey; it has one version here.
func (l library) Compiled(_ context.Context, name, _ string, _ *store.Settings) (*store.Compiled, error) {
	return l.compiled(name)
}

// Segments are none: a case says itself who is in which segment, so that it is about the journey alone.
func (library) Segments(context.Context, *store.Settings) (*store.Segments, error) { return nil, nil }

// Result is what became of a case.
type Result struct {
	Case   *Case
	Lines  []Line // all that happened
	Ledger []Told // every decision, with its reason
	Rows   []Row  // what was expected beside what happened
	OK     bool
	Err    error // it could not be played to its end
}

// Play plays one case.
func (s *Suite) Play(ctx context.Context, c *Case) Result {
	r := Result{Case: c}
	p, err := s.prepare(c)
	if err == nil {
		err = p.run(ctx)
		r.Lines, r.Ledger = p.lines, p.told
	}
	r.Rows, r.OK = c.judge(r.Lines)
	if r.Err = err; err != nil {
		r.OK = false
	}
	return r
}

// PlayAll plays cases on all processors, and returns their results in order.
func (s *Suite) PlayAll(ctx context.Context, cases []Case) []Result {
	results := make([]Result, len(cases))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(cases)) {
		group.Go(func() {
			for i := range next {
				results[i] = s.Play(ctx, &cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	group.Wait()
	return results
}

// prepare makes the deployment that a case is played in.
func (s *Suite) prepare(c *Case) (*play, error) {
	if _, err := s.compiled(c.Journey); err != nil {
		return nil, err
	}
	settings, err := s.settings(c)
	if err != nil {
		return nil, err
	}
	if settings.Channels["webhook"].URL == "" { // a case needs no channels
		settings.Channels = maps.Clone(orEmpty(settings.Channels))
		settings.Channels["webhook"] = store.Channel{URL: "https://mixtape.invalid/webhook"}
	}
	person := c.Person
	person.Attributes, person.Consents = maps.Clone(orEmpty(person.Attributes)), maps.Clone(person.Consents)
	person.Suppressed, person.Devices = maps.Clone(person.Suppressed), slices.Clone(person.Devices)
	person.Segments = maps.Clone(c.Segments)
	person.Computed.Scores, person.Computed.Affinities = maps.Clone(person.Computed.Scores), maps.Clone(person.Computed.Affinities)
	if person.ID == "" {
		person.ID, person.UserID = "somebody", "somebody"
	}
	m := &memory{
		person: &person, deployment: store.Deployment{Settings: settings, Mode: store.SendingLive},
		bodies: map[string]store.Body{}, entries: map[string]int{},
	}
	for _, name := range s.reached(c.Journey) {
		m.published = append(m.published, store.Published{Journey: name, Version: s.journeys[name].Version})
	}
	p := &play{memory: m, Suite: s, c: c, before: maps.Clone(person.Attributes), asked: map[string]int{}}
	m.decided, m.saved, m.emitted, m.skipped = p.tell, p.saved, p.emitted, p.skipped
	p.handler = &dispatch.Handler{Library: library{s}, HeldOut: &c.HeldOut}
	p.walker = &activities.Walker{
		Links: links{}, Queue: func(channel, provider string) string { return "deliver-" + channel + "-" + provider },
		// A case is about what a journey means, not about which providers a deployment has.
		Provider: func(channel string) (string, bool) { return "case", true },
		HeldOut:  &c.HeldOut, Chance: c.Chance,
	}
	return p, nil
}

// reached are a journey and those that it starts, and those that these start.
func (s *Suite) reached(name string) []string {
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, next := range s.journeys[queue[0]].Starts() {
			if !seen[next] && s.journeys[next] != nil {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (s *Suite) settings(c *Case) (store.Settings, error) {
	if c.Workspace == nil {
		return s.workspace.Settings, nil
	}
	settings, problems := s.workspace.Override(c.Workspace)
	if len(problems) > 0 {
		return settings, fmt.Errorf("the case's workspace: %s", problems[0].Message)
	}
	return settings, nil
}

// links are where messages of cases would lead.
type links struct{}

// Unsubscribe is no real address.
func (links) Unsubscribe(messageID, _, _ string) (string, error) {
	return "https://mixtape.invalid/u/" + messageID, nil
}

// OneClick is no real address.
func (links) OneClick(messageID, _, _ string) (string, error) {
	return "https://mixtape.invalid/u/" + messageID, nil
}

// Preferences is no real address.
func (links) Preferences(profileID string) string { return "https://mixtape.invalid/p/" + profileID }

// Click leads straight there: a case shows what was written.
func (links) Click(_, link string) string { return link }

func (links) Open(string) string { return "" }

func (links) Ours(link string) bool { return strings.HasPrefix(link, "https://mixtape.invalid/") }

func (p *play) emitted(e store.NewEvent) {
	if p.walking != nil && e.Name != "" && !profile.Reserved(e.Name) {
		p.line(p.walking, Line{Kind: Emit, Name: e.Name})
	}
}

func (p *play) skipped(m store.Message) {
	p.line(p.walking, Line{Kind: Skip, Name: m.Template, Channel: m.Channel, Reason: m.Reason})
}
