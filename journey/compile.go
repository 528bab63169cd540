package journey

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/spelling"
)

// Options are what a journey is checked against: the rest of its workspace.
type Options struct {
	Attributes map[string]rules.Kind           // as declared; nil: none are, and any name goes
	Topics     map[string]bool                 // whether one who never said is subscribed; nil: any topic goes
	Template   func(name, channel string) bool // whether there is one; nil: templates are not checked
	Zone       string                          // the workspace's; empty: it has none
	Segments   []string                        // that there are; nil: any name goes. Of the next four likewise
	Journeys   []string
	Affinities []string
	Catalogs   map[string]rules.Catalog
	Calendars  map[string]rules.Calendar
}

// compiler turns one file into a journey and gathers all that is wrong with it. What Reader reports
// prevents the journey from running.
type compiler struct {
	document.Reader
	file     string
	lines    []string // of the file
	o        Options
	env      *rules.Env
	j        *Journey
	problems []Problem
	hopeless bool     // one of them prevents running
	at       string   // the step being read
	depth    int      // of steps in steps
	loop     *step    // the repeat whose steps are being read
	in       *step    // the wait_for whose `then` is being read
	ran      []string // what steps that may have run by here leave in results
	all      []string // what any step of the journey leaves in results
	saved    []saved  // the names of calls' answers
}

// A journey's key stands in workflow ids, between slashes.
var keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Compile reads a journey. It returns every problem at once, by position, and a journey when none of
// them prevents running: what was published once must still run when lint has learnt to ask for more.
func Compile(file string, source []byte, o Options) (*Journey, []Problem) {
	c := &compiler{file: file, lines: document.Lines(source), o: o, j: &Journey{byID: map[string]*step{}, watches: map[string]bool{}}}
	c.Format = document.Format{Noun: "journey", Empty: "journey, entry and steps"}
	c.Report = func(line, column int, message string) {
		c.hopeless = true
		c.problemAt(c.at, line, column, message)
	}
	root, err := c.Read(source)
	if err != nil {
		at := &document.Error{Line: 1, Column: 1, Message: err.Error()}
		errors.As(err, &at)
		return nil, []Problem{{File: file, Line: at.Line, Column: at.Column, Message: at.Message}}
	}
	if c.env, err = rules.New(rules.Attributes(o.Attributes), rules.Topics(o.Topics),
		rules.Segments(o.Segments), rules.Affinities(o.Affinities), rules.Catalogs(o.Catalogs), rules.Calendars(o.Calendars)); err != nil {
		return nil, []Problem{{File: file, Line: 1, Column: 1, Message: err.Error()}}
	}
	c.journey(root)
	problems := sortProblems(c.problems)
	if c.hopeless {
		return nil, problems
	}
	c.j.finish()
	return c.j, problems
}

func (c *compiler) journey(n *document.Node) {
	f, ok := c.Mapping(n, "a journey", "journey:, entry: and steps:")
	if !ok {
		return
	}
	c.all = resultsIn(n)
	c.mentionEvents(n)
	key := f.Want("journey", "journey: and its name")
	if text, ok := c.Text(key, "journey", "its name, such as onboarding"); ok {
		c.j.key, c.j.name = text, text
		if _, _, single := SingleSend(text); single {
			c.advise(key, "names that begin with %s are made for POST /v1/send; write another one", singleSend)
		} else if !keyPattern.MatchString(text) {
			c.Fail(key, "the name %q is part of ids; write small letters, digits, - and _, at most 63", text)
		}
	}
	if v := f.Get("name"); v != nil {
		c.j.name, _ = c.Text(v, "name", "what people call the journey")
	}
	if v := f.Want("entry", "entry: and who enters"); v != nil {
		c.entry(v)
	}
	// Exits are looked at wherever a run stands, so they may ask for any result.
	c.ran = c.all
	if v := f.Get("exit"); v != nil {
		c.exits(v)
	}
	if v := f.Get("goal"); v != nil {
		c.goal(v)
	}
	c.ran = nil
	if v := f.Want("steps", "steps: and a list"); v != nil {
		c.j.steps = c.steps(v, "a journey")
		link(c.j.steps, nil)
		c.apart()
	}
	if v := f.Get("holdout"); v != nil {
		c.j.entry.Holdout = c.share(v, "holdout")
	}
	f.Done()
}

// resultsIn finds the ids of all steps that leave something in results.
func resultsIn(n *document.Node) []string {
	var all []string
	id, leaves := "", false
	for _, x := range n.Fields {
		switch x.Key.Text {
		case "id":
			id = x.Value.Text
		case "wait_for", "collect", "experiment":
			leaves = true
		case "save_as":
			all = append(all, resultName(x.Value.Text))
		}
		all = append(all, resultsIn(x.Value)...)
	}
	for _, item := range n.Items {
		all = append(all, resultsIn(item)...)
	}
	if leaves && id != "" {
		all = append(all, resultName(id))
	}
	return all
}

// advise reports what a run could live with and its author should not.
func (c *compiler) advise(n *document.Node, format string, args ...any) {
	c.problemAt(c.at, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// maxProblems keeps a file of nonsense from filling the screen.
const maxProblems = 200

func (c *compiler) problemAt(step string, line, col int, message string) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{File: c.file, Line: line, Column: col, Step: step, Message: message})
	}
}

// reason reads why a run ends: a short name, as it is shown, counted and searched for.
func (c *compiler) reason(n *document.Node) (string, bool) {
	text, ok := c.Text(n, "the reason", "a short one, such as converted")
	if ok && !keyPattern.MatchString(text) {
		c.Fail(n, "the reason %q is not a plain name; write small letters, digits, - and _, at most 63", text)
		return "", false
	}
	return text, ok
}

// attribute checks a name that an update writes to.
func (c *compiler) attribute(n *document.Node, name string) {
	if name == "" {
		c.Fail(n, "an attribute without a name; write one")
		return
	}
	if name == "id" {
		c.Fail(n, "id is not an attribute that a step can change; write another")
		return
	}
	known := []string{"email", "phone", "timezone", "locale"}
	known = append(known, slices.Sorted(maps.Keys(c.o.Attributes))...)
	if len(c.o.Attributes) == 0 || slices.Contains(known, name) {
		return
	}
	hint := "it under attributes: in workspace.yaml"
	if near := spelling.Nearest(name, known); near != "" {
		hint = near
	}
	c.Fail(n, "the attribute %s is not declared; write %s", name, hint)
}
