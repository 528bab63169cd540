package cli

import (
	"fmt"
	"net/http"
)

// StopCommand ends runs.
type StopCommand struct {
	Connection
	Who     string `arg:"" name:"run or user" help:"The id of a run; or your id of a person, with the journey behind it."`
	Journey string `arg:"" optional:"" help:"The journey's key: all of this person's runs in it end."`
}

// Run stops. That there was nothing to stop is a failure.
func (s *StopCommand) Run(c *Call) error {
	request := map[string]string{"run": s.Who}
	if s.Journey != "" {
		request = map[string]string{"profile": s.Who, "journey": s.Journey}
	} else if !runID.MatchString(s.Who) {
		return fmt.Errorf("%q is not the id of a run; write one as `mixtape runs` shows it, or a person and a journey", s.Who)
	}
	server, err := s.open()
	if err != nil {
		return err
	}
	var stopped struct {
		Runs []string `json:"runs"`
	}
	if err := server.manage(c, http.MethodPost, "/api/runs/stop", request, &stopped); err != nil {
		return err
	}
	if len(stopped.Runs) == 0 {
		return failed("nothing was stopped: it is over already, or was told to stop before")
	}
	for _, id := range stopped.Runs {
		c.printf("%s was told to stop\n", id)
	}
	return nil
}
