package starter

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

type workspaceFiles struct {
	Settings  store.Settings  `json:"settings" doc:"Of workspace.yaml."`
	Reference store.Reference `json:"reference,omitempty" doc:"What rules look up: segments, catalogs by name, each with its rows by key, and calendars, each a list of days."`
	Journeys  []journeyFiles  `json:"journeys" doc:"All journeys: one that is published and not among them gets no new runs."`
	// Partials come with every journey, and here once more.
	Templates map[string]string `json:"templates,omitempty" doc:"File name to source: all templates and partials, each of which POST /v1/send can send by itself."`
	InFlight  string            `json:"in_flight,omitempty" enum:"stay,migrate" default:"stay" doc:"What becomes of runs on other versions: they stay on them, or go on by the one that is published, from the step at which they stand."`
	Confirm   int64             `json:"confirm,omitempty" doc:"How many runs this may migrate; wanted above the workspace's confirm_above."`
	DryRun    bool              `json:"dry_run,omitempty" doc:"Only say what would change."`

	ConfirmEntries int64 `json:"confirm_entries,omitempty" doc:"How many people this may let into journeys by itself; wanted above the workspace's confirm_above."`
}

type journeyFiles struct {
	Journey   string            `json:"journey" minLength:"1" doc:"The journey's key."`
	Version   string            `json:"version,omitempty" doc:"As the sender computed it; checked when given."`
	Source    string            `json:"source" doc:"The journey's YAML."`
	Templates map[string]string `json:"templates,omitempty" doc:"File name to source: the templates it sends, and all partials."`
}

// The ways in which a publication changes a journey.
const (
	changeNew       = "new"
	changeChanged   = "changed"
	changeUnchanged = "unchanged"
	changeRestored  = "restored" // it was archived
	changeArchived  = "archived"
)

type journeyChange struct {
	Journey  string `json:"journey"`
	Change   string `json:"change" enum:"new,changed,unchanged,restored,archived"`
	Version  string `json:"version,omitempty" doc:"What new runs get from now on."`
	Previous string `json:"previous,omitempty" doc:"What they got before."`
	Runs     int64  `json:"runs" doc:"Active runs, on whatever version."`

	Migrations []migration `json:"migrations,omitempty" doc:"With in_flight migrate: where runs on other versions go on."`
	opening
}

type publication struct {
	DryRun   bool            `json:"dry_run"`
	Journeys []journeyChange `json:"journeys"`
	Warnings []warning       `json:"warnings,omitempty" doc:"What is read and never came: events that nobody sent, attributes that nobody has. They may come yet."`
	Segments []segmentChange `json:"segments,omitempty" doc:"Those that are new, changed or gone."`

	Templates int `json:"templates,omitempty" doc:"How many templates POST /v1/send can send by themselves."`
}

func (s *server) publishAPI(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "publish-workspace", Method: http.MethodPut, Path: "/api/workspace", Tags: []string{"Journeys"}, Summary: "Publish a workspace",
		Description:  "Checks all journeys and templates, and either publishes all of them or, naming everything that is wrong, none. Runs stay on their versions unless in_flight says migrate.",
		MaxBodyBytes: maxAPIBody,
	}, func(ctx context.Context, in *body[workspaceFiles]) (*body[publication], error) {
		in.Body.Settings.Reference = in.Body.Reference
		versions, wrong := compiled(in.Body)
		alone, bad := singles(in.Body.Templates)
		for _, p := range bad {
			if at := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col); !told(wrong, at, p.String()) {
				wrong = append(wrong, &huma.ErrorDetail{Location: at, Message: p.String()})
			}
		}
		if len(wrong) > 0 {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("the workspace has %d problems; nothing was published", len(wrong)), wrong...)
		}
		return s.publish(ctx, in.Body, versions, alone)
	})
}

// told tells whether the same was said before: a template may come with a journey, too.
func told(wrong []error, at, words string) bool {
	return slices.ContainsFunc(wrong, func(err error) bool {
		d, ok := err.(*huma.ErrorDetail) //nolint:errorlint // as they were made above
		return ok && d.Location == at && d.Message == words
	})
}

