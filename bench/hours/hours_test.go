// Package hours_test chooses the hour of messages in worlds whose people's habits are known, beside other ways of choosing, and beside the
// best that anybody could do.
package hours_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/insight"
)

// town is a world of people whose true habits are known.
type town struct {
	name     string
	height   func(*rand.Rand) float64    // of the bump over the base
	peak     func(*rand.Rand) [2]float64 // on working days and weekends
	every    float64                     // days between messages
	hour     func(*rand.Rand) int        // at which they are sent
	machines float64                     // share of people whose mail a machine opens, too
	travels  float64                     // share of people who spend two weeks in another zone that nobody knows of
}

const (
	townDays  = 90
	townWidth = 2.5 // hours: not the one that the chooser believes in
	townBase  = 0.04

	peopleVariable = "MIXTAPE_BENCH_PEOPLE"
)

func anyHour(r *rand.Rand) int { return r.IntN(24) }

func around(hour, spread float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return math.Mod(hour+spread*r.NormFloat64()+48, 24) }
}

func mixed(r *rand.Rand) float64 {
	if r.Float64() < 0.5 {
		return around(8, 1.5)(r)
	}
	return around(20, 2)(r)
}

func same(f func(*rand.Rand) float64) func(*rand.Rand) [2]float64 {
	return func(r *rand.Rand) [2]float64 { p := f(r); return [2]float64{p, p} }
}

func towns() []town {
	tall := func(*rand.Rand) float64 { return 5 }
	return []town{
		{name: "peaks of their own", height: tall, peak: same(mixed), every: 2, hour: anyHour},
		{name: "other weekends", height: tall, peak: func(r *rand.Rand) [2]float64 { return [2]float64{around(7, 1)(r), around(11, 2)(r)} }, every: 2, hour: anyHour},
		{name: "travellers", height: tall, peak: same(mixed), every: 2, hour: anyHour, travels: 0.3},
		{name: "machines", height: tall, peak: same(mixed), every: 2, hour: anyHour, machines: 0.5},
		{name: "few messages", height: tall, peak: same(mixed), every: 9, hour: anyHour},
		{name: "sent in the morning", height: tall, peak: same(mixed), every: 2, hour: func(r *rand.Rand) int {
			if r.Float64() < 0.7 {
				return 9 + r.IntN(3)
			}
			return r.IntN(24)
		}},
		{name: "everybody alike", height: tall, peak: same(around(18, 0.3)), every: 2, hour: anyHour},
		{name: "no good hour", height: func(*rand.Rand) float64 { return 0 }, peak: same(mixed), every: 2, hour: anyHour},
	}
}

type citizen struct {
	base, height float64
	peak         [2]float64
	away, shift  float64 // from which day on they are two weeks in another zone, and how many hours it is later there
	messages     []message
	hours        insight.Hours
	opens        [24]float64 // of anybody and anything
}

// message is one that they got, as everybody may know of it.
type message struct {
	day        float64
	kind, hour int // of the day where they live
	answered   bool
}

// born is somebody new, as people are in this world.
func (w town) born(r *rand.Rand) *citizen {
	c := &citizen{base: townBase * (0.5 + r.ExpFloat64()/2), height: w.height(r), peak: w.peak(r), away: -100}
	if r.Float64() < w.travels {
		c.away, c.shift = r.Float64()*(townDays-14), 3+r.Float64()*6
	}
	return c
}

// answers is the chance that they answer a message.
func (c *citizen) answers(m message) float64 {
	at := float64(m.hour) + 0.5
	if m.day >= c.away && m.day < c.away+14 {
		at += c.shift
	}
	return rate(c.base, c.height, c.peak[m.kind], math.Mod(at, 24))
}

func rate(base, height, peak, hour float64) float64 {
	away := math.Abs(hour - peak)
	away = min(away, 24-away)
	return min(1, base*(1+height*math.Exp(-away*away/(2*townWidth*townWidth))))
}

