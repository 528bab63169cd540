package cli

import (
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/mixtapehq/mixtape/workspace/trial"
)

// TestCommand plays the cases of a workspace.
type TestCommand struct {
	Dir  string `arg:"" optional:"" default:"." help:"Folder of the workspace, with workspace.yaml in it."`
	Only string `name:"run" placeholder:"PATTERN" help:"Only cases whose JOURNEY: NAME matches this regular expression."`
	JSON bool   `name:"json" help:"Print what happened in each case as JSON."`
}

// Run plays them.
func (t *TestCommand) Run(c *Call) error {
	only, err := regexp.Compile(t.Only)
	if err != nil {
		return failed("--run %s is no regular expression: %s", t.Only, err)
	}
	suite, cases, err := loadCases(c, t.Dir)
	if err != nil {
		return err
	}
	kept := cases[:0]
	for _, one := range cases {
		if only.MatchString(one.Journey + ": " + one.Name) {
			kept = append(kept, one)
		}
	}
	if len(kept) == 0 {
		return failed("no case to play in %s; write some into journeys/JOURNEY.test.yaml", t.Dir)
	}
	began := time.Now()
	results := suite.PlayAll(c, kept)
	bad := 0
	for _, r := range results {
		if !r.OK {
			bad++
		}
		if !t.JSON {
			r.Print(c.Stdout)
		}
	}
	if t.JSON {
		if err := c.printJSON(casesAsJSON(results)); err != nil {
			return err
		}
	}
	if bad > 0 {
		return failed("%d of %s failed", bad, count(len(results), "case"))
	}
	if !t.JSON {
		c.printf("%s passed in %s\n", count(len(results), "case"), time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// loadCases reads a workspace that is fit to be published, and its cases.
func loadCases(c *Call, dir string) (*trial.Suite, []trial.Case, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("there is no workspace to read: %w", err)
	}
	defer root.Close()
	suite, cases, problems, err := trial.Open(root.FS())
	if len(problems) > 0 {
		for _, p := range problems {
			c.printf("%s\n", p)
		}
		return nil, nil, failed("%s in %s", count(len(problems), "problem"), dir)
	}
	return suite, cases, err
}

type caseJSON struct {
	Journey  string     `json:"journey"`
	Case     string     `json:"case"`
	OK       bool       `json:"ok"`
	Error    string     `json:"error,omitempty"`
	Rows     []rowJSON  `json:"rows"`
	Timeline []lineJSON `json:"timeline"`
}

type rowJSON struct {
	Expected string `json:"expected,omitempty"`
	Happened string `json:"happened,omitempty"`
	Wrong    string `json:"wrong,omitempty"`
}

type lineJSON struct {
	At      time.Time      `json:"at"`
	Kind    trial.Kind     `json:"kind"`
	Name    string         `json:"name,omitempty"`
	Journey string         `json:"journey,omitempty"`
	Key     string         `json:"key,omitempty"`
	Channel string         `json:"channel,omitempty"`
	Locale  string         `json:"locale,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Subject string         `json:"subject,omitempty"`
	Count   *int           `json:"count,omitempty"`
	Update  map[string]any `json:"update,omitempty"`
}

func casesAsJSON(results []trial.Result) map[string]any {
	all := make([]caseJSON, len(results))
	for i, r := range results {
		one := caseJSON{Journey: r.Case.Journey, Case: r.Case.Name, OK: r.OK, Rows: []rowJSON{}, Timeline: []lineJSON{}}
		if r.Err != nil {
			one.Error = r.Err.Error()
		}
		for _, row := range r.Rows {
			var j rowJSON
			if row.Expected != nil {
				j.Expected = row.Expected.String()
			}
			if row.Actual != nil {
				j.Happened = row.Actual.String()
			}
			j.Wrong = row.Wrong
			one.Rows = append(one.Rows, j)
		}
		for _, l := range r.Lines {
			j := lineJSON{
				At: l.At, Kind: l.Kind, Name: l.Name, Journey: l.Journey, Key: l.Key, Channel: l.Channel, Locale: l.Locale, Reason: l.Reason,
				Subject: l.Subject, Update: l.Update,
			}
			if l.Kind == trial.Collect {
				j.Count = &l.Count
			}
			one.Timeline = append(one.Timeline, j)
		}
		all[i] = one
	}
	return map[string]any{"cases": all}
}
