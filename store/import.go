package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
	"github.com/mixtapehq/mixtape/tracking"
)

// ImportFile is a file that is imported.
type ImportFile struct {
	ID     string // hash of what is in it and of how it is read
	Kind   string // profiles, events, consents, suppressions, assignments
	Name   string // for the ledger
	Source string // of its events

	Experiment ImportedExperiment // of assignments
}

// ImportRow is a row of the file, one call about one person.
type ImportRow struct {
	Line       int
	Call       tracking.Call
	EventID    string            // where the call has no messageId of its own
	Email      string            // instead of an id: whoever has the address
	Suppressed map[string]string // channels that nothing may go through, and why; an empty why lifts it
	Assigned   *ImportedAssignment
	Problem    *profile.Problem // it cannot be taken

	settled bool // its two ids are one person's by now
	over    bool // and there is no more to it
}

// Import is a file on its way into the database. It has a connection of its own, and no other process
// can take the same file meanwhile.
type Import struct {
	store   *Store
	conn    *pgxpool.Conn
	library *Library
	file    ImportFile
	noted   map[string]bool

	Done     int64      // rows that are in the database, or were rejected
	Rejected int64      // of these
	Finished *time.Time // it was imported before
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in production.
	Failpoint func(point string)
}

// ErrImporting says that another process imports the same file.
var ErrImporting = errors.New("another process is importing this very file")

// errMoved says that somebody has become another person in the meantime: look again.
var errMoved = errors.New("somebody was merged or identified meanwhile")

