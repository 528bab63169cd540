package activities

import (
	"context"

	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// CallInput asks to make the call of a run's move Seq.
type CallInput struct {
	Run  string
	Seq  int
	Call string
}

// Call makes one attempt at a call, writes what became of it, and returns the run's next move. An
// attempt that has to be made again fails with a code, so that Temporal shows each. A call that may not
// be made now goes back to the walk; one that is over is not made again.
func (a *Activities) Call(ctx context.Context, in CallInput) (journey.Move, error) {
	defer beat(ctx)()
	a.Walker.failpoint("call:beginning")
	c, private, ok, err := a.Store.BeginCall(ctx, in.Call)
	if err != nil {
		return journey.Move{}, a.coded("call", in.Run, err)
	}
	if ok {
		a.Walker.failpoint("call:begun")
		r := JudgeCall(int(c.Attempts), a.Asker.Ask(ctx, c, private))
		a.Walker.failpoint("call:answered")
		if r.Retry {
			a.Log.Info("a call will be tried again", zap.String("run", in.Run), zap.String("call", c.ID), zap.String("reason", r.Reason))
			return journey.Move{}, temporal.NewApplicationErrorWithOptions("call: "+r.Reason, r.Reason, temporal.ApplicationErrorOptions{NextRetryDelay: r.Delay})
		}
		if err := a.concludeCall(ctx, in, c, r); err != nil {
			return journey.Move{}, err
		}
	}
	a.Walker.failpoint("call:finished")
	return a.Advance(ctx, AdvanceInput{Run: in.Run, Seq: in.Seq + 1, Cause: journey.Cause{Kind: journey.Called}})
}

func (a *Activities) concludeCall(ctx context.Context, in CallInput, c store.Call, r CallResult) error {
	return a.insist(ctx, "call", in.Run, func(ctx context.Context, tx *store.Tx) error {
		first, err := tx.FinishCall(ctx, c.ID, r.State, r.Reason, r.Status, r.Answer)
		if err != nil || !first {
			return err
		}
		return RecordCall(ctx, tx, c, r)
	})
}
