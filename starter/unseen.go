package starter

import (
	"context"
	"fmt"
	"slices"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/spelling"
)

// maxWarnings is how many warnings are given at once; who has more has not sent much yet.
const maxWarnings = 50

type warning struct {
	At      string `json:"at" doc:"FILE:LINE:COL; a segment's has no line."`
	Message string `json:"message"`
}

// unseen warns of names that rules and journeys read and that never came: events that nobody sent, and
// attributes that nobody has and the workspace does not declare. They may come yet, so it is no error. Before
// anything came there is nothing to compare with, and nothing is said.
func (s *server) unseen(ctx context.Context, w workspaceFiles) ([]warning, error) {
	events, err := s.Store.SeenNames(ctx, "event")
	if err != nil {
		return nil, err
	}
	attributes, err := s.Store.SeenNames(ctx, "attribute")
	if err != nil {
		return nil, err
	}
	read := mentionsOf(w)
	var all []warning
	if len(events) > 0 {
		known := slices.Concat(events, read.Emits)
		all = append(all, unknownNames(read.Events, known, func(m journey.Mention, near string) string {
			if profile.Reserved(m.Name) {
				return ""
			}
			return fmt.Sprintf("nobody has ever sent the event %q; %s", m.Name, instead(near, "send it, or what reads it never happens"))
		})...)
	}
	if len(attributes) > 0 && len(w.Settings.Attributes) == 0 {
		known := slices.Concat(attributes, read.Sets, []string{"id", "email", "phone", "timezone", "locale"})
		all = append(all, unknownNames(read.Attributes, known, func(m journey.Mention, near string) string {
			return fmt.Sprintf("nobody has ever had the attribute %q; %s", m.Name, instead(near, "send it with identify, or it stays absent"))
		})...)
	}
	return all[:min(len(all), maxWarnings)], nil
}

func instead(near, otherwise string) string {
	if near == "" {
		return otherwise
	}
	return "write " + near + " if that is meant, or " + otherwise
}

func unknownNames(read []journey.Mention, known []string, words func(m journey.Mention, near string) string) (all []warning) {
	for _, m := range read {
		if len(all) == maxWarnings {
			break
		}
		if slices.Contains(known, m.Name) {
			continue
		}
		if said := words(m, spelling.Nearest(m.Name, known)); said != "" {
			at := m.File
			if m.Line > 0 {
				at = rules.Position{File: m.File, Line: m.Line, Column: m.Column}.String()
			}
			all = append(all, warning{At: at, Message: said})
		}
	}
	return all
}

// mentionsOf gathers what a workspace reads. It was compiled before and has no problems.
func mentionsOf(w workspaceFiles) (all journey.Mentions) {
	options := optionsOf(w, func(string, string) {})
	for _, f := range w.Journeys {
		j, _ := journey.Compile("journeys/"+f.Journey+".yaml", []byte(f.Source), options)
		if j == nil {
			continue
		}
		m := j.Mentions()
		all.Events, all.Attributes = append(all.Events, m.Events...), append(all.Attributes, m.Attributes...)
		all.Emits, all.Sets = append(all.Emits, m.Emits...), append(all.Sets, m.Sets...)
	}
	env, err := rules.New()
	if err != nil {
		return all
	}
	for _, segment := range w.Reference.Segments {
		// Where in the file the rule stands was not published.
		file := "segments/" + segment.Key + ".yaml"
		rule, _ := env.Compile(segment.Rule, rules.Position{File: file, Line: 1, Column: 1}, rules.ScopeSegment)
		if rule == nil {
			continue
		}
		for _, e := range rule.Reads().Events {
			all.Events = append(all.Events, journey.Mention{Name: e.Name, File: file})
		}
		for _, name := range rule.Reads().Attributes {
			all.Attributes = append(all.Attributes, journey.Mention{Name: name, File: file})
		}
	}
	return all
}
