package trial

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// Read reads the cases of a journey from journeys/<journey>.test.yaml. It returns every problem at once.
func Read(file string, source []byte) ([]Case, []journey.Problem) {
	r := &reader{file: file}
	r.Report = func(line, column int, message string) {
		r.problems = append(r.problems, journey.Problem{File: file, Line: line, Column: column, Step: r.at, Message: message})
	}
	root, err := document.Read(source)
	if err != nil {
		var bad *document.Error
		if errors.As(err, &bad) {
			return nil, []journey.Problem{{File: file, Line: bad.Line, Column: bad.Column, Message: bad.Message}}
		}
		return nil, []journey.Problem{{File: file, Line: 1, Column: 1, Message: err.Error()}}
	}
	var name string
	var cases *document.Node
	r.Fields(root, "a file of cases", map[string]func(*document.Node){
		"journey": func(n *document.Node) { name, _ = r.Text(n, "journey", "the journey's name") },
		"cases":   func(n *document.Node) { cases = n },
	})
	if name == "" && root.Kind == document.Object && root.Get("journey") == nil {
		r.Fail(root, "the file says not which journey its cases are of; write journey: and its name")
	}
	if cases == nil {
		if root.Kind == document.Object {
			r.Fail(root, "the file has no cases; write cases: and a list")
		}
		return nil, r.problems
	}
	var all []Case
	names := map[string]int{}
	for _, item := range r.Items(cases, "cases") {
		r.at = ""
		c := r.readCase(item)
		if line, twice := names[c.Name]; twice && c.Name != "" {
			r.Fail(item, "a case in line %d has this name already; write another", line)
		}
		names[c.Name] = item.Line
		c.File, c.Journey = file, name
		all = append(all, c)
	}
	slices.SortStableFunc(r.problems, func(a, b journey.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all, r.problems
}

type reader struct {
	document.Reader
	file     string
	at       string // the case being read
	problems []journey.Problem
}

func (r *reader) readCase(n *document.Node) Case {
	c := Case{Line: n.Line}
	if name := n.Get("name"); name != nil && name.Kind == document.Scalar {
		r.at = name.Text
	}
	var until *document.Node
	ok := r.Fields(n, "a case", map[string]func(*document.Node){
		"name":      func(v *document.Node) { c.Name, _ = r.Text(v, "name", "what the case shows") },
		"at":        func(v *document.Node) { c.At = r.start(v) },
		"profile":   func(v *document.Node) { r.person(v, &c) },
		"history":   func(v *document.Node) { c.History = r.happenings(v, "history") },
		"events":    func(v *document.Node) { c.Events = r.happenings(v, "events") },
		"calls":     func(v *document.Node) { c.Calls = r.answers(v) },
		"chance":    func(v *document.Node) { r.chance(v, &c) },
		"workspace": func(v *document.Node) { c.Workspace = v },
		"until":     func(v *document.Node) { until = v },
		"expect":    func(v *document.Node) { c.Expect = r.expectations(v) },
	})
	if !ok {
		return c
	}
	if n.Get("name") == nil {
		r.Fail(n, "a case has no name; write name: and what it shows")
	}
	if n.Get("at") == nil {
		r.Fail(n, "a case has no start; write at: and a moment with its offset, such as 2026-03-27T18:00:00+01:00")
	}
	if n.Get("expect") == nil {
		r.Fail(n, "a case expects nothing; write expect: and what is to come of it, or expect: [] for no message at all")
	}
	if until != nil {
		c.Until = r.when(until, "until")
	}
	return c
}

func (r *reader) start(n *document.Node) time.Time {
	t, err := time.Parse(time.RFC3339, n.Text)
	if err != nil {
		r.Fail(n, "the start is a moment with its offset; write one such as 2026-03-27T18:00:00+01:00")
	}
	return t
}

func (r *reader) when(n *document.Node, what string) *When {
	text, ok := r.Text(n, what, "a moment")
	if !ok {
		return nil
	}
	w, err := readWhen(text)
	if err != nil {
		r.Fail(n, "%s", err)
		return nil
	}
	return &w
}

func (r *reader) person(n *document.Node, c *Case) {
	p := &c.Person
	p.Attributes = map[string]any{}
	own := map[string]any{} // timezone and locale stand beside the attributes, and are some
	r.Fields(n, "a profile", map[string]func(*document.Node){
		"id":         func(v *document.Node) { p.UserID, _ = r.Text(v, "id", "a name such as ada") },
		"timezone":   func(v *document.Node) { own["timezone"] = r.zone(v) },
		"locale":     func(v *document.Node) { own["locale"], _ = r.Text(v, "locale", "one such as fr-CA") },
		"attributes": func(v *document.Node) { p.Attributes = orEmpty(r.Values(v, "attributes")) },
		"devices": func(v *document.Node) {
			for _, item := range r.Items(v, "devices") {
				p.Devices = append(p.Devices, r.device(item))
			}
		},
		"consents": func(v *document.Node) { p.Consents = r.decisions(v, "consents") },
		"suppressed": func(v *document.Node) {
			p.Suppressed = map[string]string{}
			for _, item := range r.Items(v, "suppressed") {
				if channel, ok := r.Text(item, "a channel", "one such as email"); ok {
					p.Suppressed[channel] = "manual"
				}
			}
		},
		"segments": func(v *document.Node) {
			c.Segments = map[string]bool{}
			for _, item := range r.Items(v, "segments") {
				if name, ok := r.Text(item, "a segment", "its name"); ok {
					c.Segments[name] = true
				}
			}
		},
		"scores":     func(v *document.Node) { p.Computed.Scores = r.numbers(v, "scores") },
		"affinities": func(v *document.Node) { p.Computed.Affinities = r.words(v, "affinities") },
		"receptive":  func(v *document.Node) { p.Computed.Receptive = r.receptive(v) },
	})
	for name, value := range own {
		if _, had := p.Attributes[name]; !had {
			p.Attributes[name] = value
		}
	}
	if p.UserID == "" {
		p.UserID = "somebody"
	}
	p.ID = p.UserID
}

func (r *reader) zone(n *document.Node) string {
	name, _ := r.Text(n, "timezone", "an IANA name such as Europe/Paris")
	return name // an unknown one counts as absent, which a case may want to show
}

func (r *reader) device(n *document.Node) profile.Device {
	var d profile.Device
	r.Fields(n, "a device", map[string]func(*document.Node){
		"channel": func(v *document.Node) { d.Channel, _ = r.Text(v, "channel", "push") },
		"token":   func(v *document.Node) { d.Token, _ = r.Text(v, "token", "any text") },
	})
	return d
}

// decisions are topics or segments, each true or false.
func (r *reader) decisions(n *document.Node, what string) map[string]bool {
	all := map[string]bool{}
	if n.Kind != document.Object {
		r.Fail(n, "%s is %s; write name: true or name: false", what, n.Shape())
	}
	for _, f := range n.Fields {
		all[f.Key.Text] = r.Yes(f.Value, f.Key.Text)
	}
	return all
}

func (r *reader) numbers(n *document.Node, what string) map[string]float64 {
	all := map[string]float64{}
	for _, f := range n.Fields {
		x, ok := f.Value.Value().(float64)
		if !ok {
			r.Fail(f.Value, "%s.%s is no number; write one such as 0.7", what, f.Key.Text)
		}
		all[f.Key.Text] = x
	}
	return all
}

func (r *reader) words(n *document.Node, what string) map[string]string {
	all := map[string]string{}
	for _, f := range n.Fields {
		all[f.Key.Text], _ = r.Text(f.Value, what+"."+f.Key.Text, "a word")
	}
	return all
}

// receptive are the 168 hours of a week, or the best of them: {mon: 18, thu: 9}.
func (r *reader) receptive(n *document.Node) []float64 {
	all := make([]float64, 168)
	for i, item := range n.Items {
		if x, ok := item.Value().(float64); ok && i < len(all) {
			all[i] = x
		}
	}
	if n.Kind == document.List && len(n.Items) != len(all) {
		r.Fail(n, "receptive has %d hours and a week has 168; write all, or the best ones as {mon: 18}", len(n.Items))
	}
	for _, f := range n.Fields {
		days, err := calendar.ParseWeekdays([]string{f.Key.Text})
		hour, bad := strconv.Atoi(f.Value.Text)
		if err != nil || bad != nil || hour < 0 || hour > 23 {
			r.Fail(f.Key, "the best hours are written by day, such as {mon: 18}")
			continue
		}
		for day := range time.Weekday(7) {
			if days.Has(day) {
				all[(int(day)+6)%7*24+hour] = 1 // the week begins on Monday
			}
		}
	}
	return all
}

func (r *reader) answers(n *document.Node) map[string][]Answer {
	all := map[string][]Answer{}
	for _, f := range n.Fields {
		for _, item := range r.Items(f.Value, f.Key.Text) {
			a := Answer{Status: 200, JSON: map[string]any{}}
			r.Fields(item, "an answer", map[string]func(*document.Node){
				"status": func(v *document.Node) {
					status, ok := v.Value().(float64)
					if !ok || status != 0 && (status < 100 || status > 599) {
						r.Fail(v, "%s is no HTTP status; write one from 100 to 599, or 0 for no answer at all", v.Text)
					}
					a.Status, a.Silent = int(status), status == 0
				},
				"json": func(v *document.Node) { a.JSON = v.Value() },
			})
			all[f.Key.Text] = append(all[f.Key.Text], a)
		}
	}
	return all
}

func (r *reader) chance(n *document.Node, c *Case) {
	c.Chance = map[string]string{}
	if n.Kind != document.Object {
		r.Fail(n, "chance is %s; write {STEP: variant}, or {holdout: true}", n.Shape())
	}
	for _, f := range n.Fields {
		if f.Key.Text == "holdout" {
			c.HeldOut = r.Yes(f.Value, "holdout")
			continue
		}
		c.Chance[f.Key.Text], _ = r.Text(f.Value, f.Key.Text, "the name of a variant")
	}
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// kindNames are how lines begin, in the order of the language.
func kindNames() string {
	names := make([]string, 0, len(kinds()))
	for _, k := range kinds() {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Person makes a case of a file with a profile and one with what happens to it.
func Person(name string, at time.Time, profileFile string, person []byte, eventsFile string, events []byte) (*Case, []journey.Problem) {
	c := &Case{File: profileFile, Line: 1, Journey: name, Name: "simulated", At: at}
	var problems []journey.Problem
	part := func(file string, source []byte, read func(*reader, *document.Node)) {
		r := &reader{file: file}
		r.Report = func(line, column int, message string) {
			r.problems = append(r.problems, journey.Problem{File: file, Line: line, Column: column, Message: message})
		}
		root, err := document.Read(source)
		var bad *document.Error
		switch {
		case errors.As(err, &bad):
			r.Report(bad.Line, bad.Column, bad.Message)
		case err != nil:
			r.Report(1, 1, err.Error())
		default:
			read(r, root)
		}
		problems = append(problems, r.problems...)
	}
	part(profileFile, person, func(r *reader, n *document.Node) { r.person(n, c) })
	part(eventsFile, events, func(r *reader, n *document.Node) { c.Events = r.happenings(n, "events") })
	return c, problems
}
