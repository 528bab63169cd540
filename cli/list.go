package cli

import (
	"cmp"
	"fmt"
	"net/http"
)

// ListCommand lists the people of whom a rule is true.
type ListCommand struct {
	Connection
	Rule    string `arg:"" help:"A rule as segments have it, in quotes: 'user.plan == \"free\"'."`
	Limit   int    `default:"100" help:"How many at most."`
	Explain bool   `help:"Show the statement, and how Postgres means to work it out, instead."`
	JSON    bool   `name:"json" help:"Print them as JSON."`
}

// Run lists: of each the caller's own id, where there is one.
func (q *ListCommand) Run(c *Call) error {
	if q.Limit < 1 {
		return fmt.Errorf("--limit %d shows nothing; write a number from 1", q.Limit)
	}
	server, err := q.open()
	if err != nil {
		return err
	}
	type person struct {
		ID     string `json:"id"`
		UserID string `json:"user_id,omitempty"`
	}
	all := []person{}
	for after := ""; len(all) < q.Limit; {
		var page struct {
			People  []person `json:"people"`
			Next    string   `json:"next"`
			Explain *plan    `json:"explain"`
		}
		ask := map[string]any{"rule": q.Rule, "after": after, "limit": min(500, q.Limit-len(all)), "explain": q.Explain}
		if err := server.manage(c, http.MethodPost, "/api/audience/list", ask, &page); err != nil {
			return err
		}
		if page.Explain != nil {
			if q.JSON {
				return c.printJSON(page.Explain)
			}
			return page.Explain.print(c)
		}
		all = append(all, page.People...)
		if after = page.Next; after == "" {
			break
		}
	}
	if q.JSON {
		return c.printJSON(map[string]any{"people": all})
	}
	for _, p := range all {
		c.printf("%s\n", cmp.Or(p.UserID, p.ID))
	}
	return nil
}
