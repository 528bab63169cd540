package activities

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/insight"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// draw gathers by what the run's bandits draw: for all, or for this person where that has earned it.
func (k *walk) draw(ctx context.Context) error {
	d, err := k.tx.Drawing(ctx, k.run.Journey)
	if err != nil {
		return err
	}
	k.facts.Assigned, k.facts.Weights, k.facts.Context = d.Assigned, d.Weights, map[string]map[string]any{}
	for _, t := range k.journey.Trials() {
		if !t.Personal {
			continue
		}
		by := k.context(t)
		asJSON := make(map[string]any, len(by))
		for name, x := range by {
			asJSON[name] = x
		}
		k.facts.Context[t.Step] = asJSON
		personal, earned := d.Personal[t.Step]
		if !earned {
			continue
		}
		chances := personal.For(t.Variants, by, t.Floor, func(variant string, draw int) float64 {
			return profile.Lot("personal", k.run.Journey, t.Step, k.tx.Profile().ID, variant, fmt.Sprint(draw))
		})
		weights := make(map[string]float64, len(chances))
		for i, chance := range chances {
			weights[t.Variants[i]] = chance
		}
		k.facts.Weights[t.Step] = weights
	}
	return nil
}

// longestValue is how long the text of an attribute may be to be a feature.
const longestValue = 40

// context is by what a variant is chosen for the person: the attributes that the experiment names, how much they have done, how long ago they entered, and the
// hour and day where they are. Texts become features of their own, so nothing but what the journey names is in it.
func (k *walk) context(t journey.Trial) insight.Context {
	p, local := k.tx.Profile(), k.facts.Now.In(k.facts.Home())
	by := insight.Context{
		"frequency":                             math.Log1p(float64(k.tx.LastNumber())) / 5,
		"recency":                               math.Log1p(max(0, k.facts.Now.Sub(k.run.State.Entered).Hours()/24)) / 3,
		fmt.Sprintf("hours=%d", local.Hour()/4): 1,
	}
	if day := local.Weekday(); day == time.Saturday || day == time.Sunday {
		by["weekend"] = 1
	}
	for _, name := range t.Context {
		switch v := p.Attributes[name].(type) {
		case string:
			if v = strings.TrimSpace(v); v != "" && len(v) <= longestValue {
				by[name+"="+v] = 1
			}
		case bool:
			if v {
				by[name] = 1
			}
		case float64:
			by[name] = math.Copysign(math.Log1p(math.Abs(v)), v) / 5
		}
	}
	return by
}
