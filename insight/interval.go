package insight

import (
	"encoding/json"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level is how sure intervals are, where nothing else is said.
const Level = 0.95

// Estimate is a figure and the interval that the truth is in, with the confidence that was asked for.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// known is a figure that may not be: what is without bound has none.
type known struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// MarshalJSON writes an end that is nowhere as null.
func (e Estimate) MarshalJSON() ([]byte, error) {
	finite := func(x float64) *float64 {
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return nil
		}
		return &x
	}
	return json.Marshal(known{finite(e.Value), finite(e.Low), finite(e.High)})
}

// UnmarshalJSON reads an end that is null as nowhere.
func (e *Estimate) UnmarshalJSON(raw []byte) error {
	var k known
	if err := json.Unmarshal(raw, &k); err != nil {
		return err
	}
	or := func(x *float64, otherwise float64) float64 {
		if x == nil {
			return otherwise
		}
		return *x
	}
	*e = Estimate{Value: or(k.Value, math.NaN()), Low: or(k.Low, math.Inf(-1)), High: or(k.High, math.Inf(1))}
	return nil
}

// Sure tells whether the interval leaves out nought: there is a difference.
func (e Estimate) Sure() bool { return e.Low > 0 || e.High < 0 }

// Times is the estimate in another unit. A factor below nought turns it round.
func (e Estimate) Times(factor float64) Estimate {
	low, high := e.Low*factor, e.High*factor
	return Estimate{Value: e.Value * factor, Low: min(low, high), High: max(low, high)}
}

// Plus moves the estimate by what is known for sure.
func (e Estimate) Plus(known float64) Estimate {
	return Estimate{Value: e.Value + known, Low: e.Low + known, High: e.High + known}
}

func (e Estimate) finite() bool {
	return !math.IsNaN(e.Value+e.Low+e.High) && !math.IsInf(e.Value, 0) && !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0)
}

// quantile is how many standard errors an interval of this confidence reaches to either side.
func quantile(level float64) float64 {
	return distuv.UnitNormal.Quantile(1 - (1-level)/2)
}
