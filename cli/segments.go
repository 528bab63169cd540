package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"
)

// SegmentsCommand lists segments, or who is in one.
type SegmentsCommand struct {
	Connection
	Segment string `arg:"" optional:"" help:"The segment whose members to list."`
	Limit   int    `default:"100" help:"How many members at most."`
	JSON    bool   `name:"json" help:"Print them as JSON."`
}

type listedSegment struct {
	Segment    string     `json:"segment"`
	Name       string     `json:"name"`
	Rule       string     `json:"rule"`
	Members    int64      `json:"members"`
	Computed   bool       `json:"computed"`
	ComputedAt *time.Time `json:"computed_at"`
}

// standing says by what its members are known.
func (s listedSegment) standing() string {
	switch {
	case !s.Computed:
		return "being computed"
	case s.ComputedAt == nil:
		return ""
	}
	return s.ComputedAt.Local().Format(time.DateTime)
}

// Run lists.
func (s *SegmentsCommand) Run(c *Call) error {
	server, err := s.open()
	if err != nil {
		return err
	}
	if s.Segment != "" {
		return s.members(c, server)
	}
	var list struct {
		Segments []listedSegment `json:"segments"`
	}
	if err := server.manage(c, http.MethodGet, "/api/segments", nil, &list); err != nil {
		return err
	}
	if s.JSON {
		return c.printJSON(list)
	}
	if len(list.Segments) == 0 {
		c.printf("no segments; write segments/NAME.yaml and apply it\n")
		return nil
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SEGMENT\tMEMBERS\tCOMPUTED\tRULE")
	for _, one := range list.Segments {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", one.Segment, one.Members, one.standing(), firstLine(one.Rule))
	}
	return t.Flush()
}

func (s *SegmentsCommand) members(c *Call, server *api) error {
	if s.Limit < 1 {
		return fmt.Errorf("--limit %d shows nothing; write a number from 1", s.Limit)
	}
	type member struct {
		ID     string `json:"id"`
		UserID string `json:"user_id,omitempty"`
	}
	all := []member{}
	for after := ""; len(all) < s.Limit; {
		query := url.Values{"limit": {strconv.Itoa(min(500, s.Limit-len(all)))}}
		if after != "" {
			query.Set("after", after)
		}
		var page struct {
			Members []member `json:"members"`
			Next    string   `json:"next"`
		}
		if err := server.manage(c, http.MethodGet, "/api/segments/"+segment(s.Segment)+"/members?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		all = append(all, page.Members...)
		if after = page.Next; after == "" {
			break
		}
	}
	if s.JSON {
		return c.printJSON(map[string]any{"members": all})
	}
	for _, m := range all {
		c.printf("%s\n", cmp.Or(m.UserID, m.ID))
	}
	if len(all) == 0 {
		c.printf("nobody is in %s\n", s.Segment)
	}
	return nil
}
