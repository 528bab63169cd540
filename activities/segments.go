package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store"
)

// The bounds of a sweep over a segment.
const (
	SegmentsTimeout   = time.Hour        // of one page: finding out whom it concerns may take long
	SegmentsHeartbeat = 30 * time.Second // without a sign of life
	segmentsBudget    = 10 * time.Second // then a page ends where it is
	segmentsMost      = 100              // people in one transaction, at most; fewer where that holds them long
	segmentsFirst     = 10               // in the first one
	segmentsHold      = 100 * time.Millisecond
)

// SegmentsPage is what a page of a sweep over segments came to.
type SegmentsPage struct {
	Segment string        `json:"segment,omitempty"` // that it was about
	Seen    int           `json:"seen,omitempty"`    // people who were looked at
	Wait    time.Duration `json:"wait,omitempty"`    // before there is more to do
	Over    bool          `json:"over,omitempty"`    // nothing is
}

// SegmentsPage looks at the next people whose membership a rule may have changed that is new, changed or
// gone; first it finds out who they are. How far it has come stands in the database: whoever dies inside
// loses nothing, and does nothing twice.
func (a *Activities) SegmentsPage(ctx context.Context) (SegmentsPage, error) {
	w, wait, err := a.Store.NextSegmentSweep(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return SegmentsPage{Over: true}, nil
	case err != nil:
		return SegmentsPage{}, a.coded("segments", "", err)
	case wait > 0:
		return SegmentsPage{Segment: w.Segment, Wait: wait}, nil
	}
	page := SegmentsPage{Segment: w.Segment}
	if !w.Filled {
		ok, err := a.fill(ctx, w)
		switch {
		case err != nil:
			return page, a.coded("segments", w.Segment, err)
		case !ok:
			page.Wait = time.Second
			return page, nil
		}
	}
	page.Seen, err = a.reviseMany(ctx, w)
	if err != nil {
		return page, a.coded("segments", w.Segment, err)
	}
	return page, nil
}

// fill finds out whom the sweep concerns, with signs of life while the database thinks.
func (a *Activities) fill(ctx context.Context, w store.SegmentSweep) (bool, error) {
	thinking, done := context.WithCancel(ctx)
	defer done()
	go func() {
		for {
			activity.RecordHeartbeat(ctx)
			select {
			case <-thinking.Done():
				return
			case <-time.After(SegmentsHeartbeat / 3):
			}
		}
	}()
	return a.Store.FillSegmentSweep(ctx, w, a.Library, a.Clock)
}

// reviseMany looks at as many people as the time allows. Few at once hold up nobody who does something
// meanwhile; how many is chosen by how long those before were held.
func (a *Activities) reviseMany(ctx context.Context, w store.SegmentSweep) (seen int, err error) {
	few := segmentsFirst
	for until := time.Now().Add(segmentsBudget); time.Now().Before(until); {
		people, err := a.Store.SegmentWork(ctx, w.Segment, few)
		if err != nil {
			return seen, err
		}
		if len(people) == 0 {
			return seen, a.Store.FinishSegmentSweep(ctx, w)
		}
		began := time.Now()
		if err := a.revise(ctx, w, people); err != nil {
			return seen, err
		}
		seen += len(people)
		switch held := time.Since(began); {
		case held > segmentsHold:
			few = max(1, few/2)
		case held < segmentsHold/2:
			few = min(2*few, segmentsMost)
		}
		activity.RecordHeartbeat(ctx)
	}
	return seen, nil
}

func (a *Activities) revise(ctx context.Context, w store.SegmentSweep, people []string) error {
	var quiet []string
	if w.Quiet {
		quiet = []string{w.Segment}
	}
	return a.Store.InSweep(ctx, w, a.Library, a.Clock, people, func(tx *store.Tx) error {
		_, err := tx.Revise(ctx, a.Library, []string{w.Segment}, quiet, segment.ByRule, a.Clock)
		if err == nil {
			a.Walker.failpoint("segments:revised")
		}
		return err
	})
}
