package trial

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// call lets the case answer: each attempt takes the next answer of the step, the last one repeats,
// and who says nothing answers 200 {}. Whether an attempt is the last is judged as in production;
// tries take no time here.
func (p *play) call(ctx context.Context, run *store.Run, move journey.Move) error {
	for p.dispatched < int64(len(p.events)) {
		if err := p.judge(ctx); err != nil {
			return err
		}
	}
	i := slices.IndexFunc(p.calls, func(c *store.Call) bool { return c.ID == move.Call })
	if i < 0 || p.calls[i].State != store.Asked || run.State.Exit != "" {
		return nil
	}
	c := p.calls[i]
	for {
		c.Attempts++
		r := activities.JudgeCall(int(c.Attempts), p.answer(c.Step))
		if r.Retry {
			continue
		}
		c.State, c.Reason, c.Status, c.Answer = r.State, r.Reason, int32(r.Status), r.Answer
		p.line(run, Line{Kind: Call, Name: c.Step, Reason: c.Reason})
		return activities.RecordCall(ctx, p.memory, *c, r)
	}
}

// answer is what the web service answers to the next attempt.
func (p *play) answer(step string) activities.Attempt {
	all := p.c.Calls[step]
	n := p.asked[step]
	p.asked[step]++
	a := Answer{Status: 200, JSON: map[string]any{}}
	if len(all) > 0 {
		a = all[min(n, len(all)-1)]
	}
	if a.Silent {
		return activities.Attempt{Problem: activities.NoAnswer}
	}
	body, err := json.Marshal(a.JSON)
	if err != nil {
		return activities.Attempt{Status: a.Status}
	}
	return activities.Attempt{Status: a.Status, Body: body}
}
