package calendar

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that a machine without a zone database knows the zones too
)

// zoneNames are the names of the IANA time zone database, one a line.
//
//go:embed zones.txt
var zoneNames string

// zones holds a loader for each name, which reads its zone once. The names are a closed list, so
// that no caller's input grows it, and machines agree on what is known, in what case.
var zones = loaders(strings.Fields(zoneNames))

func loaders(names []string) map[string]func() *time.Location {
	byName := make(map[string]func() *time.Location, len(names))
	for _, name := range names {
		byName[name] = sync.OnceValue(func() *time.Location {
			loc, err := time.LoadLocation(name)
			if err != nil {
				return nil
			}
			return loc
		})
	}
	return byName
}

// Zones are the names of all zones, in order.
func Zones() []string { return strings.Fields(zoneNames) }

// LoadZone returns the time zone of an IANA name, such as Europe/Paris or UTC, in exactly that
// spelling. Anything else is unknown: "", "Local", "UTC+2", "CEST".
func LoadZone(name string) (*time.Location, bool) {
	load, ok := zones[name]
	if !ok {
		return nil, false
	}
	loc := load()
	return loc, loc != nil
}