// truth is the mean rate over a week of messages at these hours of working days and weekends.
func (c *citizen) truth(working, weekend int) float64 {
	return (5*rate(c.base, c.height, c.peak[0], float64(working)+0.5) + 2*rate(c.base, c.height, c.peak[1], float64(weekend)+0.5)) / 7
}

func (w town) people(r *rand.Rand, n int) []*citizen {
	end := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	all := make([]*citizen, n)
	for i := range all {
		c := w.born(r)
		machine := r.Float64() < w.machines
		for day := r.Float64() * w.every; day < townDays; day += w.every * (0.5 + r.Float64()) {
			m := message{day: day, hour: w.hour(r)}
			local := end.AddDate(0, 0, int(day)-townDays).Add(time.Duration(m.hour)*time.Hour + time.Duration(r.IntN(60))*time.Minute)
			if local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
				m.kind = 1
			}
			m.answered = r.Float64() < c.answers(m)
			c.messages = append(c.messages, m)
			c.hours.Add(local, end, m.answered)
			if m.answered || machine {
				c.opens[m.hour]++
			}
		}
		all[i] = c
	}
	return all
}

// oracle knows how people of the world are spread over its own family of curves, travels included, and forgets nothing. What it does not know is who is who. It is
// the best that anybody can choose by these data: Bayes' rule, by many who might have been.
type oracle struct {
	mights []*citizen
	odds   [][2][24][2]float64 // of each: the logs of the chances not to answer and to answer, where they live
	rates  [][2][24]float64
}

func (w town) oracle(r *rand.Rand, n int) *oracle {
	o := &oracle{mights: make([]*citizen, n), odds: make([][2][24][2]float64, n), rates: make([][2][24]float64, n)}
	for i := range n {
		c := w.born(r)
		o.mights[i] = c
		for kind := range 2 {
			for hour := range 24 {
				p := rate(c.base, c.height, c.peak[kind], float64(hour)+0.5)
				o.rates[i][kind][hour], o.odds[i][kind][hour] = p, logs(p)
			}
		}
	}
	return o
}

func logs(p float64) [2]float64 {
	p = min(0.999, p)
	return [2]float64{math.Log(1 - p), math.Log(p)}
}

// best is where somebody should get messages on working days and weekends.
func (o *oracle) best(c *citizen) (working, weekend int) {
	likely, most := make([]float64, len(o.mights)), math.Inf(-1)
	for i, might := range o.mights {
		for _, m := range c.messages {
			odds := o.odds[i][m.kind][m.hour]
			if m.day >= might.away && m.day < might.away+14 {
				odds = logs(might.answers(m))
			}
			if m.answered {
				likely[i] += odds[1]
			} else {
				likely[i] += odds[0]
			}
		}
		most = max(most, likely[i])
	}
	var score [2][24]float64
	for i, l := range likely {
		weight := math.Exp(l - most)
		for kind := range 2 {
			for hour := range 24 {
				score[kind][hour] += weight * o.rates[i][kind][hour]
			}
		}
	}
	return top(score[0][:]), top(score[1][:])
}

func top(x []float64) (at int) {
	for i := range x {
		if x[i] > x[at] {
			at = i
		}
	}
	return at
}

// among is the mean of a quantity over the hours that a histogram has most of: it tells nothing of which of them to take.
func among(histogram, of []float64) float64 {
	most := histogram[top(histogram)]
	var sum, n float64
	for i, x := range histogram {
		if x == most {
			sum, n = sum+of[i], n+1
		}
	}
	return sum / n
}

// outcome is the mean true rate of each chooser over the people of a world.
type outcome struct {
	random, popular, histogram, ours, oracle float64
	exploring                                float64 // ours, when now and then another hour is tried
	error                                    float64 // of ours beside the hour that is best for all
}

