package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// RunsCommand lists runs, or shows one.
type RunsCommand struct {
	Connection
	Who     string `arg:"" optional:"" name:"user or run" help:"Your id of a person, or the id of a run as Temporal's UI shows it."`
	Journey string `placeholder:"KEY" help:"Only of this journey."`
	Status  string `placeholder:"STATUS" enum:"active,ended,held_out," default:"" help:"Only these: active, ended or held_out."`
	Phase   string `placeholder:"PHASE" help:"Only these: waiting, held, delivering, paused, stuck or ended."`
	Limit   int    `default:"50" help:"How many at most."`
	JSON    bool   `name:"json" help:"Print them as JSON."`
}

type run struct {
	ID         string     `json:"id"`
	Journey    string     `json:"journey"`
	Version    string     `json:"version"`
	Phase      string     `json:"phase"`
	Step       string     `json:"step"`
	Why        string     `json:"why"`
	NextWakeAt *time.Time `json:"next_wake_at"`
	EnteredAt  time.Time  `json:"entered_at"`
	EndedAt    *time.Time `json:"ended_at"`
	ExitReason string     `json:"exit_reason"`
	ExitWanted string     `json:"exit_wanted"`
	Decisions  []struct {
		At     time.Time `json:"at"`
		Step   string    `json:"step"`
		Kind   string    `json:"kind"`
		Reason string    `json:"reason"`
		Words  string    `json:"words"`
	} `json:"decisions"`
}

// runID is JOURNEY/PROFILE/N; no id of a person that a caller chose looks like that by chance.
var runID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*/p[0-9a-v]{26}/[0-9]+$`)

// Run lists runs, or shows the one whose id is given.
func (r *RunsCommand) Run(c *Call) error {
	server, err := r.open()
	if err != nil {
		return err
	}
	if runID.MatchString(r.Who) {
		return r.one(c, server)
	}
	if r.Limit < 1 {
		return fmt.Errorf("--limit %d shows nothing; write a number from 1", r.Limit)
	}
	rows := []json.RawMessage{}
	for after := ""; len(rows) < r.Limit; {
		query := url.Values{"limit": {strconv.Itoa(min(500, r.Limit-len(rows)))}}
		for name, value := range map[string]string{"profile": r.Who, "journey": r.Journey, "status": r.Status, "phase": r.Phase, "after": after} {
			if value != "" {
				query.Set(name, value)
			}
		}
		var page struct {
			Runs []json.RawMessage `json:"runs"`
			Next string            `json:"next"`
		}
		if err := server.manage(c, http.MethodGet, "/api/runs?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		rows, after = append(rows, page.Runs...), page.Next
		if after == "" || len(page.Runs) == 0 {
			break
		}
	}
	if r.JSON {
		return c.printJSON(map[string]any{"runs": rows})
	}
	if len(rows) == 0 {
		c.printf("no runs\n")
		return nil
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tENTERED\tWHERE\tWHY")
	for _, raw := range rows {
		var one run
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", one.ID, one.EnteredAt.Local().Format(time.DateTime), one.where(), firstLine(one.Why))
	}
	return t.Flush()
}

func (r run) where() string {
	switch {
	case r.EndedAt != nil:
		return "ended: " + r.ExitReason
	case r.ExitWanted != "":
		return "ending: " + r.ExitWanted
	case r.Step != "":
		return r.Phase + " at " + r.Step
	}
	return r.Phase
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (r *RunsCommand) one(c *Call, server *api) error {
	parts := strings.Split(r.Who, "/")
	for i := range parts {
		parts[i] = segment(parts[i])
	}
	var raw json.RawMessage
	if err := server.manage(c, http.MethodGet, "/api/runs/"+strings.Join(parts, "/"), nil, &raw); err != nil {
		return err
	}
	if r.JSON {
		return c.printJSON(raw)
	}
	var one run
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	c.printf("%s, version %s\n%s, entered %s\n", one.ID, short(one.Version), one.where(), one.EnteredAt.Local().Format(time.DateTime))
	if one.Why != "" {
		c.printf("%s\n", one.Why)
	}
	if one.NextWakeAt != nil && one.EndedAt == nil {
		c.printf("next look %s\n", one.NextWakeAt.Local().Format(time.DateTime))
	}
	for _, d := range one.Decisions {
		c.printf("  %s  %s\n", d.At.Local().Format(time.DateTime), inStep(d.Step, d.Words, d.Kind+": "+d.Reason))
	}
	return nil
}

// inStep says what was decided and at which step, unless the words begin with it.
func inStep(step, words, otherwise string) string {
	if words == "" {
		words = otherwise
	}
	if step == "" || strings.HasPrefix(words, step+":") {
		return words
	}
	return step + ": " + words
}
