package journey

import (
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// where is the zone that a step's clock hangs in, and why when it is not the one that was asked for.
type where struct {
	loc     *time.Location
	told    string // in words; empty when all is well
	unknown string // the name that no zone has; what a person typed, so it stays in the database
}

// zone finds the step's own zone, else the profile's, else the workspace's, else UTC. A name that no
// zone has counts as absent.
func (w *walk) zone(own *rule, at *step) where {
	var found where
	try := func(name string) bool {
		loc, ok := calendar.LoadZone(name)
		if !ok {
			found.unknown = name
		}
		found.loc = loc
		return ok
	}
	if own != nil {
		value, _ := w.value(own, at, w.s.Arrived)
		if name, ok := value.(string); ok && name != "" && try(name) {
			return found
		}
	}
	if name, ok := w.f.Profile.Text("timezone"); ok && try(name) {
		return found.fallenBack()
	}
	found.loc = w.f.Zone
	if found.loc == nil {
		found.loc = time.UTC
		found.told = "neither profile nor workspace has a time zone: UTC"
	}
	return found.fallenBack()
}

func (f where) fallenBack() where {
	if f.unknown != "" {
		f.told = "the time zone asked for is not known: " + f.loc.String()
	}
	return f
}

// Home is the zone that a profile's local hours and days are counted in: its own, else the workspace's,
// else UTC.
func (f Facts) Home() *time.Location {
	if f.Profile != nil {
		if name, ok := f.Profile.Text("timezone"); ok {
			if loc, ok := calendar.LoadZone(name); ok {
				return loc
			}
		}
	}
	if f.Zone != nil {
		return f.Zone
	}
	return time.UTC
}
