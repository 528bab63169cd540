package insight

// mostWeekly is the highest number of messages in a week that is told apart; more count as it.
const mostWeekly = 14

// Weeks are people's weeks by how many messages came in them, and in how many of these weeks somebody unsubscribed or complained.
type Weeks struct {
	All      [mostWeekly + 1]int64 `json:"all"`
	Objected [mostWeekly + 1]int64 `json:"objected"`
}

// Add takes one person's week in.
func (w *Weeks) Add(messages int, objected bool) {
	messages = min(messages, mostWeekly)
	w.All[messages]++
	if objected {
		w.Objected[messages]++
	}
}

// Plus is both together.
func (w *Weeks) Plus(o Weeks) {
	for i := range w.All {
		w.All[i] += o.All[i]
		w.Objected[i] += o.Objected[i]
	}
}

// Fatigue is the number of messages a week beyond which people object more.
type Fatigue struct {
	Cap    int      `json:"cap"`    // this many do not drive more away
	Within Estimate `json:"within"` // the share of weeks, with one to Cap messages, in which somebody objected
	Beyond Estimate `json:"beyond"` // of weeks with more
}

// fatigueLevel is stricter than a report's: of the caps from 1 to 13 the clearest is taken (Bonferroni).
const fatigueLevel = 1 - (1-Level)/(mostWeekly-1)

// Tire looks for it: the cap that sets the two shares apart most surely, as long as the interval of their difference leaves out nought. Weeks without a message are not in it: nobody unsubscribes
// from nothing. ok is false where no number is sure.
func (w *Weeks) Tire() (f Fatigue, ok bool) {
	best := 0.0
	for limit := 1; limit < mostWeekly; limit++ {
		var within, beyond Arm
		for n := 1; n <= mostWeekly; n++ {
			side := &beyond
			if n <= limit {
				side = &within
			}
			side.People += w.All[n]
			side.Converted += w.Objected[n]
		}
		if within.People == 0 || beyond.People == 0 {
			continue
		}
		if d := RateDifference(beyond, within, fatigueLevel); d.Low > best {
			best, ok = d.Low, true
			f = Fatigue{Cap: limit, Within: Rate(within.Converted, within.People, Level), Beyond: Rate(beyond.Converted, beyond.People, Level)}
		}
	}
	return f, ok
}
