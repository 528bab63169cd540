package calendar

import (
	"math"
	"math/big"
	"time"
)

// Clock is the clock of a run. The zero Clock is real time; any other reads Virtual at the
// instant Real, and from there goes Speed times as fast. Its readings are whole microseconds, as
// in the database.
type Clock struct {
	Real    time.Time `json:"real"`
	Virtual time.Time `json:"virtual"`
	Speed   float64   `json:"speed"`
}

// IsZero tells whether the clock is real time.
func (c Clock) IsZero() bool { return c.Real.IsZero() && c.Virtual.IsZero() && c.Speed == 0 }

// ToVirtual returns what the clock reads at a real instant. It never goes backwards.
func (c Clock) ToVirtual(instant time.Time) time.Time {
	speed, ok := c.speed()
	if !ok {
		return instant
	}
	passed := new(big.Rat).SetInt64(instant.UnixMicro() - c.Real.UnixMicro())
	return c.at(c.Virtual, floor(passed.Mul(passed, speed))).In(instant.Location())
}

// ToReal returns the first real instant, in whole microseconds, at which the clock reads virtual
// or later. So a timer that is set for it never fires early.
func (c Clock) ToReal(virtual time.Time) time.Time {
	speed, ok := c.speed()
	if !ok {
		return virtual
	}
	// A reading between two microseconds is reached with the later of them.
	target := virtual.Add(time.Microsecond - 1).UnixMicro()
	passed := new(big.Rat).SetInt64(target - c.Virtual.UnixMicro())
	passed.Quo(passed, speed)
	return c.at(c.Real, ceiling(passed)).In(virtual.Location())
}

// speed is exact, unlike products of floats, so that the two ways agree to the microsecond.
// A speed that is no speed (0, below, not a number) leaves the clock real.
func (c Clock) speed() (*big.Rat, bool) {
	if c.IsZero() || !(c.Speed > 0) || math.IsInf(c.Speed, 0) {
		return nil, false
	}
	return new(big.Rat).SetFloat64(c.Speed), true
}

// at returns the instant so many microseconds after anchor, kept within the years 1 to 9999.
func (c Clock) at(anchor time.Time, micros *big.Int) time.Time {
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()
	sum := new(big.Int).Add(big.NewInt(anchor.UnixMicro()), micros)
	switch {
	case sum.Cmp(big.NewInt(first)) < 0:
		return time.UnixMicro(first)
	case sum.Cmp(big.NewInt(last)) > 0:
		return time.UnixMicro(last)
	}
	return time.UnixMicro(sum.Int64())
}

// floor rounds towards the past; big.Int.Div does, for the positive denominators of a big.Rat.
func floor(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) }

func ceiling(r *big.Rat) *big.Int {
	return new(big.Int).Neg(floor(new(big.Rat).Neg(r)))
}
