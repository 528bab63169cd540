package rules_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// Sizes of the population. Every person has the same history, so that a side's time is one figure.
const (
	people    = 1000
	orders    = 100
	untidyOne = 10 // of so many people one is untidy
)

// someone is a person as each side wants them. All of it is made before the clock starts.
type someone struct {
	facts  rules.Facts
	untidy bool // an attribute is missing, null, or of another kind than the rule wants
	typed  typedEnv
	boxed  any // typed, as expr wants it
	plain  cel.Activation
}

// typedEnv is what expr's programs run on: Go values whose types it knows when it compiles.
type typedEnv struct {
	User   map[string]any  `expr:"user"`
	Orders []profile.Event `expr:"orders"`
	Now    time.Time       `expr:"now"`
	Since  time.Time       `expr:"since"`
}

// population is the same in every run.
func population(tb testing.TB) []*someone {
	tb.Helper()
	dice := rand.New(rand.NewPCG(4, 2026))
	all := make([]*someone, people)
	for i := range all {
		all[i] = person(tb, dice, i)
	}
	return all
}

func person(tb testing.TB, dice *rand.Rand, i int) *someone {
	tb.Helper()
	now := time.Date(2026, 3, 27, 17, 0, 0, 0, time.UTC)
	attributes := map[string]any{
		"plan": pick(dice, "free", "free", "free", "free", "pro"), "age": float64(14 + dice.IntN(60)),
		"country": pick(dice, "FR", "DE", "AT", "FR", "DE", "US"), "vip": dice.IntN(8) == 0,
		"email": fmt.Sprint("someone", i, pick(dice, "@example.com", "@example.com", "@example.com", "@example.org")),
	}
	for n := range 15 { // a profile has more than what one rule reads
		attributes[fmt.Sprint("attribute_", n)] = strings.Repeat("x", n)
	}
	untidy := dice.IntN(untidyOne) == 0
	if untidy {
		name := pick(dice, "plan", "age", "country", "vip", "email")
		switch dice.IntN(3) {
		case 0:
			delete(attributes, name)
		case 1:
			attributes[name] = nil
		default:
			attributes[name] = pick[any](dice, "36", 18.0, true, []any{"FR"})
		}
	}
	history := make([]profile.Event, orders)
	lists := make([]map[string]any, orders)
	length := time.Duration(20+dice.IntN(200)) * 24 * time.Hour
	for n := range history {
		at := now.Add(-time.Duration(dice.Int64N(int64(length))).Truncate(time.Microsecond))
		if n == 0 {
			at = now.Add(-pick(dice, 30*24*time.Hour, 30*24*time.Hour-time.Microsecond, 0)) // the window's edges
		}
		total, sku := float64(dice.IntN(10_000))/100, fmt.Sprint("s", dice.IntN(5))
		history[n] = profile.Event{Number: int64(n + 1), Name: "order", Time: at, Arrival: at, Properties: map[string]any{"total": total, "sku": sku}}
		lists[n] = map[string]any{"time": at, "total": total, "sku": sku}
	}
	since := now.Add(-30 * 24 * time.Hour)
	typed := typedEnv{User: attributes, Orders: history, Now: now, Since: since}
	plain, err := cel.NewActivation(map[string]any{"user": attributes, "orders": lists, "now": now, "since": since})
	if err != nil {
		tb.Fatal(err)
	}
	return &someone{
		untidy: untidy,
		facts: rules.Facts{
			Now: now, Zone: time.UTC, Profile: &profile.Profile{ID: fmt.Sprint("p", i), Attributes: attributes},
			History: map[string][]profile.Event{"order": history},
		},
		typed: typed, boxed: typed, plain: plain,
	}
}

func pick[T any](dice *rand.Rand, from ...T) T { return from[dice.IntN(len(from))] }
