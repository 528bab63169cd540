package profile

import "time"

// Day is what somebody did by one name on one day in UTC, added up.
type Day struct {
	Count       int
	First, Last time.Time          // when the earliest happened, and the latest
	Numbers     map[string]Numbers // by property
}

// Numbers are those that a property had on a day, added up.
type Numbers struct {
	Count       int
	Sum         string // as it is written in decimals: nothing is rounded
	Least, Most float64
}
