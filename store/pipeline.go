package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Generated queries ask and read in one call. To send several in one round trip they are called
// twice: over queueing, which keeps the question, then over answering, which has the answers.

var errQueued = errors.New("the question is queued")

// queueing puts questions for one row each into a batch.
type queueing struct{ batch *pgx.Batch }

func (q queueing) QueryRow(_ context.Context, sql string, args ...any) pgx.Row {
	q.batch.Queue(sql, args...)
	return failedRow{errQueued}
}

func (queueing) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errors.ErrUnsupported
}

func (queueing) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errors.ErrUnsupported
}

// answering reads the answers of a batch, in order.
type answering struct{ results pgx.BatchResults }

func (a answering) QueryRow(context.Context, string, ...any) pgx.Row { return a.results.QueryRow() }

func (answering) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errors.ErrUnsupported
}

func (answering) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errors.ErrUnsupported
}
