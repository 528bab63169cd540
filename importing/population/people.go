// Package population makes up people and what they did, as many as one likes, and writes them straight into a
// database: to measure on. The same seed makes the same people.
package population

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Days is how far back what people did goes.
const Days = 400

const (
	zipf      = 0.6  // how much more the busiest do than the others: the n-th does n to the power of this less
	halfLife  = 62.0 // days: so much less was done before
	oldest    = 800  // days ago at most somebody signed up
	untidy    = 20   // of so many one leaves an attribute out
	dayLength = 24 * time.Hour
)

// weighted are values with how often they come, in hundredths.
type weighted struct {
	value string
	zone  string
	share int
}

func plans() []weighted {
	return []weighted{{"free", "", 78}, {"pro", "", 15}, {"family", "", 5}, {"student", "", 2}}
}

func countries() []weighted {
	return []weighted{
		{"US", "America/New_York", 30}, {"US", "America/Los_Angeles", 10}, {"DE", "Europe/Berlin", 13}, {"FR", "Europe/Paris", 12}, {"GB", "Europe/London", 11},
		{"BR", "America/Sao_Paulo", 8}, {"IN", "Asia/Kolkata", 6}, {"JP", "Asia/Tokyo", 4}, {"AT", "Europe/Vienna", 3}, {"AU", "Australia/Sydney", 2}, {"NZ", "Pacific/Auckland", 1},
	}
}

func genres() []weighted {
	return []weighted{
		{"pop", "", 34}, {"rock", "", 20}, {"hiphop", "", 14}, {"electronic", "", 10}, {"jazz", "", 7}, {"classical", "", 5}, {"folk", "", 4}, {"metal", "", 3}, {"soul", "", 2}, {"reggae", "", 1},
	}
}

// What people do, and of a hundred things how many are that.
func deeds() []weighted {
	return []weighted{{"song_played", "", 70}, {"app_opened", "", 20}, {"playlist_created", "", 6}, {"order_completed", "", 4}}
}

func draw(dice *rand.Rand, from []weighted) weighted {
	n := dice.IntN(100)
	for _, w := range from {
		if n -= w.share; n < 0 {
			return w
		}
	}
	return from[len(from)-1]
}

// someone is a person, as far as what they do hangs on it.
type someone struct {
	signedUp int32   // days before the end
	rate     float64 // events a day at the end, were every day as the last
	genre    uint8   // the favourite, by place
}

// town is everybody, and how much was done when.
type town struct {
	Options
	people []someone
	decay  [Days]float64 // of a day ago, of two days ago, and so on

	plans, countries, genres, deeds []weighted
}

func newTown(o Options) *town {
	t := &town{Options: o, people: make([]someone, o.Profiles), plans: plans(), countries: countries(), genres: genres(), deeds: deeds()}
	since := [Days + 1]float64{} // done from so many days ago on
	for day := range Days {
		t.decay[day] = math.Exp2(-(float64(day) + 0.5) / halfLife)
		since[day+1] = since[day] + t.decay[day]
	}
	dice := rand.New(rand.NewPCG(o.Seed, 1))
	total := 0.0
	for rank := 1; rank <= o.Profiles; rank++ {
		total += math.Pow(float64(rank), -zipf)
	}
	for i, rank := range dice.Perm(o.Profiles) {
		p := &t.people[i]
		p.signedUp, p.genre = int32(1+dice.IntN(oldest)), uint8(slices.Index(t.genres, draw(dice, t.genres)))
		expected := float64(o.Events) * math.Pow(float64(rank+1), -zipf) / total
		p.rate = expected / since[min(int(p.signedUp), Days)]
	}
	return t
}

// counts are how many events each person has on a day so many days ago; it calls add for those who have any.
func (t *town) counts(day int, add func(person, n int)) {
	dice := rand.New(rand.NewPCG(t.Seed, uint64(2+day)))
	for i := range t.people {
		p := &t.people[i]
		if int(p.signedUp) <= day {
			continue
		}
		if n := poisson(dice, p.rate*t.decay[day]); n > 0 {
			add(i, n)
		}
	}
}

