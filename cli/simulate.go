package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/mixtapehq/mixtape/workspace/trial"
)

// SimulateCommand tells one person's way through a journey.
type SimulateCommand struct {
	Dir     string `arg:"" help:"Folder of the workspace."`
	Journey string `arg:"" help:"The journey."`
	Case    string `placeholder:"NAME" help:"Play this case of the journey."`
	Profile string `placeholder:"FILE" type:"path" help:"Play this person: YAML or JSON, as profile: in a case."`
	Events  string `placeholder:"FILE" type:"path" help:"What happens to them: YAML or JSON, as events: in a case."`
	At      string `placeholder:"MOMENT" help:"Where it starts, as 2026-03-27T18:00:00+01:00; now, when it is left out."`
	JSON    bool   `name:"json" help:"Print what happened as JSON."`
}

// Run plays and tells.
func (s *SimulateCommand) Run(c *Call) error {
	suite, cases, err := loadCases(c, s.Dir)
	if err != nil {
		return err
	}
	one, err := s.choose(cases)
	if err != nil {
		return err
	}
	r := suite.Play(c, one)
	if r.Err != nil {
		return failed("%s", r.Err)
	}
	if s.JSON {
		return c.printJSON(casesAsJSON([]trial.Result{r})["cases"].([]caseJSON)[0])
	}
	r.Tell(c.Stdout)
	return nil
}

func (s *SimulateCommand) choose(cases []trial.Case) (*trial.Case, error) {
	switch {
	case s.Case != "" && s.Profile+s.Events != "":
		return nil, fmt.Errorf("--case is one person and --profile another; write one of them")
	case s.Case != "":
		for i, one := range cases {
			if one.Journey == s.Journey && one.Name == s.Case {
				return &cases[i], nil
			}
		}
		return nil, failed("the journey %s has no case %q in %s", s.Journey, s.Case, s.Dir)
	case s.Profile == "" || s.Events == "":
		return nil, fmt.Errorf("who goes through the journey? write --case NAME, or --profile FILE and --events FILE")
	}
	person, err := os.ReadFile(s.Profile)
	if err != nil {
		return nil, err
	}
	events, err := os.ReadFile(s.Events)
	if err != nil {
		return nil, err
	}
	at := time.Now().Truncate(time.Second)
	if s.At != "" {
		if at, err = time.Parse(time.RFC3339, s.At); err != nil {
			return nil, fmt.Errorf("--at is a moment such as 2026-03-27T18:00:00+01:00")
		}
	}
	one, problems := trial.Person(s.Journey, at, s.Profile, person, s.Events, events)
	if len(problems) > 0 {
		words := ""
		for _, p := range problems {
			words += "\n" + p.String()
		}
		return nil, failed("nobody to play:%s", words)
	}
	return one, nil
}
