package message

import (
	"math/bits"
	"reflect"

	"github.com/osteele/liquid/values"
)

// What one render may use. The limits count work and not time: on a machine that is paused or
// overloaded a good template must not fail, and a bad one must fail everywhere alike. A template
// that runs into them has used well under 200 ms of one core and 16 MB.
const (
	maxWork   = 200_000 // units of very roughly a quarter of a microsecond
	maxMemory = 3 << 20 // bytes of all values and output made on the way, freed ones included
	maxValue  = 1 << 20 // bytes of one value
	maxInput  = 2 << 20 // bytes of all that a template is given
	maxRange  = 10_000  // numbers of a range, where all of them are wanted at once
)

// limit is the error of a render that wants too much.
type limit string

func (l limit) Error() string { return string(l) }

const (
	tooMuchWork   limit = "this template does too much; write fewer or shorter loops"
	tooMuchMemory limit = "this template makes too much text; write fewer or shorter loops"
	tooLarge      limit = "this value is too large for a message"
)

// meter counts what a render has used.
type meter struct {
	work, memory int
	// heaviest bounds the size of every value within reach: a comparison may walk all of it.
	heaviest int
}

func (m *meter) spend(work int) error {
	m.work += work
	if m.work > maxWork || work > maxWork {
		return tooMuchWork
	}
	return nil
}

// hold counts a value that was, or is about to be, made.
func (m *meter) hold(size int) error {
	if size > maxValue {
		return tooLarge
	}
	m.heaviest = max(m.heaviest, size)
	m.memory += size
	if m.memory > maxMemory {
		return tooMuchMemory
	}
	return nil
}

// evaluate counts one evaluation of an expression.
func (m *meter) evaluate(e *expression) error {
	return m.spend(2 + len(e.refs) + e.compares*(1+m.heaviest/64))
}

// Sizes of the parts of a value, about what Go needs for them.
const (
	sizeScalar = 16
	sizeEntry  = 48
)

// weigh returns roughly the bytes of a value with all it holds; it stops counting soon after
// `enough`. Shared parts count each time: that is what joining or printing them costs.
func weigh(v any, enough int) int {
	switch v := v.(type) {
	case nil, bool, int, float64:
		return sizeScalar
	case string:
		return sizeScalar + len(v)
	case values.SafeValue:
		return weigh(v.Value, enough)
	case values.Range:
		if n := v.Len(); n > maxRange {
			return enough + 1
		} else {
			return sizeScalar * max(n, 1)
		}
	case []any:
		n := sizeScalar
		for _, item := range v {
			if n += weigh(item, enough); n > enough {
				break
			}
		}
		return n
	case map[string]any:
		n := sizeScalar
		for k, item := range v {
			if n += sizeEntry + len(k) + weigh(item, enough); n > enough {
				break
			}
		}
		return n
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		n := sizeScalar
		for i := 0; i < rv.Len() && n <= enough; i++ {
			n += weigh(rv.Index(i).Interface(), enough)
		}
		return n
	case reflect.String:
		return sizeScalar + rv.Len()
	}
	return 2 * sizeScalar
}

// count is the number of a value's items; log its binary logarithm, for what sorting costs.
func count(v any) int {
	if r, ok := v.(values.Range); ok {
		return max(r.Len(), 0)
	}
	if rv := reflect.ValueOf(v); rv.IsValid() && (rv.Kind() == reflect.Slice || rv.Kind() == reflect.Map) {
		return rv.Len()
	}
	return 1
}

func log(n int) int { return bits.Len(uint(n)) }