func (w town) play(seed uint64, n, population, mights int) (o outcome) {
	r := rand.New(rand.NewPCG(seed, 17))
	people, sample, oracle := w.people(r, n), w.people(r, population), w.oracle(r, mights)
	learned := make([]insight.Hours, len(sample)) // of others: nobody is chosen for by an answer of the future
	var sent, answered [2][24]float64
	for i, c := range sample {
		learned[i] = c.hours
		for kind := range 2 {
			for hour := range 24 {
				sent[kind][hour] += c.hours.Sent[kind][hour]
				answered[kind][hour] += c.hours.Answered[kind][hour]
			}
		}
	}
	var popular [2]int
	for kind := range 2 {
		var rates [24]float64
		for hour := range 24 {
			rates[hour] = answered[kind][hour] / (sent[kind][hour] + 1)
		}
		popular[kind] = top(rates[:])
	}
	habits := insight.LearnHabits(learned)
	var above insight.Moments
	for i, c := range people {
		var at [24]float64
		for hour := range 24 {
			at[hour] = c.truth(hour, hour)
			o.random += at[hour] / 24 / float64(n)
		}
		choose := func(chance float64) float64 {
			week := habits.Receptive(&c.hours, chance)
			return c.truth(top(week[:24]), top(week[5*24:6*24]))
		}
		common, own := c.truth(popular[0], popular[1]), choose(1)
		o.popular, o.ours, o.oracle = o.popular+common/float64(n), o.ours+own/float64(n), o.oracle+c.truth(oracle.best(c))/float64(n)
		o.exploring += choose((float64(i)+0.5)/float64(n)) / float64(n)
		o.histogram += among(c.opens[:], at[:]) / float64(n)
		above.Add(own - common)
	}
	o.error = math.Sqrt(above.Variance() / float64(n))
	return o
}

const (
	// exploring is what it may cost, of what it comes to, that now and then another hour is tried than is believed best.
	exploring = 0.02
	// margin is by how much it may be below the hour that is best for all, of that one's rate: who chooses for each cannot be surer than who chooses for all.
	margin = 0.01
)

// In every world whose truth is known: most of what the best possible chooser gains over any hour, more than a histogram of opens, and never
// less than the hour that is best for all, but for a margin and chance; and that now and then another hour is tried costs little.
func TestEachPersonsHourIsFound(t *testing.T) {
	t.Parallel()
	for i, w := range towns() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			population := 500
			if w.every > 5 {
				population = 2500 // where each tells little, it takes many to know what people are like
			}
			w.check(t, w.play(uint64(i+1), 600, population, 4000))
		})
	}
}

// BenchmarkHours is the measurement. It is one run, whatever b.N: use -benchtime 1x -v.
func BenchmarkHours(b *testing.B) {
	for i, w := range towns() {
		w.check(b, w.play(uint64(100+i), size.Of(b, peopleVariable, 1000), 2500, 30_000))
	}
}

func (w town) check(tb testing.TB, o outcome) {
	tb.Helper()
	gain := func(x float64) float64 { return (x - o.random) / (o.oracle - o.random) }
	tb.Logf("%-20s any hour %.4f, best for all %.4f, histogram %.4f, ours %.4f (exploring %.4f), best possible %.4f (%.2f of any hour's): %.2f of its gain, exploring %.2f",
		w.name, o.random, o.popular, o.histogram, o.ours, o.exploring, o.oracle, o.oracle/o.random, gain(o.ours), gain(o.exploring))
	matters := o.oracle > 1.05*o.random
	if matters && gain(o.exploring) < 0.8 {
		tb.Errorf("%s: it gains %.2f of what could be gained", w.name, gain(o.exploring))
	}
	if matters && o.exploring <= o.histogram {
		tb.Errorf("%s: a histogram of opens does better", w.name)
	}
	if o.ours < (1-margin)*o.popular-3*o.error {
		tb.Errorf("%s: it is worse than the hour that is best for all by %.4f", w.name, o.popular-o.ours)
	}
	if o.exploring < (1-exploring)*o.ours {
		tb.Errorf("%s: exploring costs %.4f of %.4f", w.name, o.ours-o.exploring, o.ours)
	}
}
