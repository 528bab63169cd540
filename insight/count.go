package insight

import (
	"strings"
	"time"
)

// Count is how often something happened on a day, and the sums of what it was worth.
type Count struct {
	Version, Step string
	Kind, Name    string
	Day           time.Time // in UTC; 1970-01-01 of what stands now
	N             int64
	Sum, Squares  float64
}

// Arms are the arms among an experiment's counts, in the order in which they come. The share that an arm was meant to get is the
// mean chance of its people, which is right as long as it was the same for all.
func Arms(counts []Count) []Arm {
	var all []Arm
	at, chances := map[string]int{}, map[string]float64{}
	for _, c := range counts {
		measure, ok := strings.CutPrefix(c.Kind, "arm_")
		if !ok || measure == "delay" || measure == "week" {
			continue
		}
		name, channel := c.Name, ""
		if measure == "sent" {
			name, channel, _ = cutLast(c.Name)
		}
		i, known := at[name]
		if !known {
			i = len(all)
			at[name] = i
			all = append(all, Arm{Name: name})
		}
		if measure == "sent" {
			all[i].sent(channel, c.N)
			continue
		}
		if measure == "chance" {
			chances[c.Name] += c.Sum
		}
		all[i].count(measure, c)
	}
	for i, a := range all {
		if a.People > 0 {
			all[i].Share = chances[a.Name] / float64(a.People)
		}
	}
	return all
}

func (a *Arm) sent(channel string, n int64) {
	if a.Sent == nil {
		a.Sent = map[string]int64{}
	}
	a.Sent[channel] += n
}

func (a *Arm) count(measure string, c Count) {
	sums := Moments{N: c.N, Sum: c.Sum, Squares: c.Squares}
	switch measure {
	case "people":
		a.People += c.N
		a.Value.N += c.N
	case "converted":
		a.Converted += c.N
	case "value":
		a.Value = a.Value.Plus(sums)
	case "pre":
		a.Pre = a.Pre.Plus(sums)
	case "pre_value":
		a.PreValue = a.PreValue.Plus(sums)
	case "product":
		a.Product += c.Sum
	case "unsubscribed":
		a.Unsubscribed += c.N
	case "complained":
		a.Complained += c.N
	}
}

// Shares sets the share of each arm to what it was meant to get, version by version: those that drew by other shares are measured
// against these. meant tells the share of an arm in a version; where it does not know, the shares are not known.
func Shares(arms []Arm, counts []Count, meant func(version, arm string) (float64, bool)) {
	people := map[string]float64{} // by version
	var all float64
	for _, c := range counts {
		if c.Kind == "arm_people" {
			people[c.Version] += float64(c.N)
			all += float64(c.N)
		}
	}
	for i := range arms {
		var expected float64
		for version, n := range people {
			share, ok := meant(version, arms[i].Name)
			if !ok {
				arms[i].Share = 0
				return
			}
			expected += n * share
		}
		if all > 0 {
			arms[i].Share = expected / all
		}
	}
}
