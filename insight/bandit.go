package insight

import (
	"math"
	"strconv"
	"time"
)

// Choices are the weights by which a bandit draws its variants now: for each the chance, given what was seen, that it is the
// best (W. R. Thompson, "On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two
// Samples", Biometrika 25, 1933). Drawing by these is what drawing from each belief and taking the highest comes to; as
// weights they can be worked out once for all workers, and the ledger can say with which chance somebody was drawn.
//
// No variant falls below the floor, so that a variant which was unlucky early can come back, and each is always
// measured: floor is a share of all, at most one by the number of variants.
func Choices(arms []Arm, floor float64) []float64 {
	beliefs := make([]distribution, len(arms))
	for i, a := range arms {
		beliefs[i] = seen(a)
	}
	return floored(best(beliefs, 200), floor)
}

// seen is the belief about an arm's rate. Whoever has not converted yet still may: they count as failed by a.Failed only, or whoever
// was drawn lately would make a variant look bad, the most popular most.
func seen(a Arm) distribution {
	return beta(float64(a.Converted), clamp(a.Failed, 0, float64(a.People-a.Converted)))
}

// Cohort are people who were put into an arm at about the same time and have not converted.
type Cohort struct {
	Age    float64 // how long ago, in the unit of the delays
	People int64
}

// Failed is how many of the cohorts count as failed by now: of each person the share of conversions that would have come by then
// (O. Chapelle, "Modeling Delayed Feedback in Display Advertising", KDD 2014; here with the delays that were seen in place
// of an exponential). Nobody converts after the window.
func Failed(cohorts []Cohort, delays Delays, window float64) float64 {
	var failed float64
	for _, c := range cohorts {
		failed += float64(c.People) * delays.By(c.Age, window)
	}
	return failed
}

// Silent are people who were put into an arm in one minute and have not converted.
type Silent struct {
	Arm    string
	At     time.Time
	People int64
}

// Learn is what is known of the arms of a bandit by now: people who were drawn lately count as failed in part. Counts are by the day on
// which people were drawn, too coarse where conversions come fast; so of those who were drawn since the beginning of a day, in UTC, lately
// says when. Window is after how long nobody converts.
func Learn(counts []Count, lately []Silent, since, now time.Time, window time.Duration) []Arm {
	arms := Arms(counts)
	for i := range arms {
		cohorts := map[time.Time]int64{}
		var delays Delays
		for _, c := range counts {
			name, bucket, _ := cutLast(c.Name)
			noon := c.Day.Add(12 * time.Hour)
			switch {
			case c.Kind == "arm_people" && c.Name == arms[i].Name && c.Day.Before(since):
				cohorts[noon] += c.N
			case c.Kind == "arm_converted" && c.Name == arms[i].Name && c.Day.Before(since):
				cohorts[noon] -= c.N
			case c.Kind == "arm_delay" && name == arms[i].Name:
				if power, err := strconv.Atoi(bucket); err == nil && power >= 0 && power < 40 {
					for len(delays) <= power {
						delays = append(delays, 0)
					}
					delays[power] += c.N
				}
			}
		}
		for _, s := range lately {
			if s.Arm == arms[i].Name {
				cohorts[s.At] += s.People
			}
		}
		var silent []Cohort
		for at, people := range cohorts {
			silent = append(silent, Cohort{Age: max(0, now.Sub(at).Minutes()), People: people})
		}
		arms[i].Failed = Failed(silent, delays, window.Minutes())
	}
	return arms
}

// Delays are how long conversions took, as counts by doubling bounds: at most 1, 2, 4 ... units.
type Delays []int64

// Add takes one delay in.
func (d *Delays) Add(delay float64) {
	i := 0
	if delay > 1 {
		i = int(math.Ceil(math.Log2(delay)))
	}
	for len(*d) <= i {
		*d = append(*d, 0)
	}
	(*d)[i]++
}

// By is the share of all conversions that come within an age. Before any was seen they are taken to come evenly over the window.
func (d Delays) By(age, window float64) float64 {
	if age >= window {
		return 1
	}
	var all, before float64
	for i, n := range d {
		from, to := 0.0, math.Pow(2, float64(i))
		if i > 0 {
			from = to / 2
		}
		all += float64(n)
		before += float64(n) * clamp((age-from)/(to-from), 0, 1)
	}
	even := age / window
	return (before + even) / (all + 1) // the even spread counts as one conversion
}

// floored raises what is below the floor, and takes it from the rest in proportion.
func floored(chances []float64, floor float64) []float64 {
	n := float64(len(chances))
	floor = clamp(floor, 0, 1/n)
	out := make([]float64, len(chances))
	for i, p := range chances {
		out[i] = floor + (1-n*floor)*p
	}
	return out
}
