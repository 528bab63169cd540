package rules

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimalSum adds numbers up as they are written: 0.1 and 0.2 are 0.3. So a sum does not depend on the
// order in which events are looked at, and what is summed up in parts comes to the same.
type decimalSum struct {
	millionths int64
	rest       *big.Int // in units of 10^-smallest
}

const (
	// smallest is how many digits behind the point any number has.
	smallest = 324
	// Numbers with at most six digits behind the point and fifteen in all are added as whole millionths.
	mostMillionths = 1e15
)

// add takes in one more, and says whether that took long.
func (d *decimalSum) add(f float64) (long bool) {
	n := math.Round(f * 1e6)
	if math.Abs(n) < mostMillionths && n/1e6 == f {
		return d.addMillionths(int64(n))
	}
	if d.rest == nil {
		d.rest = new(big.Int)
	}
	d.rest.Add(d.rest, decimalOf(f))
	return true
}

func (d *decimalSum) addMillionths(n int64) (long bool) {
	d.millionths += n
	if d.millionths > math.MaxInt64-mostMillionths || d.millionths < math.MinInt64+mostMillionths {
		d.spill()
		return true
	}
	return false
}

// addText takes in a sum as it is written in decimals, and says whether that took long. One that is no
// such is none of ours, and counts as nothing.
func (d *decimalSum) addText(sum string) (long bool) {
	whole, behind, _ := strings.Cut(sum, ".")
	behind = strings.TrimRight(behind, "0")
	if len(behind) <= 6 && len(whole) <= 9 {
		n, err := strconv.ParseInt(whole+behind+"000000"[len(behind):], 10, 64)
		if err == nil {
			return d.addMillionths(n)
		}
	}
	n, ok := new(big.Int).SetString(whole+behind, 10)
	if !ok || len(behind) > smallest {
		return true
	}
	if d.rest == nil {
		d.rest = new(big.Int)
	}
	d.rest.Add(d.rest, n.Mul(n, tenTo(smallest-len(behind))))
	return true
}

func (d *decimalSum) spill() {
	if d.rest == nil {
		d.rest = new(big.Int)
	}
	d.rest.Add(d.rest, new(big.Int).Mul(big.NewInt(d.millionths), tenTo(smallest-6)))
	d.millionths = 0
}

// float is the nearest number; infinite when it is out of range.
func (d *decimalSum) float() float64 {
	if d.rest == nil && d.millionths < 1<<53 && d.millionths > -1<<53 {
		return float64(d.millionths) / 1e6
	}
	d.spill()
	return float(d.rest)
}

// decimalOf is a number as it is written, in units of 10^-smallest.
func decimalOf(f float64) *big.Int {
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	whole, behind, _ := strings.Cut(digits, ".")
	e, _ := strconv.Atoi(exponent) // as it was just written
	n, _ := new(big.Int).SetString(whole+behind, 10)
	return n.Mul(n, tenTo(smallest+e-len(behind)))
}

// whole53 tells whether a number is whole, and written with all of its digits.
func whole53(f float64) bool { return f == math.Trunc(f) && math.Abs(f) < 1<<53 }

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func float(n *big.Int) float64 {
	f, _ := strconv.ParseFloat(n.String()+"e-"+strconv.Itoa(smallest), 64) // out of range is infinite
	return f
}

// remainder is what is left of a after taking b away as often as it goes, of numbers as they are
// written: 5.3 % 0.1 is 0. Not a number where b is 0.
func remainder(a, b float64) float64 {
	if b == 0 || whole53(a) && whole53(b) {
		return math.Mod(a, b)
	}
	return float(new(big.Int).Rem(decimalOf(a), decimalOf(b)))
}
