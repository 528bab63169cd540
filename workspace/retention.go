package workspace

import (
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
)

// retention reads how long tables are kept.
func (s *settingsReader) retention(n *document.Node) {
	s.Retention = map[string]string{}
	keep := func(table string) func(*document.Node) {
		return func(v *document.Node) {
			if v.Kind != document.Scalar {
				s.Fail(v, "%s is %s; write how long it is kept, such as 400d", table, v.Shape())
				return
			}
			d, err := calendar.ParseDuration(v.Text)
			switch {
			case err != nil:
				s.Fail(v, "%s", err)
			case d.IsZero():
				s.Fail(v, "%s would be kept for no time at all; write how long, such as 30d", table)
			case span(d) < span(keptAtLeast(table)):
				s.Fail(v, "%s would be kept for %s, and caps and explanations look further back; write %s or more", table, v.Text, keptAtLeast(table))
			default:
				s.Retention[table] = v.Text
			}
		}
	}
	all := reading{}
	for _, table := range []string{"events", "bodies", "messages", "decisions", "segment_changes"} {
		all[table] = keep(table)
	}
	s.each(n, "retention", all)
}

// keptAtLeast is how long a table has to be kept: caps count messages as far back, and a decision explains
// what a person still asks about.
func keptAtLeast(table string) calendar.Duration {
	switch table {
	case "messages", "decisions":
		return calendar.Duration{Days: 62}
	default:
		return calendar.Duration{}
	}
}

// checkCapTimes refuses caps that count longer than messages are kept: they would let too many through.
func (s *settingsReader) checkCapTimes() {
	kept, err := calendar.ParseDuration(s.Retention["messages"])
	if err != nil {
		return
	}
	for _, n := range s.capTimes {
		if d, err := calendar.ParseDuration(n.Text); err == nil && span(d) > span(kept) {
			s.Fail(n, "this counts messages over %s, and they are kept for %s; write a shorter time, or a longer one under retention:", n.Text, s.Retention["messages"])
		}
	}
}