// publish says what publishing the versions changes, and does it unless that is all that was asked. What
// sends templates by themselves, alone, comes with them.
func (s *server) publish(ctx context.Context, w workspaceFiles, versions, alone []store.Version) (*body[publication], error) {
	changes, err := s.changes(ctx, versions)
	if err != nil {
		return nil, s.apiError("publishing", err)
	}
	now, err := s.Store.Deployment(ctx)
	if err != nil {
		return nil, s.apiError("publishing", err)
	}
	w.Settings.Trends = now.Settings.Trends.Among(w.Settings.Affinities) // as they stay: segments may be of them
	migrating := w.InFlight == inFlightMigrate
	for i, v := range versions {
		if migrating {
			if changes[i].Migrations, err = s.migrations(ctx, v); err != nil {
				return nil, s.apiError("publishing", err)
			}
		}
	}
	segments, err := s.segmentChanges(ctx, w.Settings)
	if err != nil {
		return nil, s.apiError("publishing", err)
	}
	if err := s.openings(ctx, w.Settings, versions, changes, segments); err != nil {
		return nil, s.apiError("publishing", err)
	}
	warnings, err := s.unseen(ctx, w)
	if err != nil {
		return nil, s.apiError("publishing", err)
	}
	said := &body[publication]{publication{DryRun: w.DryRun, Journeys: changes, Warnings: warnings, Segments: segments, Templates: templatesOf(alone)}}
	if w.DryRun {
		return said, nil
	}
	if err := confirmMigration(changes, w.Settings.Unasked(), w.Confirm); err != nil {
		return nil, err
	}
	if err := confirmOpening(changes, w.Settings.Unasked(), w.ConfirmEntries); err != nil {
		return nil, err
	}
	if _, err := s.Store.Publish(ctx, w.Settings, slices.Concat(versions, alone)); err != nil {
		return nil, s.apiError("publishing", err)
	}
	s.compute(ctx)
	s.Schedules.Ring()
	if migrating {
		return said, s.migrate(ctx, changes)
	}
	return said, nil
}

// compiled checks everything and returns what is to be published, or all that is wrong.
func compiled(w workspaceFiles) (versions []store.Version, wrong []error) {
	fail := func(at, words string) {
		wrong = append(wrong, &huma.ErrorDetail{Location: at, Message: words})
	}
	options := optionsOf(w, fail)
	seen := map[string]bool{}
	said := map[string]bool{} // partials come with every journey: what is wrong with one is said once
	for _, f := range w.Journeys {
		templates, bad := message.Parse(f.Templates)
		for _, p := range bad {
			if at := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col); !said[at+p.Message] {
				said[at+p.Message] = true
				fail(at, p.String())
			}
		}
		if len(bad) == 0 {
			options.Template = func(name, channel string) bool {
				_, ok := templates.Find(name, channel, "")
				return ok
			}
		} else {
			options.Template = nil
		}
		j, problems := journey.Compile("journeys/"+f.Journey+".yaml", []byte(f.Source), options)
		for _, p := range problems {
			fail(fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column), p.String())
		}
		version := journey.Hash([]byte(f.Source), f.Templates)
		switch {
		case seen[f.Journey]:
			fail("journeys."+f.Journey, "there are two journeys of this key; rename one")
		case j != nil && j.Key() != f.Journey:
			fail("journeys."+f.Journey, fmt.Sprintf("its source says journey: %s; write the same key in both places", j.Key()))
		case f.Version != "" && f.Version != version:
			fail("journeys."+f.Journey, fmt.Sprintf("what arrived is version %s, not %s as its sender says; publish again with the same release of Mixtape", version, f.Version))
		}
		seen[f.Journey] = true
		versions = append(versions, store.Version{Journey: f.Journey, Version: version, Source: f.Source, Templates: f.Templates})
	}
	return versions, wrong
}

// changes says what publishing the versions does.
func (s *server) changes(ctx context.Context, versions []store.Version) ([]journeyChange, error) {
	before, err := s.Store.Journeys(ctx)
	if err != nil {
		return nil, err
	}
	before = handWritten(before)
	counts, err := s.Store.ActiveByVersion(ctx)
	if err != nil {
		return nil, err
	}
	runs := map[string]int64{}
	for _, c := range counts {
		runs[c.Journey] += c.Runs
	}
	all := []journeyChange{}
	for _, v := range versions {
		c := journeyChange{Journey: v.Journey, Change: changeNew, Version: v.Version, Runs: runs[v.Journey]}
		if i := slices.IndexFunc(before, func(p store.Published) bool { return p.Journey == v.Journey }); i >= 0 {
			c.Previous = before[i].Version
			switch {
			case before[i].Archived:
				c.Change = changeRestored
			case c.Previous == c.Version:
				c.Change = changeUnchanged
			default:
				c.Change = changeChanged
			}
		}
		all = append(all, c)
	}
	for _, p := range before {
		kept := slices.ContainsFunc(versions, func(v store.Version) bool { return v.Journey == p.Journey })
		if !kept && !p.Archived {
			all = append(all, journeyChange{Journey: p.Journey, Change: changeArchived, Previous: p.Version, Runs: runs[p.Journey]})
		}
	}
	return all, nil
}
