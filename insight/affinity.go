package insight

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Taste is how often somebody did something with each value of a property, older doings weighing less, and by day for what is on the rise.
type Taste struct {
	Weight map[string]float64       `json:"weight"`         // by value
	Days   map[string]map[int]int64 `json:"days,omitempty"` // by value and how many days ago
}

// tasteDays is how far back days are kept apart.
const tasteDays = 60

// Add takes a doing in.
func (t *Taste) Add(value string, at, now time.Time, halfLife time.Duration) {
	if t.Weight == nil {
		t.Weight, t.Days = map[string]float64{}, map[string]map[int]int64{}
	}
	age := max(0, now.Sub(at))
	t.Weight[value] += math.Exp2(-float64(age) / float64(halfLife))
	if day := int(age.Hours() / 24); day < tasteDays {
		if t.Days[value] == nil {
			t.Days[value] = map[int]int64{}
		}
		t.Days[value][day]++
	}
}

// Tastes are what a population likes: the share of each value, and how often each came by day.
type Tastes struct {
	Share map[string]float64 `json:"share"`
	Days  map[string][]int64 `json:"days"` // by value, from today back
}

// mostValues is how many values of a property are kept apart: the most frequent.
const mostValues = 500

// LearnTastes adds a sample of people up.
func LearnTastes(people []Taste) Tastes {
	sum, all := map[string]float64{}, 0.0
	for _, p := range people {
		for value, w := range p.Weight {
			sum[value] += w
			all += w
		}
	}
	values := slices.SortedFunc(maps.Keys(sum), func(a, b string) int {
		if sum[a] != sum[b] {
			if sum[a] > sum[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	t := Tastes{Share: map[string]float64{}, Days: map[string][]int64{}}
	for _, value := range values[:min(len(values), mostValues)] {
		t.Share[value] = sum[value] / all
		days := make([]int64, tasteDays)
		for _, p := range people {
			for day, n := range p.Days[value] {
				days[day] += n
			}
		}
		t.Days[value] = days
	}
	return t
}

const (
	// shrink is of how many doings the population's shares weigh as much (a Dirichlet prior with these as its mean).
	shrink = 5.0
	// fewestDoings, faded, are wanted of a value before it is called somebody's.
	fewestDoings = 1.0
)

// Affinity is the value that somebody likes most, next to what all do: their own share of it, shrunk towards everybody's, has to be above that.
// Nobody is given everybody's favourite for want of anything better. ok is false where too little is known.
func (t *Tastes) Affinity(own Taste) (value string, ok bool) {
	var all float64
	for _, w := range own.Weight {
		all += w
	}
	best := 0.0
	for _, v := range slices.Sorted(maps.Keys(own.Weight)) {
		w := own.Weight[v]
		posterior := (w + shrink*t.Share[v]) / (all + shrink)
		if w >= fewestDoings && posterior > t.Share[v] && posterior > best {
			value, best, ok = v, posterior, true
		}
	}
	return value, ok
}

// Trending is the value that rises most: how often it came in the last days, against how often it had come in a time four times as long
// before. Of both the square roots are compared, whose error is the same whatever the count (F. J. Anscombe, "The Transformation of Poisson,
// Binomial and Negative-Binomial Data", Biometrika 35, 1948), so a rise has to be more than chance: three standard errors.
func (t *Tastes) Trending(days int) (value string, ok bool) {
	if days < 1 || days > tasteDays/2 {
		return "", false
	}
	before := min(4*days, tasteDays-days)
	const sure = 3.0
	best := sure
	for _, v := range slices.Sorted(maps.Keys(t.Days)) {
		var now, then float64
		for day, n := range t.Days[v] {
			switch {
			case day < days:
				now += float64(n)
			case day < days+before:
				then += float64(n)
			}
		}
		ratio := float64(days) / float64(before)
		expected := then * ratio
		rise := 2 * (math.Sqrt(now+3.0/8) - math.Sqrt(expected+3.0/8)) / math.Sqrt(1+ratio)
		if rise > best {
			value, best, ok = v, rise, true
		}
	}
	return value, ok
}
