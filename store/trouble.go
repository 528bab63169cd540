package store

import "context"

// Trouble counts what waits for an operator: living runs that are stuck, and messages of which
// nobody knows whether they went out.
func (s *Store) Trouble(ctx context.Context) (stuck, unknown int64, err error) {
	row, err := s.q.Trouble(ctx)
	return row.Stuck, row.Unknown, err
}
