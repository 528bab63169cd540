package workspace

import (
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/spelling"
)

func isAddress(text string) bool {
	_, err := mail.ParseAddress(text)
	return err == nil
}

// check says what only the workspace as a whole can know.
func (l *loader) check(w *Workspace) {
	for _, t := range w.set.Templates() {
		l.topic(w, t)
		for _, r := range t.Reads() {
			l.workspaceName(w, r)
		}
	}
	l.sound(w)
	for _, j := range w.Journeys {
		l.reading(w, j)
		l.reach(w, j)
	}
	for _, s := range w.Segments {
		l.segmentReach(w, s)
	}
}

// topic checks the topic of a template.
func (l *loader) topic(w *Workspace, t *message.Template) {
	if t.Topic == "" {
		return
	}
	line, col := 1, 1
	for i, row := range strings.Split(w.templates[t.File], "\n") {
		if rest, ok := strings.CutPrefix(row, "topic:"); ok {
			line, col = i+1, len(row)-len(strings.TrimLeft(rest, " "))+1
			break
		}
	}
	topic, known := w.Settings.Topics[t.Topic]
	switch {
	case !known && len(w.Settings.Topics) == 0:
		l.fail(t.File, line, col, "the workspace has no topics; write topics: { %s: { default: subscribed } } into workspace.yaml", t.Topic)
	case !known:
		hint := "it under topics: in workspace.yaml"
		if near := spelling.Nearest(t.Topic, slices.Sorted(maps.Keys(w.Settings.Topics))); near != "" {
			hint = near
		}
		l.fail(t.File, line, col, "there is no topic %s; write %s", t.Topic, hint)
	case len(topic.Channels) > 0 && !slices.Contains(topic.Channels, t.Channel):
		l.fail(t.File, line, col, "the topic %s is for %s alone; write %s under its channels: in workspace.yaml, or another topic", t.Topic, spelling.Listed(topic.Channels), t.Channel)
	}
}

// workspaceName checks a name that a template reads against what the workspace declares: attributes
// where it declares any, brand variables and affinities always, properties of events never.
func (l *loader) workspaceName(w *Workspace, r message.Read) {
	if len(r.Path) == 0 {
		return
	}
	name := r.Path[0]
	switch r.Root {
	case "user":
		known := append(given(), slices.Sorted(maps.Keys(w.Settings.Attributes))...)
		if len(w.Settings.Attributes) == 0 || slices.Contains(known, name) {
			return
		}
		hint := "it under attributes: in workspace.yaml"
		if near := spelling.Nearest(name, known); near != "" {
			hint = "user." + near
		}
		l.fail(r.File, r.Line, r.Col, "the attribute %s is not declared; write %s", name, hint)
	case "brand":
		if _, known := w.Settings.Brand[name]; known {
			return
		}
		hint := "it under voice: brand: in workspace.yaml"
		if near := spelling.Nearest(name, slices.Sorted(maps.Keys(w.Settings.Brand))); near != "" {
			hint = "brand." + near
		}
		l.fail(r.File, r.Line, r.Col, "the brand has no %s; write %s", name, hint)
	case "trending":
		if slices.Contains(w.Settings.AffinityNames(), name) {
			return
		}
		hint := "it under affinities: in workspace.yaml"
		if near := spelling.Nearest(name, w.Settings.AffinityNames()); near != "" {
			hint = "trending." + near
		}
		l.fail(r.File, r.Line, r.Col, "there is no affinity %s; write %s", name, hint)
	case "catalog":
		if _, known := w.Settings.Catalogs[name]; known {
			return
		}
		hint := "the file catalogs/" + name + ".csv"
		if near := spelling.Nearest(name, slices.Sorted(maps.Keys(w.Settings.Catalogs))); near != "" {
			hint = near
		}
		l.fail(r.File, r.Line, r.Col, "there is no catalog %s; write %s", name, hint)
	}
}

// withinForm finds how far back a rule looks. The language wants the duration in quotes, right there.
var withinForm = regexp.MustCompile(`\.within\(\s*\\?["']([0-9a-z]+)\\?["']\s*\)`)

// reach refuses rules that look further back than events are kept: they would count less than there
// was, and nobody would see it.
func (l *loader) reach(w *Workspace, j Journey) {
	kept, err := calendar.ParseDuration(w.Settings.Retention["events"])
	if err != nil {
		return
	}
	longest := span(kept)
	found := len(l.problems)
	for i, row := range strings.Split(j.Source, "\n") {
		if strings.HasPrefix(strings.TrimLeft(row, " "), "#") {
			continue
		}
		for _, at := range withinForm.FindAllStringSubmatchIndex(row, -1) {
			written := row[at[2]:at[3]]
			if d, err := calendar.ParseDuration(written); err == nil && span(d) > longest {
				l.fail(j.File, i+1, utf8.RuneCountInString(row[:at[2]])+1,
					"this looks back %s, and events are kept for %s; write a shorter time, or a longer one under retention: in workspace.yaml", written, w.Settings.Retention["events"])
			}
		}
	}
	reads := append(j.Needs(&journey.State{}).Events, j.EntryNeeds().Events...)
	beyond := slices.ContainsFunc(reads, func(r rules.EventRead) bool { return r.Within > longest })
	if beyond && len(l.problems) == found { // written across lines, or with escapes
		l.fail(j.File, 1, 1, "a rule looks back further than events are kept, which is %s; write a shorter time, or a longer one under retention: in workspace.yaml", w.Settings.Retention["events"])
	}
}

func (l *loader) segmentReach(w *Workspace, s Segment) {
	kept, err := calendar.ParseDuration(w.Settings.Retention["events"])
	if err != nil {
		return
	}
	if slices.ContainsFunc(s.reads.Events, func(r rules.EventRead) bool { return r.Within > span(kept) }) {
		l.fail(s.File, s.line, s.col, "this looks back further than events are kept, which is %s; write a shorter time, or a longer one under retention: in workspace.yaml", w.Settings.Retention["events"])
	}
}

// span is a duration's length, a month at its longest.
func span(d calendar.Duration) time.Duration {
	const day = 24 * time.Hour
	return time.Duration(d.Months)*31*day + time.Duration(d.Days)*day + d.Clock
}
