package cli

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
)

// EnrollCommand lets a person, or many, into a journey.
type EnrollCommand struct {
	Connection
	Journey    string   `arg:"" help:"The journey's key. Its entry must say api: true."`
	User       string   `arg:"" optional:"" help:"Your id of one person."`
	Properties []string `arg:"" optional:"" name:"key=value" help:"What rules and templates of the journey read as entry.<key>."`
	Many
	JSON bool `name:"json" help:"Print the verdict, or what became of all, as JSON."`
}

// Run enrolls. That the journey refuses the person is a failure.
func (e *EnrollCommand) Run(c *Call) error {
	if said := e.said(); said > 1 || said == 1 && e.User != "" || said == 0 && e.User == "" {
		return errors.New("write one of: your id of a person, --segment, --rule, --file")
	}
	server, err := e.open()
	if err != nil {
		return err
	}
	if e.User == "" {
		return e.enroll(c, server, e.Journey, e.JSON)
	}
	properties, err := pairs(e.Properties)
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
