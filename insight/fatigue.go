package insight

import "time"

// mostWeekly is the highest number of messages in seven days that is told apart; more count as it.
const mostWeekly = 14

// Doses are messages by how many the same person got in the seven days up to them, themselves counted, and how many of them made that person unsubscribe
// or complain. Whoever objected is not counted on, so these are the hazards of survival analysis in discrete time, and messages are
// trials of their own though people have many (D. R. Cox, "Regression Models and Life-Tables", JRSS B 34, 1972, section 6). They are told by message, not by
// week: a week of more messages has more chances to object even if nobody tires.
type Doses struct {
	All      [mostWeekly + 1]int64 `json:"all"`
	Objected [mostWeekly + 1]int64 `json:"objected"`
}

const sevenDays = 7 * 24 * time.Hour

// Follow takes a person's messages in, in the order in which they were sent: those from a moment on, up to the one after which they objected. An objection is that
// of the message before it, if that is at most seven days old. objected is zero of those who did not.
func (d *Doses) Follow(sent []time.Time, objected, from, until time.Time) {
	first := 0 // of the seven days
	for i, at := range sent {
		if !objected.IsZero() && at.After(objected) || !at.Before(until) {
			return
		}
		for !sent[first].After(at.Add(-sevenDays)) {
			first++
		}
		if at.Before(from) {
			continue
		}
		dose := min(i-first+1, mostWeekly)
		d.All[dose]++
		last := i+1 == len(sent) || sent[i+1].After(objected)
		if last && !objected.IsZero() && objected.Sub(at) <= sevenDays {
			d.Objected[dose]++
		}
	}
}

// Plus takes others in.
func (d *Doses) Plus(o Doses) {
	for i := range d.All {
		d.All[i] += o.All[i]
		d.Objected[i] += o.Objected[i]
	}
}

// Fatigue is the number of messages in seven days beyond which each drives more people away.
type Fatigue struct {
	Cap    int      `json:"cap"`
	Within Estimate `json:"within"` // the share of messages, up to the Cap-th in seven days, that somebody objected to
	Beyond Estimate `json:"beyond"` // of those after it
	More   Estimate `json:"more"`   // by how much that is more, at a level with room for all caps that were tried
}

// fatigueLevel is stricter than a report's: of the caps from 1 to 13 the clearest is taken (Bonferroni).
const fatigueLevel = 1 - (1-Level)/(mostWeekly-1)

// Tire looks for it: the cap that sets the two shares apart most surely, as long as the interval of their difference leaves out nought. It is observed, not tried: whoever gets
// many messages may be another kind of person, and only a test tells what a cap does. ok is false where no number is sure.
func (d *Doses) Tire() (f Fatigue, ok bool) {
	for limit := 1; limit < mostWeekly; limit++ {
		var within, beyond Arm
		for n := 1; n <= mostWeekly; n++ {
			side := &beyond
			if n <= limit {
				side = &within
			}
			side.People += d.All[n]
			side.Converted += d.Objected[n]
		}
		if within.People == 0 || beyond.People == 0 {
			continue
		}
		if more := RateDifference(beyond, within, fatigueLevel); more.Low > f.More.Low {
			ok = true
			f = Fatigue{Cap: limit, Within: Rate(within.Converted, within.People, Level), Beyond: Rate(beyond.Converted, beyond.People, Level), More: more}
		}
	}
	return f, ok
}
