package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// ResumeCommand lets go on what was paused, or stuck.
type ResumeCommand struct {
	Connection
	Journey string `arg:"" optional:"" help:"The journey's key."`
	All     bool   `help:"Lift the pause of everything. Journeys that were paused by themselves stay so."`
	Due     string `enum:"send,skip,shift" default:"send" help:"What to do with what came due during the pause. send: it goes out now, unless it is too late or the hour is quiet. skip: those messages are left out, and people go on behind them. shift: the pause does not count as time, and who had a day left to wait has a day left."`
	Stuck   bool   `help:"Let runs try again that could not compute their next move, after a release that mends it."`
	Yes     int64  `placeholder:"N" help:"Go on although this releases N runs."`
}

// Run resumes.
func (r *ResumeCommand) Run(c *Call) error {
	chosen := 0
	for _, one := range []bool{r.Journey != "", r.All, r.Stuck} {
		if one {
			chosen++
		}
	}
	if chosen != 1 {
		return errors.New("write the key of one journey, or --all for everything, or --stuck for runs that got stuck")
	}
	server, err := r.open()
	if err != nil {
		return err
	}
	if r.Stuck {
		return r.stuck(c, server)
	}
	what, path := "everything", "/api/resume"
	if !r.All {
		what, path = r.Journey, "/api/journeys/"+segment(r.Journey)+"/resume"
	}
	// Unasked first: the API says no where that would release many.
	request := map[string]any{"due": r.Due}
	if r.Yes > 0 {
		request["confirm"] = r.Yes
	}
	var now struct {
		paused
		Due string `json:"due"`
	}
	err = server.manage(c, http.MethodPost, path, request, &now)
	var no *answer
	if errors.As(err, &no) && no.Status == http.StatusConflict {
		held, counted := server.held(c, r.Journey)
		if counted != nil {
			return counted
		}
		if held == 0 {
			return err // it was another no
		}
		if err := c.confirm(fmt.Sprintf("this releases %s", count(held, "run")), held, r.Yes); err != nil {
			return err
		}
		err = server.manage(c, http.MethodPost, path, map[string]any{"confirm": held, "due": r.Due}, &now)
	}
	if err != nil {
		return err
	}
	c.printf("%s goes on; %s released%s\n", what, count(now.Runs, "run"), r.told())
	if now.Due != "" && now.Due != r.Due {
		c.printf("it was resumed before, and that counts: --due %s\n", now.Due)
	}
	if now.Paused {
		c.printf("everything is paused still: `mixtape resume --all` lifts that\n")
	}
	return nil
}

// told says what becomes of what came due, where that is not what anybody expects.
func (r *ResumeCommand) told() string {
	switch r.Due {
	case "skip":
		return ", what they were to send meanwhile is skipped"
	case "shift":
		return ", the pause does not count as time"
	}
	return ""
}

// held counts the paused runs of a journey, or with an empty name of all.
func (a *api) held(ctx context.Context, journey string) (n int64, err error) {
	var standing struct {
		Journeys []struct {
			Journey string     `json:"journey"`
			Steps   []stepRuns `json:"steps"`
		} `json:"journeys"`
	}
	err = a.manage(ctx, http.MethodGet, "/api/journeys", nil, &standing)
	for _, j := range standing.Journeys {
		for _, s := range j.Steps {
			if s.Phase == "paused" && (journey == "" || j.Journey == journey) {
				n += s.Runs
			}
		}
	}
	return n, err
}

func (r *ResumeCommand) stuck(c *Call, server *api) error {
	var retried struct {
		Runs []string `json:"runs"`
	}
	if err := server.manage(c, http.MethodPost, "/api/runs/retry-stuck", map[string]any{}, &retried); err != nil {
		return err
	}
	for _, id := range retried.Runs {
		c.printf("%s\n", id)
	}
	c.printf("%s will try again\n", count(len(retried.Runs), "stuck run"))
	return nil
}
