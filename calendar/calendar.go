// Package calendar is local time: durations as people write them, times of day, weekdays,
// waits, windows, dates as callers send them, and the clock of a run.
//
// Everything here is pure arithmetic over an IANA time zone. One rule holds throughout: a local
// time that the clocks skip means the first instant after the gap, and one that comes twice
// means its first coming. Place alone decides that; nothing here leaves it to time.Date, whose
// choice is unspecified.
package calendar
