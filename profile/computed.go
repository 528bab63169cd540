package profile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxComputed is how many scores, and how many affinities, a profile can have.
const MaxComputed = 100

// Computed is what was worked out of what the profile does, not told by the caller.
type Computed struct {
	Scores     map[string]float64  `json:"scores,omitempty"`     // by name, such as churn: 0 to 1
	Affinities map[string]string   `json:"affinities,omitempty"` // by attribute of things, such as genre: jazz
	Reasons    map[string][]string `json:"reasons,omitempty"`    // of a score that was learned, the strongest first, in words
	Channels   []string            `json:"channels,omitempty"`   // by the answers to be expected, the best first
	Receptive  []float64           `json:"receptive,omitempty"`  // 168 hours of the local week from Monday 00:00, higher is better; empty: not known
}

// Findings are scores and affinities that somebody has worked out anew; nil takes one away, and those
// that are not named stay as they are.
type Findings struct {
	Scores     map[string]*float64
	Affinities map[string]*string
}

// SetComputed sets them and returns how those that changed stand among an event's changed names, sorted:
// saying again what is known changes nothing.
func SetComputed(p *Profile, f Findings) (changed []string) {
	for name := range f.Scores {
		delete(p.Computed.Reasons, name) // what was learned does not explain what somebody says
	}
	changed = append(
		set(&p.Computed.Scores, f.Scores, ScoreChange),
		set(&p.Computed.Affinities, f.Affinities, AffinityChange)...)
	slices.Sort(changed)
	return changed
}

func set[V comparable](known *map[string]V, found map[string]*V, change func(string) string) (changed []string) {
	for name, value := range found {
		old, had := (*known)[name]
		switch {
		case value == nil && had:
			delete(*known, name)
		case value != nil && (!had || old != *value):
			if *known == nil {
				*known = map[string]V{}
			}
			(*known)[name] = *value
		default:
			continue
		}
		changed = append(changed, change(name))
	}
	return changed
}

// Changes are the names under which all scores and affinities stand among changed ones, sorted.
func (c Computed) Changes() (all []string) {
	for name := range c.Scores {
		all = append(all, ScoreChange(name))
	}
	for name := range c.Affinities {
		all = append(all, AffinityChange(name))
	}
	slices.Sort(all)
	return all
}

// CheckFindings says what is wrong with what somebody has worked out.
func CheckFindings(f Findings) *Problem {
	for _, name := range slices.Sorted(maps.Keys(f.Scores)) {
		if bad := checkComputedName("scores", name); bad != nil {
			return bad
		}
		if v := f.Scores[name]; v != nil && !(*v >= 0 && *v <= 1) {
			return &Problem{Field: "scores." + name, Message: fmt.Sprintf("is %v; write a number from 0 to 1, or null to remove it", *v)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Affinities)) {
		if bad := checkComputedName("affinities", name); bad != nil {
			return bad
		}
		v := f.Affinities[name]
		if v == nil {
			continue
		}
		switch n := utf8.RuneCountInString(*v); {
		case n == 0:
			return &Problem{Field: "affinities." + name, Message: "is empty; write what is liked most, or null to remove it"}
		case n > MaxName:
			return &Problem{Field: "affinities." + name, Message: fmt.Sprintf("is %d characters long; write at most %d", n, MaxName)}
		}
	}
	return nil
}

func checkComputedName(field, name string) *Problem {
	switch n := utf8.RuneCountInString(name); {
	case strings.TrimSpace(name) == "":
		return &Problem{Field: field, Message: "has an empty name; write one, such as churn"}
	case n > MaxName:
		return &Problem{Field: field, Message: fmt.Sprintf("has a name of %d characters; write names of at most %d", n, MaxName)}
	}
	return nil
}

// CheckComputed says what is wrong with how much is known of a profile.
func CheckComputed(c Computed) *Problem {
	field, n := "scores", len(c.Scores)
	if len(c.Affinities) > n {
		field, n = "affinities", len(c.Affinities)
	}
	if n > MaxComputed {
		return &Problem{Field: field, Message: fmt.Sprintf("would be %d of one profile; keep at most %d and remove others with null", n, MaxComputed)}
	}
	return nil
}

// mergeComputed is what is known of the person that two profiles turn out to be: the identified one's,
// the other fills the gaps. Beyond the limit what fills them is left out, by name, so that it is always
// the same.
func mergeComputed(anonymous, identified Computed) Computed {
	receptive := identified.Receptive
	if len(receptive) == 0 {
		receptive = anonymous.Receptive
	}
	return Computed{
		Scores:     filled(identified.Scores, anonymous.Scores),
		Affinities: filled(identified.Affinities, anonymous.Affinities),
		Channels:   slices.Clone(identified.Channels),
		Reasons:    maps.Clone(identified.Reasons), // each goes with the scores of the one that it is of
		Receptive:  slices.Clone(receptive),
	}
}

func filled[V cmp.Ordered](known, others map[string]V) map[string]V {
	if len(known)+len(others) == 0 {
		return nil
	}
	all := map[string]V{}
	maps.Copy(all, known)
	for _, name := range slices.Sorted(maps.Keys(others)) {
		if _, had := all[name]; !had && len(all) < MaxComputed {
			all[name] = others[name]
		}
	}
	return all
}
