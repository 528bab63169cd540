package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store"
)

// segmentEntered is what an entry by segment is called where a journey asks for the event.
const segmentEntered = "segment_entered"

// segmentsFail is what a failure of segments is recorded under, where that of a journey has its key.
const segmentsFail = "$segments"

// segments looks at those that the event concerns, before anybody else does: runs and entries hear of
// whatever has flipped as of something that changed with the event. It notes whom the event has made a
// member of what.
func (v *event) segments(ctx context.Context) error {
	if v.e.Start != "" {
		return nil
	}
	set, err := v.Library.Segments(ctx, &v.dep.Settings)
	if err != nil {
		return err
	}
	fresh := v.dep.FreshSegments
	for _, name := range v.e.Changed { // flips that were found before: by time, or by a new rule
		if key, ok := segmentOf(name); ok && v.e.Own && !v.e.Quiet && v.tx.Profile().Segments[key] {
			v.joined = append(v.joined, key)
		}
	}
	if set == nil || v.e.Moved { // moved events were looked at before, and the merge looks at everything
		return nil
	}
	why, cause := v.whySegments()
	flips, err := set.Update(ctx, v.tx, store.Look{
		Change: segment.Change{Event: v.e.Name, Names: v.e.Changed, All: v.e.Number == 1 || v.e.Merged},
		UpTo:   v.e.Number, Why: why, Cause: cause, Zone: v.dep.Settings.Zone(), Clock: v.Clock,
	})
	if err != nil {
		return err
	}
	changed := slices.Clone(v.e.Changed)
	for _, f := range flips {
		if !slices.Contains(changed, f.Name()) {
			changed = append(changed, f.Name())
		}
		v.joined = slices.DeleteFunc(v.joined, func(key string) bool { return key == f.Segment })
		if f.Entered && !v.e.Quiet && !slices.Contains(fresh, f.Segment) {
			v.joined = append(v.joined, f.Segment)
		}
	}
	slices.Sort(changed)
	v.e.Changed = changed
	return nil
}

// segmentOf is the segment whose flip stands among changed names as this.
func segmentOf(name string) (key string, ok bool) {
	return strings.CutPrefix(name, profile.SegmentChange(""))
}

// whySegments is what the history of memberships says of the event.
func (v *event) whySegments() (why segment.Why, cause string) {
	switch {
	case v.e.Merged:
		return segment.ByMerge, ""
	case v.e.Name != "":
		return segment.ByEvent, v.e.Name
	}
	return segment.ByProfile, store.Cause(v.e.Changed)
}

// guardSegments lets a panic in a segment cost the event its look at segments, after as many tries as a
// journey has, and nothing else.
func (v *event) guardSegments(ctx context.Context) (err error) {
	if slices.Contains(v.skip, segmentsFail) {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = &failure{journey: segmentsFail, cause: fmt.Errorf("panic: %v", r)}
		}
	}()
	return v.segments(ctx)
}

// enterBySegment gives the verdict on whom the event has made a member of the journey's segment.
func (v *event) enterBySegment(ctx context.Context, p store.Published, c *store.Compiled) error {
	key := c.Entry().Segment
	if key == "" || !slices.Contains(v.joined, key) {
		return nil
	}
	e := v.e.Event
	e.Name, e.Properties, e.Time = segmentEntered, map[string]any{"segment": key}, e.Arrival
	_, err := v.admit(ctx, p, c, Entrance{Event: e, ByAPI: true, By: "segment " + key, Chain: v.e.Chain})
	return err
}
