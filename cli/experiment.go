package cli

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/journey"
)

// ExperimentCommand plans experiments and ends them.
type ExperimentCommand struct {
	Size     ExperimentSizeCommand     `cmd:"" help:"Say how many people an experiment needs, before it begins."`
	Conclude ExperimentConcludeCommand `cmd:"" help:"Write the journey without an experiment, as if everybody got one of its variants; for you to review."`
}

// ExperimentSizeCommand says how many people an experiment needs.
type ExperimentSizeCommand struct {
	Rate     float64 `required:"" placeholder:"0.1" help:"Of the control: the share of people who reach the goal, 0 to 1."`
	Lift     float64 `required:"" placeholder:"0.1" help:"The least that is worth finding, as a share of the rate: 0.1 is a tenth more."`
	Variants int     `default:"2" help:"How many variants, with the control. (${default})"`
	Power    float64 `default:"0.8" help:"How surely such a lift is to be found. (${default})"`
	Daily    float64 `placeholder:"N" help:"How many people come to the experiment on a day; then it is said how many days it takes."`
	JSON     bool    `name:"json" help:"Print it as JSON."`
}

// Run computes.
func (e *ExperimentSizeCommand) Run(c *Call) error {
	plan := insight.Plan{Rate: e.Rate, Lift: e.Lift, Variants: e.Variants, Power: e.Power, Level: insight.Level}
	size, ok := plan.Needs()
	if !ok {
		return errors.New("there is no such experiment; write a rate between 0 and 1, a lift that is not 0 and leaves the rate below 1, at least 2 variants, and a power between 0 and 1")
	}
	if e.JSON {
		return c.printJSON(size)
	}
	c.printf("to find %s instead of %s in %.0f of 100 cases:\n", exactPercent(e.Rate*(1+e.Lift)), exactPercent(e.Rate), 100*e.Power)
	for _, one := range []struct {
		people int64
		how    string
	}{{size.Sequential, "if you may look every day and stop when it is clear, as `mixtape report` lets you"}, {size.Fixed, "if you look once, at the end"}} {
		c.printf("  %s people in each of %d variants %s", number(one.people), e.Variants, one.how)
		if e.Daily > 0 {
			c.printf(": %s days", number(int64(math.Ceil(float64(one.people)*float64(e.Variants)/e.Daily))))
		}
		c.printf("\n")
	}
	return nil
}

// ExperimentConcludeCommand promotes a variant.
type ExperimentConcludeCommand struct {
	Connection
	Journey string `arg:"" help:"The journey."`
	Step    string `arg:"" help:"The experiment's step."`
	Variant string `arg:"" help:"The variant that everybody is to get from now on."`
	Dir     string `default:"." placeholder:"DIR" help:"Folder of the workspace whose file is changed."`
	Force   bool   `help:"Also where the report does not call the variant better."`
}

// Run asks the report whether the variant is better, and writes the file.
func (e *ExperimentConcludeCommand) Run(c *Call) error {
	file := filepath.Join(e.Dir, "journeys", e.Journey+".yaml")
	source, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the journey's file: %w", err)
	}
	concluded, err := journey.Conclude(source, e.Step, e.Variant)
	if err != nil {
		return failed("%s: %s", file, err)
	}
	said, err := e.judged(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, concluded, 0o600); err != nil { //nolint:gosec // of the workspace that the user names
		return err
	}
	if _, problems, err := load(e.Dir); err == nil && len(problems) > 0 { // such as a rule that reads which variant they had
		for _, p := range problems {
			c.printf("%s\n", p)
		}
		return failed("%s is written, and does not pass lint now: mend it, or take it back (git checkout)", file)
	}
	c.printf("%s\n%s: everybody gets %s; look at the change (git diff), test it and apply it\n", said, file, e.Variant)
	return nil
}

// judged is what the report says of the variant; one that is not better is refused unless it is forced.
func (e *ExperimentConcludeCommand) judged(c *Call) (string, error) {
	if e.Force {
		return "not asked: forced", nil
	}
	server, err := e.open()
	if err != nil {
		return "", err
	}
	var report insight.Report
	if err := server.manage(c, http.MethodGet, "/api/journeys/"+segment(e.Journey)+"/report", nil, &report); err != nil {
		return "", err
	}
	for _, t := range report.Trials {
		if t.Step != e.Step {
			continue
		}
		if !t.Claimed {
			return "", failed("nothing can be said of %s: %s; --force concludes it all the same", e.Step, t.Why)
		}
		for _, v := range t.Variants {
			if v.Arm.Name != e.Variant {
				continue
			}
			words := fmt.Sprintf("%s: %s, %s above the control", e.Variant, v.Verdict, within(v.Difference, points))
			if v.Control {
				words = e.Variant + " is the control"
			}
			if v.Verdict != insight.Better || len(v.Harms) > 0 {
				return "", failed("%s; --force concludes it all the same", words)
			}
			return words, nil
		}
	}
	return "", failed("the report of %s knows no variant %s of %s", e.Journey, e.Variant, e.Step)
}
