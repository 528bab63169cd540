package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// ApplyCommand publishes a workspace.
type ApplyCommand struct {
	Connection
	Dir    string `arg:"" optional:"" default:"." help:"Folder of the workspace, with workspace.yaml in it."`
	DryRun bool   `help:"Only show what would change."`
	Yes    int64  `placeholder:"N" help:"Go on although journeys with N people in them are archived, or N runs migrated, or N people let in by a schedule."`
	JSON   bool   `name:"json" help:"Print what changed as JSON."`

	InFlight string `default:"stay" enum:"stay,migrate" placeholder:"stay|migrate" help:"What becomes of runs on other versions: they stay on them, or migrate to what is published, from the step at which they stand."`
}

type publishedJourney struct {
	Journey   string            `json:"journey"`
	Version   string            `json:"version"`
	Source    string            `json:"source"`
	Templates map[string]string `json:"templates,omitempty"`
}

type publishing struct {
	Settings  store.Settings     `json:"settings"`
	Reference store.Reference    `json:"reference,omitzero"`
	Journeys  []publishedJourney `json:"journeys"`
	Templates map[string]string  `json:"templates,omitempty"`
	InFlight  string             `json:"in_flight,omitempty"`
	Confirm   int64              `json:"confirm,omitempty"`
	DryRun    bool               `json:"dry_run,omitempty"`

	ConfirmEntries int64 `json:"confirm_entries,omitempty"`
}

type publication struct {
	DryRun   bool            `json:"dry_run"`
	Journeys []journeyChange `json:"journeys"`
	Warnings []warning       `json:"warnings,omitempty"`
	Segments []segmentChange `json:"segments,omitempty"`

	Templates int `json:"templates,omitempty"`
}

// segmentChange is what a publication does to a segment.
type segmentChange struct {
	Segment string `json:"segment"`
	Change  string `json:"change"`
	Members int64  `json:"members"`
}

// words say what follows for whom.
func (s segmentChange) words() string {
	switch s.Change {
	case "new":
		return "everybody is looked at; who is in it from the start enters no journey by that"
	case "changed":
		return "everybody is looked at; who enters or leaves is woken, and enters journeys by it"
	}
	return "they leave it"
}

type journeyChange struct {
	Journey  string `json:"journey"`
	Change   string `json:"change"`
	Version  string `json:"version,omitempty"`
	Previous string `json:"previous,omitempty"`
	Runs     int64  `json:"runs"`

	Migrations []migration `json:"migrations,omitempty"`
	LetsIn     int64       `json:"lets_in,omitempty"`
	Guessed    bool        `json:"guessed,omitempty"`
}

// migration is where runs that stand alike go on by what is published.
type migration struct {
	stepRuns
	To    string `json:"to"`
	Stays bool   `json:"stays"`
}

// Run publishes: first it asks what would change, shows that, and then does it.
func (a *ApplyCommand) Run(c *Call) error {
	w, problems, err := load(a.Dir)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		for _, p := range problems {
			fmt.Fprintln(c.Stderr, p)
		}
		return failed("%s in %s; nothing was published", count(len(problems), "problem"), a.Dir)
	}
	server, err := a.open()
	if err != nil {
		return err
	}
	request := publishing{Settings: w.Settings, Reference: w.Settings.Reference, Journeys: []publishedJourney{}, Templates: w.Templates(), InFlight: a.InFlight, DryRun: true}
	for _, v := range w.Versions() {
		request.Journeys = append(request.Journeys, publishedJourney(v))
	}
	var plan publication
	if err := server.manage(c, http.MethodPut, "/api/workspace", request, &plan); err != nil {
		return err
	}
	if !a.JSON {
		if err := a.show(c, server, plan); err != nil {
			return err
		}
		tellSchedules(c, w, time.Now())
		plan.warn(c)
	}
	if a.DryRun {
		return a.done(c, plan)
	}
	if words, n := plan.concerns(w.Settings.Unasked()); n > 0 {
		if err := c.confirm(words, n, a.Yes); err != nil {
			return err
		}
	}
	request.DryRun, request.Confirm, request.ConfirmEntries = false, plan.migrating(), plan.entering()
	if err := server.manage(c, http.MethodPut, "/api/workspace", request, &plan); err != nil {
		return err
	}
	return a.done(c, plan)
}

