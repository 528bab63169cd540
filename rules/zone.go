package rules

import (
	"regexp"
	"strconv"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

var fixedOffset = regexp.MustCompile(`^([+-]?)(\d\d):(\d\d)$`)

// zoneNamed is the zone of an IANA name or, as CEL has it, of an offset such as +02:00; nil if
// there is none.
func zoneNamed(name string) *time.Location {
	if loc, ok := calendar.LoadZone(name); ok {
		return loc
	}
	m := fixedOffset.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	h, _ := strconv.Atoi(m[2]) // two digits
	mins, _ := strconv.Atoi(m[3])
	if h > 14 || mins > 59 {
		return nil
	}
	seconds := h*3600 + mins*60
	if m[1] == "-" {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds)
}
