package activities

import "context"

// PageInput asks for the next page of a sweep.
type PageInput struct {
	Journey string
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
	if err != nil {
		return Page{}, a.coded("sweep", in.After, err)
	}
	if len(runs) == 0 {
		return Page{Last: in.After}, nil
	}
	if err := a.Store.EnqueueWakes(ctx, runs, "resumed"); err != nil {
		return Page{}, a.coded("sweep", in.After, err)
	}
	return Page{Last: runs[len(runs)-1], Count: len(runs)}, nil
}
