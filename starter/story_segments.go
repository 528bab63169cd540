package starter

import (
	"strings"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store"
)

// segmentLine tells of somebody entering or leaving a segment, and why.
func segmentLine(c store.SegmentChange) line {
	words := "left the segment " + c.Segment
	if c.Entered {
		words = "entered the segment " + c.Segment
	}
	switch why := segment.Why(c.Why); {
	case why == segment.ByEvent:
		words += ", by " + c.Cause
	case why == segment.ByProfile && c.Cause != "":
		words += ", as this changed: " + shown(strings.Split(c.Cause, ", "))
	case why == segment.ByTime:
		words += ", as time passed"
	case why == segment.ByRule:
		words += ", by a rule that is new, changed or gone"
	case why == segment.ByMerge:
		words += ", as two profiles became one"
	}
	return line{At: c.At, Kind: "segment", Name: c.Segment, Words: words, Reason: c.Why}
}

// shown names what has changed as people read it.
func shown(changed []string) string {
	names := make([]string, len(changed))
	for i, name := range changed {
		names[i] = name
		for prefix, word := range map[string]string{
			profile.SegmentChange(""): "segment ", profile.ScoreChange(""): "score ", profile.AffinityChange(""): "affinity ",
		} {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				names[i] = word + rest
			}
		}
	}
	return strings.Join(names, ", ")
}
