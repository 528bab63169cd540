package insight

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Week is how many of the people of an arm came back in a week after they were put into it: of those only for whom that week is over.
type Week struct {
	Week int       `json:"week"` // 0: the first seven days
	Arms []BackArm `json:"arms"`
}

// BackArm is an arm's part of a Week.
type BackArm struct {
	Name   string   `json:"name"`
	People int64    `json:"people"` // for whom the week is over
	Back   int64    `json:"back"`
	Rate   Estimate `json:"rate"`
}

// mostWeeks is how far coming back is followed.
const mostWeeks = 12

// Retention compares the arms of a journey week by week. People are counted by the day on which they came.
func Retention(counts []Count, now time.Time, level float64) []Week {
	var names []string
	for _, c := range counts {
		if c.Kind == "arm_people" && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	var weeks []Week
	for week := range mostWeeks {
		// A day's people came until its end, and their week is over seven days after.
		last := now.Add(-time.Duration(week+1)*7*24*time.Hour - 24*time.Hour)
		w := Week{Week: week}
		var all int64
		for _, name := range names {
			a := BackArm{Name: name}
			for _, c := range counts {
				if c.Day.After(last) {
					continue
				}
				variant, bit, _ := cutLast(c.Name)
				switch {
				case c.Kind == "arm_people" && c.Name == name:
					a.People += c.N
				case c.Kind == "arm_week" && variant == name && bit == strconv.Itoa(week):
					a.Back += c.N
				}
			}
			a.Rate = Rate(a.Back, a.People, level)
			all += a.People
			w.Arms = append(w.Arms, a)
		}
		if all == 0 {
			break
		}
		weeks = append(weeks, w)
	}
	return weeks
}

func cutLast(name string) (before, after string, ok bool) {
	i := strings.LastIndexByte(name, ' ')
	if i < 0 {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}
