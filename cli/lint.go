package cli

import (
	"fmt"
	"os"

	"github.com/mixtapehq/mixtape/workspace"
)

// LintCommand reads a workspace and says what is wrong with it.
type LintCommand struct {
	Dir  string `arg:"" optional:"" default:"." help:"Folder of the workspace, with workspace.yaml in it."`
	JSON bool   `name:"json" help:"Print the problems as JSON."`
}

// Run lints.
func (l *LintCommand) Run(c *Call) error {
	w, problems, err := load(l.Dir)
	if err != nil {
		return err
	}
	if l.JSON {
		type row struct {
			File    string `json:"file"`
			Line    int    `json:"line"`
			Column  int    `json:"column"`
			Step    string `json:"step,omitempty"`
			Message string `json:"message"`
		}
		rows := make([]row, len(problems))
		for i, p := range problems {
			rows[i] = row(p)
		}
		if err := c.printJSON(map[string]any{"problems": rows}); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			c.printf("%s\n", p)
		}
	}
	if len(problems) > 0 {
		return failed("%s in %s", count(len(problems), "problem"), l.Dir)
	}
	if !l.JSON {
		c.printf("%s: %s, nothing to complain about\n", l.Dir, count(len(w.Journeys), "journey"))
	}
	return nil
}

// load reads a workspace; an error says that there is no folder to read.
func load(dir string) (*workspace.Workspace, []workspace.Problem, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", dir)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("there is no workspace to read: %w", err)
	}
	w, problems := workspace.Load(dir)
	return w, problems, nil
}

// count writes a number with its noun.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
