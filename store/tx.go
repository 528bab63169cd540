package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Tx is one READ COMMITTED transaction that holds the lock of a profile. Writes that return nothing
// are gathered and sent in one round trip before the commit.
type Tx struct {
	conn  *pgx.Conn
	q     *queries.Queries
	later *queries.Queries
	batch *pgx.Batch

	decided []Decision // for the ledger
	run     *queries.RunRow
	handed  *Message // as Finish left it
	waiting bool     // of handed: other messages of its run are rendered
	limited bool     // it holds the count of a journey's limit
	ahead   *ahead   // of a crowd: what was read for all of it; nil: everything is asked when it is wanted

	now        time.Time
	profile    *profile.Profile
	lastNumber int64
	dispatched int64

	deployment Deployment  // with journeys, when these were read
	journeys   []Published // nil: not yet
}

// Now is the database's clock just after the lock was had.
func (t *Tx) Now() time.Time { return t.now }

// Profile is the locked one. Who changes it calls ChangeProfile.
func (t *Tx) Profile() *profile.Profile { return t.profile }

// LastNumber is the number of the profile's newest event.
func (t *Tx) LastNumber() int64 { return t.lastNumber }

// Dispatched is the number up to which dispatch has judged the profile's events.
func (t *Tx) Dispatched() int64 { return t.dispatched }

// InProfile runs fn under the lock of a profile, or of the one that it was merged into.
func (s *Store) InProfile(ctx context.Context, id string, fn func(*Tx) error) error {
	for range maxMerges {
		var into string
		err := s.inTx(ctx, func(t *Tx) error {
			row, err := t.q.LockProfile(ctx, id)
			if err != nil {
				return notFound(err)
			}
			if row.MergedInto != nil {
				into = *row.MergedInto
				return nil
			}
			if err := t.hold(queries.LockProfileOfRunRow(row)); err != nil {
				return err
			}
			return fn(t)
		})
		if err != nil || into == "" {
			return err
		}
		id = into
	}
	return fmt.Errorf("profile %s: merged too often", id)
}

// InRun runs fn under the lock of the profile whose run it is.
func (s *Store) InRun(ctx context.Context, run string, fn func(*Tx) error) error {
	return s.inRun(ctx, run, func(*Tx, *queries.Queries) error { return nil }, fn)
}

// inRun is InRun of who asks something else, too, in the round trip of the lock and behind it.
func (s *Store) inRun(ctx context.Context, run string, also func(*Tx, *queries.Queries) error, fn func(*Tx) error) error {
	for range maxMerges {
		err := s.inTx(ctx, func(t *Tx) error {
			row, err := t.lockProfileOfRun(ctx, run, also)
			if err != nil {
				return notFound(err)
			}
			if row.MergedInto != nil {
				return errMerged
			}
			if err := t.hold(row); err != nil {
				return err
			}
			return fn(t)
		})
		if !errors.Is(err, errMerged) {
			return err
		}
	}
	return fmt.Errorf("run %s: merged too often", run)
}

var errMerged = errors.New("merged while we waited for the lock: the run has moved")

// InNextPending runs fn under the lock of the profile that has waited longest for dispatch, passing
// over those that others hold. It returns false when there is none.
func (s *Store) InNextPending(ctx context.Context, fn func(*Tx) error) (bool, error) {
	found := false
	err := s.inTx(ctx, func(t *Tx) error {
		row, err := t.q.LockNextPending(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if err := t.hold(queries.LockProfileOfRunRow(row)); err != nil {
			return err
		}
		return fn(t)
	})
	return found, err
}

const maxMerges = 8

// inTx begins with the first statement and commits with the last: neither costs a round trip of its own.
func (s *Store) inTx(ctx context.Context, fn func(*Tx) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if conn.Conn().PgConn().TxStatus() != 'I' { // failed, or panicked
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
			defer cancel()
			_, _ = conn.Exec(ending, "rollback") // should it fail, Release closes the connection
		}
		conn.Release()
	}()
	t := &Tx{conn: conn.Conn(), batch: &pgx.Batch{}}
	t.q, t.later = queries.New(ordered{t}), queries.New(gathering{t})
	t.batch.Queue("begin isolation level read committed")
	if err := fn(t); err != nil {
		return err
	}
	return t.commit(ctx)
}

