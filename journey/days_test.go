package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/rules"
)

// Days may stand for events where a rule is asked of the present alone, and of a timeout that is over no
// earlier than the run says.
func TestWhereEventsAreNotLookedAtOneByOne(t *testing.T) {
	t.Parallel()
	const rule = `events("x").within("7d").count() > 3`
	for _, c := range []struct {
		steps string
		each  time.Duration
		from  time.Time
	}{
		{`{id: w, branch: [{when: 'RULE', steps: [{id: a, wait: 1h}]}]}`, 0, time.Time{}},
		{`{id: w, wait_for: {rule: 'RULE'}}`, 0, time.Time{}},
		{`{id: w, wait_for: {rule: 'RULE', timeout: 3d}}`, 0, at(10 - 27)},
		{`{id: w, wait_for: {rule: 'RULE', timeout: {until: user.renews_at}}}`, 7 * 24 * time.Hour, time.Time{}},
		{`{id: w, wait_for: {event: y, where: 'RULE'}}`, 7 * 24 * time.Hour, time.Time{}},
		{`{id: w, collect: {event: y, where: 'RULE', for: 1h}}`, 7 * 24 * time.Hour, time.Time{}},
		{`{id: w, wait: {until: 'RULE ? now : date(user.d)'}}`, 7 * 24 * time.Hour, time.Time{}},
		{`{id: w, update: {set: {n: 'events("x").within("7d").count()'}}}`, 0, time.Time{}},
		{`{id: w, wait_for: {event: x, since: ever}}`, rules.Always, time.Time{}},
	} {
		j := compiled(t, "{journey: a, entry: {event: go}, steps: ["+strings.ReplaceAll(c.steps, "RULE", rule)+"]}")
		needs := j.Needs(&journey.State{Entered: at(0), Arrived: at(0), Parked: true, Until: at(10), Now: at(1)})
		if len(needs.Events) != 1 || needs.Events[0].Each != c.each || !needs.From.Equal(c.from) || !needs.Until.Equal(at(1)) {
			t.Errorf("%s needs %+v", c.steps, needs)
		}
	}
	j := compiled(t, "{journey: a, entry: {event: go}, steps: ["+`{id: w, wait_for: {rule: '`+rule+`', timeout: 3d}}`+"]}")
	for name, s := range map[string]journey.State{
		"not parked":         {Entered: at(0), Arrived: at(4), Until: at(10)},
		"of another version": {Entered: at(0), Arrived: at(4), Parked: true, Until: at(10), Migrated: journey.Migrated{Wait: true}},
	} {
		if from := j.Needs(&s).From; !from.Equal(at(4 - 27)) {
			t.Errorf("%s: from %s", name, from)
		}
	}
}
