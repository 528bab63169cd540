package store

import (
	"context"

	"github.com/mixtapehq/mixtape/store/queries"
)

// SegmentRow is a segment with how many people are in it.
type SegmentRow = queries.SegmentsRow

// ListSegments lists the segments, or one of them, by key.
func (s *Store) ListSegments(ctx context.Context, key string) ([]SegmentRow, error) {
	return s.q.Segments(ctx, key)
}

// SegmentMember is somebody in a segment.
type SegmentMember = queries.SegmentMembersRow

// SegmentMembers lists the next people in a segment behind an id, in the order of ids.
func (s *Store) SegmentMembers(ctx context.Context, segment, after string, most int) ([]SegmentMember, error) {
	return s.q.SegmentMembers(ctx, queries.SegmentMembersParams{Segment: segment, After: after, Most: int32(most)})
}

// SegmentChange is somebody entering or leaving a segment.
type SegmentChange = queries.SegmentChange

// SegmentChangesOfProfile lists when a profile entered and left segments, newest first.
func (s *Store) SegmentChangesOfProfile(ctx context.Context, id string, most int) ([]SegmentChange, error) {
	return s.q.SegmentChangesOfProfile(ctx, queries.SegmentChangesOfProfileParams{ProfileID: id, Limit: int32(most)})
}
