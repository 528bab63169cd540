package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
)

// CountCommand counts the people of whom a rule is true.
type CountCommand struct {
	Connection
	Rule    string `arg:"" help:"A rule as segments have it, in quotes: 'events(\"order_completed\").count() >= 2'."`
	Explain bool   `help:"Show the statement, and how Postgres means to work it out, instead."`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// plan is how a question would be worked out.
type plan struct {
	Statement string `json:"statement"`
	Args      []any  `json:"args"`
	Plan      string `json:"plan"`
}

// Run counts.
func (q *CountCommand) Run(c *Call) error {
	server, err := q.open()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := server.manage(c, http.MethodPost, "/api/audience/count", map[string]any{"rule": q.Rule, "explain": q.Explain}, &raw); err != nil {
		return err
	}
	if q.JSON {
		return c.printJSON(raw)
	}
	var answer struct {
		Count   int64 `json:"count"`
		Explain *plan `json:"explain"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	if answer.Explain != nil {
		return answer.Explain.print(c)
	}
	c.printf("%d\n", answer.Count)
	return nil
}

// print writes the statement, what its placeholders stand for, and the plan.
func (p *plan) print(c *Call) error {
	c.printf("%s\n\n", p.Statement)
	if len(p.Args) > 0 {
		t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
		for i, arg := range p.Args {
			text, err := json.Marshal(arg)
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "$%d\t%s\n", i+1, shortened(string(text)))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		c.printf("\n")
	}
	c.printf("%s\n", strings.TrimRight(p.Plan, "\n"))
	return nil
}

// shortened keeps whole catalogs off the screen.
func shortened(text string) string {
	const most = 200
	if chars := []rune(text); len(chars) > most {
		return string(chars[:most]) + " ..."
	}
	return text
}