const rollbackTimeout = time.Second

func (t *Tx) hold(row queries.LockProfileOfRunRow) (err error) {
	t.profile, err = profileOf(queries.ProfileRow(row))
	t.now, t.lastNumber, t.dispatched = row.Now, row.LastNumber, row.Dispatched
	return err
}

// lockProfileOfRun takes the lock and reads the run behind it, in one round trip: each statement sees
// what was committed before it began.
func (t *Tx) lockProfileOfRun(ctx context.Context, run string, also func(*Tx, *queries.Queries) error) (lock queries.LockProfileOfRunRow, err error) {
	ask := func(q *queries.Queries) (err error) {
		lock, err = q.LockProfileOfRun(ctx, run)
		row, failed := q.Run(ctx, run)
		t.run = &row
		return errors.Join(err, failed, also(t, q))
	}
	before := t.batch.Len()
	_ = ask(queries.New(queueing{t.batch}))
	results, _ := t.flush(ctx)
	for range before {
		_, _ = results.Exec() // should it fail, so do those after it
	}
	err = ask(queries.New(answering{results}))
	return lock, errors.Join(err, results.Close())
}

// commit sends what was gathered, and commits, in one round trip.
func (t *Tx) commit(ctx context.Context) error {
	if len(t.decided) > 0 {
		if err := t.later.InsertDecisions(ctx, encode(t.decided)); err != nil {
			return err
		}
	}
	t.batch.Queue("commit")
	results, n := t.flush(ctx)
	var last pgconn.CommandTag
	for range n {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close()
			return err
		}
		last = tag
	}
	if err := results.Close(); err != nil {
		return err
	}
	if last.String() != "COMMIT" { // Postgres answers so when an error before it was passed over
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// flush sends what was gathered, and says how many statements that were.
func (t *Tx) flush(ctx context.Context) (pgx.BatchResults, int) {
	batch := t.batch
	t.batch = &pgx.Batch{}
	return t.conn.SendBatch(ctx, batch), batch.Len()
}

// send sends what was gathered and the statement after it in one round trip, and returns the
// results at that statement.
func (t *Tx) send(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	t.batch.Queue(sql, args...)
	results, n := t.flush(ctx)
	for range n - 1 {
		if _, err := results.Exec(); err != nil {
			_ = results.Close()
			return nil, err
		}
	}
	return results, nil
}

// gathering queues what returns nothing; the generated queries do not see the difference.
type gathering struct{ t *Tx }

func (g gathering) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	g.t.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

func (g gathering) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return ordered(g).Query(ctx, sql, args...)
}

func (g gathering) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return ordered(g).QueryRow(ctx, sql, args...)
}

// ordered sends what was gathered before, so that a read sees every write above it.
type ordered struct{ t *Tx }

func (o ordered) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	results, err := o.t.send(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closing := results.Close(); err == nil {
		err = closing
	}
	return tag, err
}

func (o ordered) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	results, err := o.t.send(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return batchRows{rows, results}, nil
}

func (o ordered) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	results, err := o.t.send(ctx, sql, args)
	if err != nil {
		return failedRow{err}
	}
	return batchRow{results.QueryRow(), results}
}

// batchRows are the last of their batch: closing them ends it.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
}

func (r batchRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // what goes wrong here the next statement meets
}

type batchRow struct {
	pgx.Row
	results pgx.BatchResults
}

func (r batchRow) Scan(to ...any) error {
	err := r.Row.Scan(to...)
	if closing := r.results.Close(); err == nil {
		err = closing
	}
	return err
}

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T does not encode: %v", v, err)) // our own types and JSON kinds only
	}
	return raw
}