// poisson draws how often something happens that happens mean times on average.
func poisson(dice *rand.Rand, mean float64) int {
	if mean > 30 { // near enough
		return max(0, int(math.Round(mean+math.Sqrt(mean)*dice.NormFloat64())))
	}
	n, product, limit := 0, dice.Float64(), math.Exp(-mean)
	for product > limit {
		product *= dice.Float64()
		n++
	}
	return n
}

// ID is Mixtape's own id of the n-th person, and UserID the caller's.
func ID(n int) string { return fmt.Sprintf("p%026d", n) }

// UserID is the caller's id of the n-th person.
func UserID(n int) string { return fmt.Sprintf("user-%09d", n) }

// profile appends what is known of a person, as a line for COPY.
func (t *town) profile(to []byte, dice *rand.Rand, i int, number int64) []byte {
	signedUp := t.Until.Add(-time.Duration(t.people[i].signedUp) * dayLength)
	to = append(to, ID(i)...)
	to = append(to, '\t')
	to = append(to, UserID(i)...)
	to = append(to, '\t')
	to = t.attributes(to, dice, i, signedUp)
	to = append(to, '\t')
	switch n := dice.IntN(10); {
	case n < 4:
		to = append(to, `{"tips": true}`...)
	case n < 5:
		to = append(to, `{"tips": false, "news": true}`...)
	default:
		to = append(to, "{}"...)
	}
	to = append(to, '\t')
	to = strconv.AppendInt(to, number, 10)
	to = append(to, '\t')
	to = strconv.AppendInt(to, number, 10)
	to = append(to, '\t')
	to = signedUp.AppendFormat(to, time.RFC3339)
	return append(to, '\n')
}

func (t *town) attributes(to []byte, dice *rand.Rand, i int, signedUp time.Time) []byte {
	home, plan := draw(dice, t.countries), draw(dice, t.plans).value
	to = fmt.Appendf(to, `{"email": "user%d@example.com", "plan": "%s", "country": "%s", "timezone": "%s", "signed_up_at": "%s"`,
		i, plan, home.value, home.zone, signedUp.Format(time.DateOnly))
	if dice.IntN(untidy) > 0 {
		to = fmt.Appendf(to, `, "age": %d`, min(90, 14+int(math.Abs(dice.NormFloat64())*18)))
	}
	if plan != "free" {
		to = fmt.Appendf(to, `, "total_spent": %.2f, "renews_at": "%s"`, math.Exp(3+dice.NormFloat64()), t.Until.AddDate(0, 0, dice.IntN(30)).Format(time.DateOnly))
	}
	return fmt.Appendf(to, `, "vip": %t, "favourite_genre": "%s"}`, dice.IntN(50) == 0, t.genres[t.people[i].genre].value)
}

// event appends something that a person did, as a line for COPY.
func (t *town) event(to []byte, dice *rand.Rand, i int, number int64, at time.Time) []byte {
	deed := draw(dice, t.deeds).value
	to = append(to, ID(i)...)
	to = append(to, '\t')
	to = strconv.AppendInt(to, number, 10)
	to = append(to, "\tb"...)
	to = strconv.AppendInt(to, int64(i), 36)
	to = append(to, '-')
	to = strconv.AppendInt(to, number, 10)
	to = append(to, "\tbench\t"...)
	to = append(to, deed...)
	to = append(to, '\t')
	switch deed {
	case "song_played":
		genre := t.genres[t.people[i].genre].value
		if dice.IntN(10) < 4 {
			genre = draw(dice, t.genres).value
		}
		to = fmt.Appendf(to, `{"genre": "%s", "seconds": %d}`, genre, 20+dice.IntN(300))
	case "order_completed":
		to = fmt.Appendf(to, `{"total": %.2f, "currency": "EUR"}`, math.Exp(2.5+dice.NormFloat64()))
	case "playlist_created":
		to = fmt.Appendf(to, `{"songs": %d}`, 1+dice.IntN(40))
	default:
		to = append(to, [...]string{`{"platform": "ios"}`, `{"platform": "android"}`, `{"platform": "web"}`}[dice.IntN(3)]...)
	}
	to = append(to, '\t')
	to = at.AppendFormat(to, "2006-01-02T15:04:05.000000Z07:00")
	to = append(to, '\t')
	to = at.AppendFormat(to, "2006-01-02T15:04:05.000000Z07:00")
	return append(to, '\n')
}
