package journey_test

import (
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Rules of a journey see the segments of the profile and what the workspace looks things up in.
func TestRulesLookThingsUp(t *testing.T) {
	t.Parallel()
	f := journey.Facts{
		Now: at(0), Profile: &profile.Profile{}, Segments: map[string]bool{"vip": true},
		Catalogs:  map[string]rules.Catalog{"products": {"s1": {"price": 5.0}}},
		Calendars: map[string]rules.Calendar{"holidays": {{From: "2026-05-01", To: "2026-05-01"}}},
	}
	for _, rule := range []string{`in_segment("vip")`, `catalog("products", entry.sku).price == 5`, `on_day("holidays")`} {
		j := compiled(t, `{journey: a, entry: {event: go}, steps: [{id: b, branch: [{when: '`+rule+`', steps: [{id: yes, exit: found}]}]}]}`)
		s := j.Begin(happened(1, "go", at(0), map[string]any{"sku": "s1"}), at(0))
		if a := j.Next(s, f); a.Reason != "found" {
			t.Errorf("%s: ended with %q", rule, a.Reason)
		}
	}
}

// What the workspace does not have is told where it is asked for.
func TestRulesLookForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	source := `{journey: a, entry: {event: go}, steps: [{id: b, branch: [{when: 'in_segment("vpi") && catalog("product", entry.sku).price > 1 && on_day("holiday")', steps: [{id: yes, exit: found}]}]}]}`
	_, problems := journey.Compile("journey.yaml", []byte(source), journey.Options{
		Segments: []string{"vip"}, Catalogs: map[string]rules.Catalog{"products": {}}, Calendars: map[string]rules.Calendar{"holidays": nil},
	})
	if len(problems) != 3 {
		t.Errorf("%d problems, want three: %v", len(problems), problems)
	}
}

// What was worked out anew of somebody is looked at by the journeys whose rules read it, and by no other.
func TestJourneysWatchWhatIsWorkedOut(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{`score("churn") > 0.7`, `affinity("genre") == "jazz"`, `in_segment("vip")`} {
		j := compiled(t, `{journey: a, entry: {event: go}, exit: [{rule: '`+rule+`', reason: gone}], steps: [{id: b, wait: 3d}]}`)
		for change, of := range map[string]string{
			profile.ScoreChange("churn"): `score("churn") > 0.7`, profile.AffinityChange("genre"): `affinity("genre") == "jazz"`,
			profile.SegmentChange("vip"): `in_segment("vip")`, profile.ScoreChange("genre"): "", profile.AffinityChange("churn"): "", "churn": "", "genre": "",
		} {
			if got := j.Cares("", []string{change}); got != (of == rule) {
				t.Errorf("%s cares for %s: %v", rule, change, got)
			}
		}
	}
}
