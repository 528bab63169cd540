// Package workspace is a folder on disk: settings, journeys and templates, as they lie in git. It
// reads all of it, says everything that is wrong at once, and makes of each journey the version
// that is published.
package workspace

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// Problem is one thing that is wrong with a workspace: FILE:LINE:COL: STEP: message; write ...
type Problem = journey.Problem

// Workspace is what a folder holds. It is fit to be published only when Load found no problem.
type Workspace struct {
	Settings store.Settings
	Journeys []Journey // by key
	Segments []Segment // each behind those that its rule asks for

	templates map[string]string // path -> source
	set       *message.Set
	voice     message.Voice
	written   string // workspace.yaml

	journeyKeys []string // by the names of their files, those that do not compile, too
}

// Journey is one journey file that can be run.
type Journey struct {
	*journey.Journey
	File   string
	Source string
}

// Load reads the workspace in a folder. Nothing outside of the folder is read, whatever its links
// point to.
func Load(dir string) (*Workspace, []Problem) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return &Workspace{}, []Problem{problem(dir, 1, 1, "this folder cannot be read (%s); write the path of a workspace", cause(err))}
	}
	defer root.Close()
	return LoadFS(root.FS())
}

// LoadFS reads the workspace at the root of a file system.
func LoadFS(fsys fs.FS) (*Workspace, []Problem) {
	l := &loader{fsys: fsys}
	w := &Workspace{}
	w.Settings, w.voice = l.settings()
	w.written = l.written
	w.templates = l.templates()
	var wrong []message.Problem
	w.set, wrong = message.Parse(w.templates)
	for _, p := range wrong {
		l.fail(p.File, p.Line, p.Col, "%s", p.Message)
	}
	l.reference(w)
	w.journeyKeys = l.journeyKeys()
	w.Journeys = l.journeys(w.options())
	l.check(w)
	return w, sorted(l.problems)
}

// Version is a journey as it is published: its text, the templates that it sends in every locale,
// and all partials.
func (w *Workspace) Version(j Journey) store.Version {
	sends := map[string]bool{}
	for _, s := range j.Sends() {
		for _, channel := range s.Channels {
			sends[s.Template+"."+channel] = true
		}
	}
	bundle := map[string]string{}
	for file, source := range w.templates {
		name := baseName(file)
		if strings.HasPrefix(name, "_") || sends[messageOf(name)] {
			bundle[name] = source
		}
	}
	return store.Version{Journey: j.Key(), Version: journey.Hash([]byte(j.Source), bundle), Source: j.Source, Templates: bundle}
}

// Versions are all journeys as they are published, by key.
func (w *Workspace) Versions() []store.Version {
	all := make([]store.Version, len(w.Journeys))
	for i, j := range w.Journeys {
		all[i] = w.Version(j)
	}
	return all
}

// Templates are all templates and partials, by the names of their files.
func (w *Workspace) Templates() map[string]string {
	all := make(map[string]string, len(w.templates))
	for file, source := range w.templates {
		all[baseName(file)] = source
	}
	return all
}

// options are what the workspace tells of itself to each journey's compiler.
func (w *Workspace) options() journey.Options {
	return journey.Options{
		Zone: w.Settings.Timezone, Template: w.hasTemplate,
		Attributes: w.attributes(), Topics: w.topics(),
		Segments: w.segmentKeys(), Journeys: w.journeyKeys, Affinities: w.Settings.AffinityNames(), Catalogs: w.Settings.Catalogs, Calendars: w.Settings.Calendars,
	}
}

// attributes are those declared, nil when none are.
func (w *Workspace) attributes() map[string]rules.Kind {
	if len(w.Settings.Attributes) == 0 {
		return nil
	}
	all := make(map[string]rules.Kind, len(w.Settings.Attributes))
	for name, kind := range w.Settings.Attributes {
		all[name] = rules.Kind(kind)
	}
	return all
}

// segmentKeys are never nil: in a workspace every segment is known.
func (w *Workspace) segmentKeys() []string {
	keys := make([]string, len(w.Segments))
	for i, s := range w.Segments {
		keys[i] = s.Key
	}
	return keys
}

// topics tell whether those who never said are subscribed, nil when there are none.
func (w *Workspace) topics() map[string]bool {
	if len(w.Settings.Topics) == 0 {
		return nil
	}
	return w.Settings.Topics.Defaults()
}

// hasTemplate goes by the names of the files: one that cannot be read is there all the same, and
// reported for what is wrong with it.
func (w *Workspace) hasTemplate(name, channel string) bool {
	for file := range w.templates {
		if messageOf(baseName(file)) == name+"."+channel {
			return true
		}
	}
	return false
}

// messageOf is NAME.CHANNEL of a template's file name.
func messageOf(file string) string {
	parts := strings.SplitN(file, ".", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[0] + "." + parts[1]
}

func baseName(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }

func problem(file string, line, col int, format string, args ...any) Problem {
	return Problem{File: file, Line: max(line, 1), Column: max(col, 1), Message: fmt.Sprintf(format, args...)}
}

func sorted(all []Problem) []Problem {
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(all)
}
