package journey

import "time"

// Home is the zone that a profile's local hours and days are counted in: its own, else the
// workspace's, else UTC.
func (f Facts) Home() *time.Location { return f.home() }
