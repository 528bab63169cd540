package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// ExplainCommand tells a person's story.
type ExplainCommand struct {
	Connection
	User    string `arg:"" help:"Your id of the person, an anonymous id, an e-mail address, or Mixtape's own id."`
	Journey string `placeholder:"KEY" help:"Only what concerns this journey."`
	Limit   int    `default:"500" help:"How many lines at most, the newest."`
	JSON    bool   `name:"json" help:"Print the story as JSON."`
}

type story struct {
	Profile struct {
		ID         string         `json:"id"`
		UserID     string         `json:"user_id"`
		Attributes map[string]any `json:"attributes"`
		known
	} `json:"profile"`
	Lines []storyLine `json:"lines"`
}

type storyLine struct {
	At      time.Time       `json:"at"`
	RunTime *time.Time      `json:"run_time,omitempty"`
	Kind    string          `json:"kind"`
	Words   string          `json:"words"`
	Name    string          `json:"name,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Journey string          `json:"journey,omitempty"`
	Step    string          `json:"step,omitempty"`
	Run     string          `json:"run,omitempty"`
	Message string          `json:"message,omitempty"`
	Times   int64           `json:"times,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
}

// Run explains.
func (e *ExplainCommand) Run(c *Call) error {
	server, err := e.open()
	if err != nil {
		return err
	}
	var raw json.RawMessage
	path := "/api/profiles/" + segment(e.User) + "/story?limit=" + strconv.Itoa(e.Limit)
	if err := server.manage(c, http.MethodGet, path, nil, &raw); err != nil {
		return err
	}
	var s story
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("the story cannot be read: %w", err)
	}
	s.Lines = slices.DeleteFunc(s.Lines, func(l storyLine) bool {
		return e.Journey != "" && l.Journey != "" && l.Journey != e.Journey
	})
	if e.JSON {
		whole := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw, &whole); err != nil {
			return err
		}
		if whole["lines"], err = json.Marshal(s.Lines); err != nil {
			return err
		}
		return c.printJSON(whole)
	}
	zone, err := server.home(c, s)
	if err != nil {
		return err
	}
	s.tell(c, zone)
	return nil
}

// home is the zone that the story is told in: the person's, else the workspace's, else UTC.
func (a *api) home(ctx context.Context, s story) (*time.Location, error) {
	if name, ok := s.Profile.Attributes["timezone"].(string); ok {
		if zone, ok := calendar.LoadZone(name); ok {
			return zone, nil
		}
	}
	var d struct {
		Settings struct {
			Timezone string `json:"timezone"`
		} `json:"settings"`
	}
	if err := a.manage(ctx, http.MethodGet, "/api/deployment", nil, &d); err != nil {
		return nil, err
	}
	if zone, ok := calendar.LoadZone(d.Settings.Timezone); ok {
		return zone, nil
	}
	return time.UTC, nil
}

func (s story) tell(c *Call, zone *time.Location) {
	who := s.Profile.UserID
	if who == "" {
		who = "somebody anonymous"
	}
	clocked := slices.ContainsFunc(s.Lines, storyLine.clocked)
	c.printf("%s (%s), times in %s", who, s.Profile.ID, zone)
	if clocked {
		c.printf(" by the clock of the runs, real time in brackets")
	}
	c.printf("\n")
	s.Profile.tell(c)
	if len(s.Lines) == 0 {
		c.printf("nothing happened yet\n")
	}
	day := ""
	for _, l := range s.Lines {
		at := l.when().In(zone)
		if today := at.Format("Mon 2 January 2006"); today != day {
			day = today
			c.printf("\n%s\n", day)
		}
		real := ""
		if l.clocked() {
			real = l.At.In(zone).Format("  [2 Jan 15:04:05]")
		}
		c.printf("  %s  %s%s\n", at.Format("15:04:05"), l.sentence(), real)
		if details := l.because(); details != "" {
			c.printf("            %s\n", details)
		}
	}
}

// when is the time by which the line is to be understood: that of the run's own clock, where it has one.
func (l storyLine) when() time.Time {
	if l.RunTime != nil {
		return *l.RunTime
	}
	return l.At
}

// clocked tells whether that is another second than the real one.
func (l storyLine) clocked() bool {
	return !l.when().Truncate(time.Second).Equal(l.At.Truncate(time.Second))
}

// sentence is what happened, and where.
func (l storyLine) sentence() string {
	words := inStep(l.Step, l.Words, l.Kind+": "+l.Reason)
	if l.Journey == "" || l.Kind == "refusal" || strings.HasPrefix(words, l.Journey+":") {
		return words
	}
	return l.Journey + ": " + words
}

// because writes what an event carried or a decision looked at, by name.
func (l storyLine) because() string {
	var details map[string]json.RawMessage
	if json.Unmarshal(l.Details, &details) != nil {
		return ""
	}
	parts := make([]string, 0, len(details))
	for _, name := range slices.Sorted(maps.Keys(details)) {
		const most = 200
		value := string(details[name])
		if runes := []rune(value); len(runes) > most {
			value = string(runes[:most]) + "..."
		}
		parts = append(parts, name+": "+value)
	}
	return strings.Join(parts, ", ")
}
