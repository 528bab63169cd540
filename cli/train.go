package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"
)

// TrainCommand has everything learned now.
type TrainCommand struct {
	Connection
	JSON bool `name:"json" help:"Print the workflow as JSON."`
}

// Run begins. It is learned in the background.
func (t *TrainCommand) Run(c *Call) error {
	server, err := t.open()
	if err != nil {
		return err
	}
	var begun struct {
		Workflow string `json:"workflow"`
	}
	if err := server.manage(c, http.MethodPost, "/api/train", nil, &begun); err != nil {
		return err
	}
	if t.JSON {
		return c.printJSON(begun)
	}
	c.printf("learning, by the workflow %s in Temporal; `mixtape models` shows what comes of it\n", begun.Workflow)
	return nil
}

// ModelsCommand shows what was learned.
type ModelsCommand struct {
	Connection
	JSON bool `name:"json" help:"Print them as JSON, with how good they are."`
}

// Run lists.
func (m *ModelsCommand) Run(c *Call) error {
	server, err := m.open()
	if err != nil {
		return err
	}
	var all struct {
		Models []struct {
			Name      string          `json:"name"`
			Training  string          `json:"training"`
			CreatedAt time.Time       `json:"created_at"`
			DataFrom  time.Time       `json:"data_from"`
			DataTo    time.Time       `json:"data_to"`
			Promoted  bool            `json:"promoted"`
			Why       string          `json:"why"`
			InUse     string          `json:"in_use"`
			Features  json.RawMessage `json:"features"`
			Metrics   json.RawMessage `json:"metrics"`
			Baseline  json.RawMessage `json:"baseline"`
		} `json:"models"`
	}
	if err := server.manage(c, http.MethodGet, "/api/models", nil, &all); err != nil {
		return err
	}
	if m.JSON {
		return c.printJSON(all)
	}
	if len(all.Models) == 0 {
		c.printf("nothing was learned yet; `mixtape train` does it now, and a schedule once a day\n")
		return nil
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	for _, one := range all.Models {
		why := one.Why
		if one.InUse != "" && one.InUse != one.Training {
			why += "; " + one.InUse + " goes on"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", one.Name, one.CreatedAt.Local().Format(time.DateTime), why)
	}
	return t.Flush()
}
