package insight_test

import (
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/insight"
)

// played is a taste: by value, how often, each so many days ago.
func played(now time.Time, plays map[string][]int) (t insight.Taste) {
	for value, days := range plays {
		for _, d := range days {
			t.Add(value, now.AddDate(0, 0, -d).Add(-time.Minute), now, 30*24*time.Hour)
		}
	}
	return t
}

func TestAffinityIsOnesOwn(t *testing.T) {
	t.Parallel()
	now := monday()
	often := func(n, ago int) []int {
		days := make([]int, n)
		for i := range days {
			days[i] = ago
		}
		return days
	}
	var people []insight.Taste
	for range 50 {
		people = append(people, played(now, map[string][]int{"pop": often(8, 2), "jazz": often(1, 2), "techno": often(1, 2)}))
	}
	tastes := insight.LearnTastes(people)
	near(t, "pop's share", tastes.Share["pop"], 0.8, 1e-9)
	for name, c := range map[string]struct {
		plays map[string][]int
		want  string
	}{
		"a lover of jazz":                 {map[string][]int{"jazz": often(6, 1), "pop": often(4, 1)}, "jazz"},
		"somebody like all":               {map[string][]int{"pop": often(8, 1), "jazz": often(1, 1), "techno": often(1, 1)}, ""},
		"one song":                        {map[string][]int{"techno": often(1, 1)}, ""},
		"what they liked a year ago":      {map[string][]int{"techno": often(10, 365), "jazz": often(3, 1)}, "jazz"},
		"what nobody else has heard of":   {map[string][]int{"gamelan": often(3, 1)}, "gamelan"},
		"nobody":                          {nil, ""},
		"more pop than even everybody is": {map[string][]int{"pop": often(40, 1)}, "pop"},
	} {
		if got, ok := tastes.Affinity(played(now, c.plays)); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatRisesIsMoreThanChance(t *testing.T) {
	t.Parallel()
	now := monday()
	var people []insight.Taste
	for i := range 60 {
		plays := map[string][]int{}
		for day := range 50 {
			if (day+i)%3 == 0 {
				plays["pop"] = append(plays["pop"], day)
			}
			if (day+i)%10 == 0 || day < 7 && (day+i)%4 == 0 {
				plays["disco"] = append(plays["disco"], day) // three times as often for a week
			}
		}
		if i == 0 {
			plays["new"] = []int{1}
		}
		people = append(people, played(now, plays))
	}
	tastes := insight.LearnTastes(people)
	if got, ok := tastes.Trending(7); !ok || got != "disco" {
		t.Errorf("on the rise is %q", got)
	}
	if got, ok := tastes.Trending(90); ok {
		t.Errorf("over a time that is not kept %q is on the rise", got)
	}
	quiet := insight.LearnTastes([]insight.Taste{played(now, map[string][]int{"new": {1, 2}, "pop": {1, 5, 9, 13, 17, 21, 25}})})
	if got, ok := quiet.Trending(7); ok {
		t.Errorf("two plays of %q are on the rise", got)
	}
}
