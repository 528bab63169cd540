package insight

import (
	"math"
	"time"
)

// Activity is what is known of somebody's doings up to a moment, added up in the order in which they came. It is small, whatever
// they did, so that features of a million people need no more memory than those of one page of them.
type Activity struct {
	First, Last time.Time
	Times       int     // on how many days
	Value       float64 // of all
	Recent      [2]int  // days in the last four weeks before the moment, and in the four before these
	Messages    int     // that went to them
	Engaged     int     // of these, that a reader opened or clicked
}

const recently = 28 * 24 * time.Hour

// Add takes a doing in, if it was before the moment: what is after it is what is to be predicted. Those of one day are one.
func (a *Activity) Add(at time.Time, value float64, moment time.Time) {
	if !at.Before(moment) {
		return
	}
	a.Value += value
	if a.Times > 0 && at.UTC().Truncate(24*time.Hour).Equal(a.Last.UTC().Truncate(24*time.Hour)) {
		a.Last = at
		return
	}
	if a.Times == 0 {
		a.First = at
	}
	a.Times++
	a.Last = at
	switch before := moment.Sub(at); {
	case before <= recently:
		a.Recent[0]++
	case before <= 2*recently:
		a.Recent[1]++
	}
}

// FeatureNames are what the features are called, where people read of them.
func FeatureNames() []string {
	return []string{
		"how long ago they were last here", "how often they were here", "how long they have been here", "silence beside their usual gap",
		"how far into their time they were last here", "what they are worth a visit", "visits in the last four weeks", "visits in the four weeks before",
		"how many messages they answer",
	}
}

// Features are those of somebody at a moment, in the order of FeatureNames: recency, frequency and tenure, as in P. S. Fader, B. G. S.
// Hardie and K. L. Lee, "Counting Your Customers the Easy Way" (Marketing Science 24, 2005), with the rhythm that their model has
// in the product of recency and frequency, value, the trend, and engagement.
func (a Activity) Features(moment time.Time) []float64 {
	days := func(d time.Duration) float64 { return max(0, d.Hours()/24) }
	silence, tenure, active := days(moment.Sub(a.Last)), days(moment.Sub(a.First)), days(a.Last.Sub(a.First))
	n := float64(a.Times)
	if a.Times == 0 {
		silence, tenure = 3650, 0
	}
	gap := tenure
	if a.Times > 1 {
		gap = active / (n - 1)
	}
	value := 0.0
	if a.Times > 0 {
		value = a.Value / n
	}
	engaged := (float64(a.Engaged) + 1) / (float64(a.Messages) + 5) // shrunk: one message tells little
	return []float64{
		math.Log1p(silence), math.Log1p(n), math.Log1p(tenure), math.Log((1 + silence) / (1 + gap)), active / (tenure + 1),
		math.Log1p(max(0, value)), math.Log1p(float64(a.Recent[0])), math.Log1p(float64(a.Recent[1])), engaged,
	}
}
