package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/store"
)

// Eraser works off erasures: what is left of the erased goes from the database, then from Temporal. It
// may die anywhere, and several may run: all that it does is safe to do twice.
type Eraser struct {
	Client *Client
	Store  *store.Store
	Log    *zap.Logger
	Every  time.Duration // 1 s: how often it looks for one
	Settle time.Duration // 2 min: when it looks again at what was under way
	// Failpoint is called at named points of the code; tests kill the process there. Nil in production.
	Failpoint func(point string)
}

// Run erases until the context ends.
func (e *Eraser) Run(ctx context.Context) {
	every := e.Every
	if every == 0 {
		every = time.Second
	}
	for ctx.Err() == nil {
		did, err := e.Once(ctx)
		if err != nil && ctx.Err() == nil {
			e.Log.Warn("an erasure will be tried again", zap.Error(err))
		}
		if did && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// Once works off one erasure that is due, and says whether there was one.
func (e *Eraser) Once(ctx context.Context) (bool, error) {
	x, err := e.Store.NextErasure(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := e.work(ctx, x); err != nil {
		return true, errors.Join(fmt.Errorf("erasure %s: %w", x.ID, err), e.Store.PostponeErasure(ctx, x.ID))
	}
	settle := e.Settle
	if settle == 0 {
		settle = 2 * time.Minute
	}
	return true, e.Store.SettleErasure(ctx, x.ID, settle)
}

func (e *Eraser) work(ctx context.Context, x store.Erasure) error {
	e.failpoint("erase:taken")
	if err := e.Store.Wipe(ctx, x); err != nil {
		return err
	}
	e.failpoint("erase:wiped")
	for after := ""; ; {
		page, err := e.Store.RunsOfErasure(ctx, x, after, 100)
		if err != nil {
			return err
		}
		for _, run := range page {
			after = run
			if err := e.Client.Delete(ctx, run, ""); err != nil {
				return err
			}
		}
		if len(page) < 100 {
			break
		}
	}
	e.failpoint("erase:told")
	return e.Client.deleteOfProfiles(ctx, x.Profiles)
}

func (e *Eraser) failpoint(point string) {
	if e.Failpoint != nil {
		e.Failpoint(point)
	}
}

// Delete ends an execution of a run's workflow, the current one if none is named, and deletes its history.
// That there is none is success.
func (c *Client) Delete(ctx context.Context, run, execution string) error {
	_, err := c.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: c.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: run, RunId: execution},
	})
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// deleteOfProfiles deletes what visibility still knows of profiles: the executions before the last one
// of a run that was reset or resumed.
func (c *Client) deleteOfProfiles(ctx context.Context, profiles []string) error {
	for _, id := range profiles {
		var token []byte
		for {
			page, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
				Namespace: c.Namespace, PageSize: 100, NextPageToken: token,
				Query: fmt.Sprintf("ProfileID = '%s'", strings.ReplaceAll(id, "'", "")),
			})
			if err != nil {
				return err
			}
			for _, found := range page.GetExecutions() {
				if err := c.Delete(ctx, found.GetExecution().GetWorkflowId(), found.GetExecution().GetRunId()); err != nil {
					return err
				}
			}
			if token = page.GetNextPageToken(); len(token) == 0 {
				break
			}
		}
	}
	return nil
}
