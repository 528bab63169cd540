package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// known is what was learned of a person, or told.
type known struct {
	Scores     map[string]float64  `json:"scores"`
	Reasons    map[string][]string `json:"reasons"`
	Affinities map[string]string   `json:"affinities"`
	Channels   []string            `json:"channels"`
	BestHours  *struct {
		Weekdays int `json:"weekdays"`
		Weekends int `json:"weekends"`
	} `json:"best_hours"`
}

// tell prints it, a line each: what rules, templates, channels and hours go by.
func (k known) tell(c *Call) {
	for _, name := range slices.Sorted(maps.Keys(k.Scores)) {
		because := ""
		if reasons := k.Reasons[name]; len(reasons) > 0 {
			because = "  " + strings.Join(reasons, "; ")
		}
		c.printf("  score %s %.3g%s\n", name, k.Scores[name], because)
	}
	for _, name := range slices.Sorted(maps.Keys(k.Affinities)) {
		c.printf("  likes %s %s\n", name, k.Affinities[name])
	}
	var answers []string
	if len(k.Channels) > 0 {
		answers = append(answers, "by "+strings.Join(k.Channels, ", then "))
	}
	if h := k.BestHours; h != nil {
		answers = append(answers, fmt.Sprintf("at %02d:00, on weekends at %02d:00", h.Weekdays, h.Weekends))
	}
	if len(answers) > 0 {
		c.printf("  answers most %s\n", strings.Join(answers, ", "))
	}
}
