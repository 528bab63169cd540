// Package store keeps everything in Postgres, through pgx.
//
// What happens to a person happens in a transaction that holds the lock of their profile row (see
// Tx); whoever wants more than one takes them in the order of their ids. After the profile come its
// runs, then its messages.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"github.com/mixtapehq/mixtape/store/queries"
)

// ErrNotFound says that there is no such row.
var ErrNotFound = errors.New("not found")

// Options of a Store; zero values are the defaults.
type Options struct {
	MaxConns int32 // 10
	// LockTimeout and StatementTimeout bound every transaction (2 s, 4 s): they are shorter than
	// the time that Temporal gives an Advance, so that the database gives up first.
	LockTimeout      time.Duration
	StatementTimeout time.Duration
	// Traces makes a span of each query within another span; nil: nothing is traced.
	Traces trace.TracerProvider
}

// Store is the database.
type Store struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// Open connects. It does not wait for the server: the first query does.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	config.MaxConns = 10
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.ConnConfig.RuntimeParams["application_name"] = "mixtape"
	config.ConnConfig.RuntimeParams["lock_timeout"] = milliseconds(o.LockTimeout, 2*time.Second)
	config.ConnConfig.RuntimeParams["statement_timeout"] = milliseconds(o.StatementTimeout, 4*time.Second)
	// A process that is stopped while it holds somebody's lock must not hold it for long.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "15000"
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 3 * time.Second
	}
	if o.Traces != nil {
		config.ConnConfig.Tracer = tracer(o.Traces)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return &Store{pool: pool, q: queries.New(pool)}, nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Pool is for benchmarks and tests that look behind the curtain.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// NewID returns an opaque id that sorts by time: prefix and 26 characters of base 32.
func NewID(prefix string) string {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // the system has no randomness: nothing is safe any more
	}
	const alphabet = "0123456789abcdefghijklmnopqrstuv"
	var b strings.Builder
	b.WriteString(prefix)
	var bits, have uint
	for _, c := range id {
		bits, have = bits<<8|uint(c), have+8
		for have >= 5 {
			have -= 5
			b.WriteByte(alphabet[bits>>have&31])
		}
	}
	b.WriteByte(alphabet[bits<<(5-have)&31])
	return b.String()
}

func milliseconds(d, otherwise time.Duration) string {
	if d <= 0 {
		d = otherwise
	}
	return fmt.Sprint(d.Milliseconds())
}

func notFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Code is what may be told of a database error outside the database: never its text.
func Code(err error) string {
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg):
		return "database_" + pg.Code
	case errors.Is(err, ErrNotFound):
		return "not_found"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "timeout"
	default:
		return "database_unreachable"
	}
}

// Unheard tells whether the database may have done what was asked though it answered with this error.
func Unheard(err error) bool {
	var pg *pgconn.PgError
	return err != nil && !errors.As(err, &pg) && !pgconn.SafeToRetry(err)
}

// Unfit tells whether the database refuses what it was given, however often it is asked: a value or a
// constraint, and no trouble of its own.
func Unfit(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

// isCode tells whether err is Postgres' error of that SQLSTATE.
func isCode(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}
