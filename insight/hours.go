package insight

import (
	"math"
	"time"
)

// Hours are what is known of somebody's answers by the hour of the local day at which messages came: on working days and on weekends.
// Older ones weigh less. A machine's opens are no answers.
type Hours struct {
	Sent     [2][24]float64 `json:"sent"`     // messages
	Answered [2][24]float64 `json:"answered"` // of these, that a reader opened or clicked
}

// answersFade is after how long an answer weighs half.
const answersFade = 60 * 24 * time.Hour

// Add takes a message in, by its local time.
func (h *Hours) Add(local, now time.Time, answered bool) {
	weight := math.Exp2(-float64(max(0, now.Sub(local))) / float64(answersFade))
	kind := dayKind(local.Weekday())
	h.Sent[kind][local.Hour()] += weight
	if answered {
		h.Answered[kind][local.Hour()] += weight
	}
}

func dayKind(d time.Weekday) int {
	if d == time.Saturday || d == time.Sunday {
		return 1
	}
	return 0
}

// The family of curves: somebody answers at a rate of their own, times 1 + height * bump(hour - peak), with a peak on working days, one on
// weekends, and a height. It is no claim about people: any curve with one good time of day is near one of these, and one without
// any has no height.
const (
	peaks   = 24
	bumpFor = 2.2 // hours that a bump falls to 0.6 in
)

func heights() [4]float64 { return [4]float64{0, 1.5, 4, 10} }

// shape is what the rate is multiplied by, so many hours from the peak, by height.
func shape() (f [4][peaks]float64) {
	for a, height := range heights() {
		for d := range peaks {
			away := float64(min(d, peaks-d))
			f[a][d] = 1 + height*math.Exp(-away*away/(2*bumpFor*bumpFor))
		}
	}
	return f
}

// Habits are what a population's people are like: how often each kind of them is. They are learned from all (an empirical Bayes prior: N. Laird,
// "Nonparametric Maximum Likelihood Estimation of a Mixing Distribution", JASA 73, 1978), and say what to think of somebody of whom
// little is known.
type Habits struct {
	Kinds [4][peaks][peaks]float64 `json:"kinds"` // by height, peak on working days, peak on weekends; they sum to 1
	Rate  float64                  `json:"rate"`  // answers a message, of a curve's lowest hour
}

// spread is how alike people's own rates are: their prior weighs as much as so many answers. From 1 to 10 what is gained in the simulated worlds (bench/hours)
// moves by two points at most.
const spread = 3.0

// LearnHabits makes habits of a sample of people. Twelve rounds of expectation and maximisation: with more, what a sample happens to hold becomes what people are like.
func LearnHabits(people []Hours) Habits {
	h := Habits{Rate: 0.1}
	h.flat()
	const rounds = 12
	for range rounds {
		var next Habits
		var answers, exposure float64
		for i := range people {
			k := h.posterior(&people[i])
			for a := range k.weight {
				for u := range peaks {
					for v := range peaks {
						w := k.weight[a][u][v]
						next.Kinds[a][u][v] += w
						exposure += w * k.exposure[a][u][v]
					}
				}
			}
			answers += k.answers
		}
		if exposure > 0 && answers > 0 {
			next.Rate = answers / exposure
		} else {
			next.Rate = h.Rate
		}
		next.normalise(float64(len(people)))
		h = next
	}
	return h
}

func (h *Habits) flat() {
	for a := range h.Kinds {
		for u := range peaks {
			for v := range peaks {
				// Most people's weekends are like their other days.
				h.Kinds[a][u][v] = 0.2
				if u == v {
					h.Kinds[a][u][v] = 20
				}
			}
		}
	}
	h.normalise(0)
}

