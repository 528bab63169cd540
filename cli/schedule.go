package cli

import (
	"time"

	"github.com/mixtapehq/mixtape/workspace"
)

// tellSchedules says when schedules let people in next: a date that was meant otherwise is seen here first.
func tellSchedules(c *Call, w *workspace.Workspace, now time.Time) {
	for _, j := range w.Journeys {
		schedule := j.Entry().Schedule
		if schedule == nil {
			continue
		}
		zone := w.Settings.Zone()
		begin := schedule.NextBegin(now, zone)
		at := schedule.Comes(begin, zone, zone)
		switch {
		case begin.IsZero():
			c.printf("%s: its schedule lets nobody in any more\n", j.Key())
		case schedule.Workspace:
			c.printf("%s: its schedule lets people in next on %s\n", j.Key(), at.In(zone).Format("Mon 2 January 2006 15:04 MST"))
		case at.IsZero(): // the workspace's own clocks pass it over
			c.printf("%s: its schedule lets people in next from %s on, as their clocks come to it\n", j.Key(), begin.In(zone).Format("Mon 2 January 2006 15:04 MST"))
		default:
			c.printf("%s: its schedule lets people in next on %s, each by their own clock\n", j.Key(), at.In(zone).Format("Mon 2 January 2006 15:04"))
		}
	}
}
