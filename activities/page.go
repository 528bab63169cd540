package activities

import "context"

// PageInput asks for the next page of a sweep.
type PageInput struct {
	Journey string
	Version string // of an edit: the one to go on by
	After   string
	Most    int
}

// Page is what a page of a sweep came to.
type Page struct {
	Last  string
	Count int
}

// WakePage wakes one page of the runs that a lifted pause left waiting. Woken twice, a run looks
// twice and goes on once.
func (a *Activities) WakePage(ctx context.Context, in PageInput) (Page, error) {
	runs, err := a.Store.PausedRuns(ctx, in.Journey, in.After, in.Most)
	return a.wakePage(ctx, in, runs, err, "resumed")
}

// TrendPage wakes one page of a journey's runs that may wait for what has come to be on the rise.
func (a *Activities) TrendPage(ctx context.Context, in PageInput) (Page, error) {
	runs, err := a.Store.WaitingRuns(ctx, in.Journey, in.After, in.Most)
	return a.wakePage(ctx, in, runs, err, "trending")
}

func (a *Activities) wakePage(ctx context.Context, in PageInput, runs []string, err error, why string) (Page, error) {
	if err == nil && len(runs) > 0 {
		err = a.Store.EnqueueWakes(ctx, runs, why)
	}
	switch {
	case err != nil:
		return Page{}, a.coded("sweep", in.After, err)
	case len(runs) == 0:
		return Page{Last: in.After}, nil
	}
	return Page{Last: runs[len(runs)-1], Count: len(runs)}, nil
}

// EditPage tells one page of the runs in flight to go on by an edited version. Told twice, a run goes
// over once.
func (a *Activities) EditPage(ctx context.Context, in PageInput) (Page, error) {
	last, n, err := a.Store.WantMigration(ctx, in.Journey, in.Version, in.After, in.Most)
	if err != nil {
		return Page{}, a.coded("sweep", in.After, err)
	}
	return Page{Last: last, Count: n}, nil
}

// EditHeldOutPage takes one page of a journey's held-out along.
func (a *Activities) EditHeldOutPage(ctx context.Context, in PageInput) (Page, error) {
	d, err := a.Store.Deployment(ctx)
	if err != nil {
		return Page{}, a.coded("sweep", "", err)
	}
	c, err := a.Library.Compiled(ctx, in.Journey, in.Version, &d.Settings)
	if err != nil {
		return Page{}, a.coded("sweep", "", err)
	}
	n, err := a.Store.MigrateHeldOut(ctx, in.Journey, c, in.Most)
	if err != nil {
		return Page{}, a.coded("sweep", "", err)
	}
	return Page{Count: n}, nil
}