// normalise makes a distribution of counts, smoothed a little over neighbouring hours, so that what a sample happens not to have is not
// impossible.
func (h *Habits) normalise(people float64) {
	var smooth [4][peaks][peaks]float64
	var sum float64
	for a := range h.Kinds {
		for u := range peaks {
			for v := range peaks {
				w := 0.4 * h.Kinds[a][u][v]
				for _, d := range [2]int{1, peaks - 1} {
					w += 0.15*h.Kinds[a][(u+d)%peaks][(v+d)%peaks] + 0.075*h.Kinds[a][(u+d)%peaks][v] + 0.075*h.Kinds[a][u][(v+d)%peaks]
				}
				smooth[a][u][v] = w + 0.02*people/(4*peaks*peaks) + 1e-9
				sum += smooth[a][u][v]
			}
		}
	}
	for a := range smooth {
		for u := range peaks {
			for v := range peaks {
				h.Kinds[a][u][v] = smooth[a][u][v] / sum
			}
		}
	}
}

// kinds is what is thought of somebody.
type kinds struct {
	weight   [4][peaks][peaks]float64 // of each kind, given what they did
	exposure [4][peaks][peaks]float64 // messages, each times the shape at its hour
	answers  float64
}

// posterior is Bayes' rule. Answers are taken for Poisson, with a rate of the person's own that is integrated out (its prior is a gamma
// distribution), so a kind's likelihood is closed.
func (h *Habits) posterior(p *Hours) *kinds {
	f := shape()
	var k kinds
	var exposure, logs [2][4][peaks]float64
	for day := range 2 {
		for hour := range 24 {
			sent, answered := p.Sent[day][hour], p.Answered[day][hour]
			if sent == 0 && answered == 0 {
				continue
			}
			k.answers += answered
			for a := range f {
				for u := range peaks {
					x := f[a][(hour-u+peaks)%peaks]
					exposure[day][a][u] += sent * x
					if answered > 0 {
						logs[day][a][u] += answered * math.Log(x)
					}
				}
			}
		}
	}
	most, before := math.Inf(-1), spread/h.Rate
	for a := range f {
		for u := range peaks {
			for v := range peaks {
				e := exposure[0][a][u] + exposure[1][a][v]
				l := math.Log(h.Kinds[a][u][v]) + logs[0][a][u] + logs[1][a][v] - (spread+k.answers)*math.Log(before+e)
				k.weight[a][u][v], k.exposure[a][u][v] = l, e
				most = max(most, l)
			}
		}
	}
	var sum float64
	for a := range f {
		for u := range peaks {
			for v := range peaks {
				w := math.Exp(k.weight[a][u][v] - most)
				k.weight[a][u][v] = w
				sum += w
			}
		}
	}
	for a := range f {
		for u := range peaks {
			for v := range peaks {
				k.weight[a][u][v] /= sum
			}
		}
	}
	return &k
}

// explores is how often somebody's hours are those of one kind that they may be, instead of what is best on average: else what is
// believed early is never put to the test.
const explores = 0.03

// Receptive are the answers to be expected of a message at each hour of the local week, from Monday 00:00: higher is better. chance is from 0
// to 1 and decides, for a week or so, whether and what to explore.
func (h *Habits) Receptive(p *Hours, chance float64) []float64 {
	k, f := h.posterior(p), shape()
	if chance < explores {
		k.only(chance / explores)
	}
	before := spread / h.Rate
	var rate [2][24]float64
	for a := range f {
		var day [2][peaks]float64
		for u := range peaks {
			for v := range peaks {
				w := k.weight[a][u][v] * (spread + k.answers) / (before + k.exposure[a][u][v])
				day[0][u] += w
				day[1][v] += w
			}
		}
		for kind := range 2 {
			for hour := range 24 {
				for u := range peaks {
					rate[kind][hour] += day[kind][u] * f[a][(hour-u+peaks)%peaks]
				}
			}
		}
	}
	week := make([]float64, 0, 168)
	for day := range 7 {
		week = append(week, rate[dayKind(time.Weekday((day+1)%7))][:]...)
	}
	return week
}

// only leaves one kind, drawn by how likely each is.
func (k *kinds) only(chance float64) {
	left, found := chance, false
	for a := range k.weight {
		for u := range peaks {
			for v := range peaks {
				w := k.weight[a][u][v]
				k.weight[a][u][v] = 0
				if !found && left < w {
					k.weight[a][u][v], found = 1, true
				}
				left -= w
			}
		}
	}
	if !found { // rounding
		k.weight[0][0][0] = 1
	}
}