// BeginImport begins to import a file, or goes on where it was left; again begins from the start.
func (s *Store) BeginImport(ctx context.Context, f ImportFile, again bool) (*Import, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	i := &Import{store: s, conn: conn, library: NewLibrary(s), file: f, noted: map[string]bool{}}
	q := queries.New(conn)
	err = i.alone(ctx, q)
	if err == nil && again {
		err = q.ForgetImport(ctx, f.ID)
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	row, err := q.BeginImport(ctx, queries.BeginImportParams{ID: f.ID, Kind: f.Kind, Name: f.Name, Source: f.Source})
	if err != nil {
		i.Close()
		return nil, err
	}
	i.Done, i.Rejected, i.Finished = row.RowsDone, row.Rejected, row.FinishedAt
	return i, nil
}

// letGo is how long the database may take to notice that a process which had the file has died.
const letGo = 5 * time.Second

// alone makes sure that no other process has the file.
func (i *Import) alone(ctx context.Context, q *queries.Queries) error {
	for until := time.Now().Add(letGo); ; {
		ours, err := q.LockThisImport(ctx, i.file.ID)
		if err != nil || ours {
			return err
		}
		if time.Now().After(until) {
			return ErrImporting
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(letGo / 100):
		}
	}
}

// Close lets others have the file.
func (i *Import) Close() {
	conn := i.conn.Hijack() // its lock goes with it
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// Take writes the next rows down, in one transaction with how far the file has come, and returns how
// many: it stops before a row that makes one person of two, and takes that by itself. keep gets the rows
// that are rejected before anything is committed.
func (i *Import) Take(ctx context.Context, rows []ImportRow, keep func(rejected []ImportRow) error) (int, error) {
	for try := 0; ; try++ {
		n, err := i.take(ctx, rows, keep)
		switch {
		case err == nil && n > 0:
			return n, nil
		case err == nil: // the first row is about two people
			err = i.settle(ctx, &rows[0])
			if err == nil {
				continue
			}
		case unfitting(err) && len(rows) > 1:
			rows = rows[:len(rows)/2]
			continue
		case unfitting(err):
			rows[0].Problem = &profile.Problem{Field: "the row", Message: "cannot be stored; look for unusual values in it"}
			continue
		}
		if try >= importTries || !inTheWay(err) {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(min(time.Second, time.Duration(try+1)*20*time.Millisecond)):
		}
	}
}

// importTries is how often rows are tried while others stand in the way.
const importTries = 60

func (i *Import) take(ctx context.Context, rows []ImportRow, keep func([]ImportRow) error) (int, error) {
	l := &lot{Import: i, sets: map[string]*importedPerson{}}
	err := pgx.BeginFunc(ctx, i.conn, func(tx pgx.Tx) error {
		l.tx, l.q = tx, queries.New(tx)
		ledger, err := l.q.LockImport(ctx, i.file.ID)
		if err != nil {
			return err
		}
		if ledger.RowsDone != i.Done {
			return ErrImporting
		}
		if err := l.people(ctx, rows); err != nil || len(l.rows) == 0 {
			return err
		}
		if err := l.lock(ctx); err != nil {
			return err
		}
		if err := l.apply(ctx); err != nil {
			return err
		}
		if err := l.write(ctx); err != nil {
			return err
		}
		var rejected []ImportRow
		for _, r := range l.rows {
			if r.Problem != nil {
				rejected = append(rejected, *r)
			}
		}
		l.rejected = int64(len(rejected))
		if len(rejected) > 0 {
			if err := keep(rejected); err != nil {
				return err
			}
		}
		i.failpoint("import:written")
		return l.q.MoveImport(ctx, queries.MoveImportParams{ID: i.file.ID, RowsDone: i.Done + int64(len(l.rows)), Rejected: i.Rejected + l.rejected})
	})
	if err != nil || len(l.rows) == 0 {
		return 0, err
	}
	i.Done, i.Rejected = i.Done+int64(len(l.rows)), i.Rejected+l.rejected
	i.failpoint("import:committed")
	return len(l.rows), l.noteNames(ctx)
}

// settle makes one person of the two whose ids a row has. Done twice it changes nothing.
func (i *Import) settle(ctx context.Context, r *ImportRow) error {
	if r.Call.Kind != tracking.Alias {
		_, err := i.store.PersonFor(ctx, r.Call.UserID, r.Call.AnonymousID, true)
		return err
	}
	who, err := i.store.Alias(ctx, r.Call.PreviousID, r.Call.UserID, true, true)
	if errors.Is(err, ErrErased) {
		r.Problem = &profile.Problem{Field: "userId", Message: "is that of somebody who was erased"}
		return nil
	}
	r.settled, r.over = err == nil, who.Profile == ""
	return err
}

// Finish says that the file is in, and lets segments be computed anew: by what that finds, nobody enters
// a journey.
func (i *Import) Finish(ctx context.Context) error {
	return pgx.BeginFunc(ctx, i.conn, func(tx pgx.Tx) error {
		q := queries.New(tx)
		if err := q.FinishImport(ctx, i.file.ID); err != nil {
			return err
		}
		return q.SweepAgain(ctx, true)
	})
}

func (i *Import) failpoint(point string) {
	if i.Failpoint != nil {
		i.Failpoint(point)
	}
}

// by names the import in the ledger.
func (i *Import) by() string { return "the import of " + i.file.Name }

// inTheWay tells whether somebody else was in the way, so that the same succeeds a little later.
func inTheWay(err error) bool {
	return errors.Is(err, errMoved) || isCode(err, "40001") || isCode(err, "40P01") || isCode(err, "55P03") || isCode(err, "23505")
}

// unfitting tells whether the database refuses a value itself.
func unfitting(err error) bool {
	class, ours := strings.CutPrefix(Code(err), "database_")
	return ours && !inTheWay(err) && (strings.HasPrefix(class, "22") || strings.HasPrefix(class, "23") || strings.HasPrefix(class, "54"))
}

// noteNames remembers names that come for the first time, for suggestions.
func (l *lot) noteNames(ctx context.Context) error {
	fresh := map[string][]string{}
	note := func(kind, name string) {
		if id := kind + " " + name; name != "" && !strings.HasPrefix(name, "$") && !l.noted[id] && len(l.noted) < maxNoted {
			l.noted[id] = true
			fresh[kind] = append(fresh[kind], name)
		}
	}
	for _, r := range l.rows {
		if r.Problem != nil {
			continue
		}
		note("event", r.Call.Event)
		for _, traits := range []map[string]any{r.Call.Traits, r.Call.Hints.Traits} {
			for name := range traits {
				note("attribute", name)
			}
		}
	}
	for kind, names := range fresh {
		if err := l.store.NoteNames(ctx, kind, names); err != nil {
			return fmt.Errorf("names: %w", err)
		}
	}
	return nil
}

// maxNoted bounds the names that are remembered of one file.
const maxNoted = 5000