// leaving counts the people in journeys that are archived. They go on; that there are many may mean
// that the folder is the wrong one.
func (p publication) leaving() (n int64) {
	for _, j := range p.Journeys {
		if j.Change == "archived" {
			n += j.Runs
		}
	}
	return n
}

// concerns says, above the limit, what is to be confirmed and how many people it concerns.
func (p publication) concerns(limit int64) (words string, n int64) {
	var all []string
	if leaving := p.leaving(); leaving > limit {
		all, n = append(all, fmt.Sprintf("archives journeys with %d people in them", leaving)), leaving
	}
	if moving := p.migrating(); moving > limit {
		all, n = append(all, fmt.Sprintf("moves %d runs to other versions, and those whose wait gets shorter go on at once", moving)), n+moving
	}
	if entering := p.entering(); entering > limit {
		all, n = append(all, fmt.Sprintf("lets up to %d people into journeys by itself", entering)), n+entering
	}
	return "this " + strings.Join(all, " and "), n
}

// entering counts those whom schedules and changed segments let in without anything else happening.
func (p publication) entering() (n int64) {
	for _, j := range p.Journeys {
		n += j.LetsIn
	}
	return n
}

// migrating counts the runs that go on by another version.
func (p publication) migrating() (n int64) {
	for _, j := range p.Journeys {
		for _, m := range j.Migrations {
			n += m.Runs
		}
	}
	return n
}

func (a *ApplyCommand) done(c *Call, p publication) error {
	switch {
	case a.JSON:
		return c.printJSON(p)
	case p.DryRun:
		c.printf("nothing was published: --dry-run\n")
	default:
		c.printf("published %s\n", a.Dir)
	}
	return nil
}

// show prints what changes, and where the people are whose journey changes: they stay on their version,
// or go on by what is published.
func (a *ApplyCommand) show(c *Call, server *api, p publication) error {
	var standing struct {
		Journeys []struct {
			Journey string     `json:"journey"`
			Steps   []stepRuns `json:"steps"`
		} `json:"journeys"`
	}
	if err := server.manage(c, http.MethodGet, "/api/journeys", nil, &standing); err != nil {
		return err
	}
	steps := map[string][]stepRuns{}
	for _, j := range standing.Journeys {
		steps[j.Journey] = j.Steps
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	for _, j := range p.Journeys {
		version := short(j.Version)
		if j.Previous != "" && j.Previous != j.Version {
			version = short(j.Previous) + " -> " + version
		}
		if j.Version == "" {
			version = short(j.Previous)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", j.Change, j.Journey, version, count(j.Runs, "run"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if p.Templates > 0 {
		c.printf("%s for /v1/send\n", count(int64(p.Templates), "template"))
	}
	for _, s := range p.Segments {
		c.printf("%s segment %s, with %s now: %s\n", s.Change, s.Segment, count(s.Members, "member"), s.words())
	}
	for _, j := range p.Journeys {
		switch {
		case j.Guessed:
			c.printf("%s: lets in whoever fits, which cannot be counted now; take it for %s or more\n", j.Journey, people(j.LetsIn))
		case j.LetsIn > 0:
			c.printf("%s: lets in up to %s who fit now\n", j.Journey, people(j.LetsIn))
		}
		for _, m := range j.Migrations {
			c.printf("%s: %s %s at %s, on version %s: %s\n", j.Journey, count(m.Runs, "run"), m.Phase, cmp.Or(m.Step, "the start"), short(m.Version), m.fate())
		}
		if a.InFlight == "migrate" && j.Change != "archived" {
			continue
		}
		for _, s := range steps[j.Journey] {
			if j.Change != "unchanged" {
				c.printf("%s: %s %s at %s, on version %s, and staying on it\n", j.Journey, count(s.Runs, "run"), s.Phase, s.Step, short(s.Version))
			}
		}
	}
	return nil
}

// stepRuns are the runs of a journey that stand at one step.
type stepRuns struct {
	Version string `json:"version"`
	Step    string `json:"step"`
	Phase   string `json:"phase"`
	Runs    int64  `json:"runs"`
}

// fate is what becomes of the runs, in words.
func (m migration) fate() string {
	switch {
	case m.Stays:
		return "going on from there by what is published"
	case m.To == "":
		return "nothing is left for them behind it, and they end"
	case m.To == m.Step:
		return "coming to it anew, as it is another kind of step now"
	}
	return "it is gone, and they go on with " + m.To
}

// short is a version as people compare it.
func short(version string) string {
	if len(version) > 7 {
		return version[:7]
	}
	return version
}
