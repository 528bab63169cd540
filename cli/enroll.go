package cli

import (
	"net/http"

	"github.com/google/uuid"
)

// EnrollCommand lets a person into a journey.
type EnrollCommand struct {
	Connection
	Journey    string   `arg:"" help:"The journey's key. Its entry must say api: true."`
	User       string   `arg:"" help:"Your id of the person."`
	Properties []string `arg:"" optional:"" name:"key=value" help:"What rules and templates of the journey read as entry.<key>."`
	JSON       bool     `name:"json" help:"Print the verdict as JSON."`
}

// Run enrolls. That the journey refuses the person is a failure.
func (e *EnrollCommand) Run(c *Call) error {
	properties, err := pairs(e.Properties)
	if err != nil {
		return err
	}
	server, err := e.open()
	if err != nil {
		return err
	}
	var verdict struct {
		Run     string `json:"run,omitempty"`
		Refused string `json:"refused,omitempty"`
		Profile string `json:"profile"`
	}
	request := map[string]any{"user_id": e.User, "properties": properties, "idempotency_key": uuid.NewString()}
	if err := server.manage(c, http.MethodPost, "/api/journeys/"+segment(e.Journey)+"/enroll", request, &verdict); err != nil {
		return err
	}
	if e.JSON {
		if err := c.printJSON(verdict); err != nil {
			return err
		}
	}
	if verdict.Refused != "" {
		return failed("%s was not let into %s: %s", e.User, e.Journey, verdict.Refused)
	}
	if !e.JSON {
		c.printf("%s entered %s: run %s\n", e.User, e.Journey, verdict.Run)
	}
	return nil
}
