package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/store"
)

// ImportCommand brings files into a deployment.
type ImportCommand struct {
	Profiles     ImportProfilesCommand     `cmd:"" help:"Import what is known of people, from CSV or JSON lines."`
	Events       ImportEventsCommand       `cmd:"" help:"Import what people did, from JSON lines: calls as POST /v1/batch takes them."`
	Consents     ImportConsentsCommand     `cmd:"" help:"Import who has agreed to what, from CSV or JSON lines."`
	Suppressions ImportSuppressionsCommand `cmd:"" help:"Import whom nothing may go to, from CSV or JSON lines."`
	Assignments  ImportAssignmentsCommand  `cmd:"" help:"Import who was in which arm of an experiment that ran elsewhere, from CSV or JSON lines: id, variant, time."`
}

// ImportFlags are those of every import.
type ImportFlags struct {
	Database
	File    string `arg:"" help:"The file; it may be gzipped. - is standard input."`
	Format  string `enum:"csv,jsonl," default:"" placeholder:"csv|jsonl" help:"What is in it, where its name does not say."`
	Rejects string `placeholder:"FILE" help:"Where rows that were not taken are written, with their lines and why. (FILE.rejected.jsonl)"`
	JSON    bool   `name:"json" help:"Print what became of it as JSON."`
}

// AgainFlag lets a file in twice.
type AgainFlag struct {
	Again bool `help:"Import it from its start, also when it was imported before."`
}

// ImportProfilesCommand imports profiles.
type ImportProfilesCommand struct {
	ImportFlags
	AgainFlag
	Types map[string]string `placeholder:"plan=string,age=number" mapsep:"," help:"What columns are that workspace.yaml does not declare: string, number, bool, date, list or map. Else they are what all their cells look like."`
}

// ImportEventsCommand imports events.
type ImportEventsCommand struct {
	ImportFlags
	Source string `default:"import" help:"The name of the write key that the events came by, if some of them may be here already. (${default})"`
}

// ImportConsentsCommand imports consents.
type ImportConsentsCommand struct {
	ImportFlags
	AgainFlag
}

// ImportSuppressionsCommand imports suppressions.
type ImportSuppressionsCommand struct {
	ImportFlags
	AgainFlag
}

// defaultSource is what rows other than events are known by.
const defaultSource = "import"

// Run imports. That rows were rejected is a failure.
func (i *ImportProfilesCommand) Run(c *Call) error {
	return i.run(c, importing.Options{Kind: importing.Profiles, Types: i.Types, Source: defaultSource, Again: i.Again})
}

// Run imports. That rows were rejected is a failure.
func (i *ImportEventsCommand) Run(c *Call) error {
	return i.run(c, importing.Options{Kind: importing.Events, Source: i.Source})
}

// Run imports. That rows were rejected is a failure.
func (i *ImportConsentsCommand) Run(c *Call) error {
	return i.run(c, importing.Options{Kind: importing.Consents, Source: defaultSource, Again: i.Again})
}

// Run imports. That rows were rejected is a failure.
func (i *ImportSuppressionsCommand) Run(c *Call) error {
	return i.run(c, importing.Options{Kind: importing.Suppressions, Source: defaultSource, Again: i.Again})
}

// ImportAssignmentsCommand imports an experiment.
type ImportAssignmentsCommand struct {
	ImportFlags
	AgainFlag
	Experiment string             `required:"" placeholder:"NAME" help:"What it is called here: mixtape report imported/NAME."`
	Metric     string             `required:"" placeholder:"EVENT" help:"The event that counts."`
	Value      string             `placeholder:"PROPERTY" help:"The event's property that is what it is worth."`
	Within     time.Duration      `default:"336h" placeholder:"336h" help:"For how long after the assignment it counts. (${default})"`
	Shares     map[string]float64 `placeholder:"a=1,b=1" mapsep:"," help:"What share of the people each variant was meant to get, relative; then it is checked whether they did."`
}

var experimentName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Run imports. That rows were rejected is a failure.
func (i *ImportAssignmentsCommand) Run(c *Call) error {
	if !experimentName.MatchString(i.Experiment) {
		return fmt.Errorf("--experiment %q is not a plain name; write small letters, digits, - and _, at most 63", i.Experiment)
	}
	for name, share := range i.Shares {
		if !(share > 0) {
			return fmt.Errorf("the share of %s is %v; write a number above 0", name, share)
		}
	}
	return i.run(c, importing.Options{
		Kind: importing.Assignments, Source: defaultSource, Again: i.Again, Shares: i.Shares,
		Experiment: store.ImportedExperiment{Name: i.Experiment, Metric: i.Metric, Property: i.Value, Within: i.Within},
	})
}

func (f *ImportFlags) run(c *Call, o importing.Options) error {
	source, err := importing.OpenSource(f.File, f.Format, c.Stdin)
	if err != nil {
		return err
	}
	defer source.Close()
	s, err := f.openBulk(c)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := s.Deployment(c)
	if err != nil {
		return errors.New("the database cannot be read (" + store.Code(err) + "); is it Mixtape's, and brought up to date by `mixtape migrate`?")
	}
	o.Declared, o.Topics, o.Rejects = d.Settings.Attributes, d.Settings.Topics, f.Rejects
	if o.Rejects == "" {
		o.Rejects = f.File + ".rejected.jsonl"
		if f.File == "-" {
			o.Rejects = "stdin.rejected.jsonl"
		}
	}
	bar := newBar(c.Stderr, source.Name)
	o.Progress = func(p importing.Progress) { bar.show(p.Done, p.Rows) }
	began := time.Now()
	result, err := importing.Run(c, s, source, o)
	bar.end()
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped after %d of %d rows; the same command goes on from there", result.Done, result.Rows)
	case err != nil && result.Done > 0:
		return fmt.Errorf("%w\n%d of %d rows are in; the same command goes on from there", err, result.Done, result.Rows)
	case err != nil:
		return err
	}
	return f.conclude(c, o, result, time.Since(began))
}

func (f *ImportFlags) conclude(c *Call, o importing.Options, r importing.Result, took time.Duration) error {
	if f.JSON {
		out := map[string]any{"rows": r.Rows, "taken": r.Done - r.Rejected, "rejected": r.Rejected, "seconds": took.Seconds(), "went_on_from": r.Began}
		if r.Finished != nil {
			out["imported_before"] = *r.Finished
		}
		if r.Rejected > 0 {
			out["rejects"] = o.Rejects
		}
		if err := c.printJSON(out); err != nil {
			return err
		}
	} else {
		switch {
		case r.Finished != nil:
			c.printf("%s was imported before, on %s: nothing to do\n", f.File, r.Finished.Local().Format(time.DateTime))
		case r.Began > 0:
			c.printf("went on behind row %d; %d %s are in, after another %.1f s\n", r.Began, r.Done-r.Rejected, o.Kind, took.Seconds())
		default:
			c.printf("%d %s are in, after %.1f s\n", r.Done-r.Rejected, o.Kind, took.Seconds())
		}
	}
	if r.Rejected > 0 {
		return failed("%d of %d rows were rejected; %s says which, and why", r.Rejected, r.Rows, o.Rejects)
	}
	return nil
}
