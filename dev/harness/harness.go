// Package harness gives tests their own corner of one shared Postgres and one shared Temporal.
//
// It starts nothing: `make test` and `go run ./dev/with -- go test ./...` bring the servers up and name them in the
// environment. It knows nothing of Mixtape, so that tests of any package may use it.
package harness

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const objectInUse = "55006" // SQLSTATE: somebody is still connected to a template

// patience bounds the making of one database; that of a template includes its migrations.
const patience = 2 * time.Minute

// Postgres returns the URL of a superuser on the shared server.
func Postgres(t testing.TB) string {
	t.Helper()
	return fromEnvironment(t, "MIXTAPE_DATABASE_URL")
}

// Temporal returns the address of the shared server and the namespace to use. Take task queues from [Name].
func Temporal(t testing.TB) (address, namespace string) {
	t.Helper()
	namespace = os.Getenv("MIXTAPE_TEMPORAL_NAMESPACE")
	if namespace == "" {
		namespace = "default"
	}
	return fromEnvironment(t, "MIXTAPE_TEMPORAL_ADDRESS"), namespace
}

func fromEnvironment(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set, so there is no server to test with; run `make test`, or for some packages alone: "+
			"go run ./dev/with -- go test ./PACKAGE", name)
	}
	return value
}

// Name returns a name that no other test, process or run uses: for queue prefixes, journeys, profiles.
func Name(t testing.TB) string {
	t.Helper()
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return '-'
		}
	}, t.Name())
	const readable = 40
	return plain[:min(len(plain), readable)] + "-" + strings.ToLower(rand.Text()[:10])
}

// Database returns the URL of a fresh database that is dropped when the test ends.
//
// It is a copy of a template, which prepare fills: once for all tests of all processes that pass the same key, so the key
// must change with what prepare does (a hash of the migrations, say). prepare must close its connections.
func Database(t testing.TB, key string, prepare func(url string) error) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server, err := connect(ctx, Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	template, err := server.template(ctx, key, prepare)
	if err != nil {
		t.Fatalf("make the template database: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := server.copyOf(ctx, template, name); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() { drop(t, name) })
	return server.urlOf(name)
}

// admin is a connection that may make databases.
type admin struct {
	*pgx.Conn
	address *url.URL
}

func connect(ctx context.Context, address string) (admin, error) {
	u, err := url.Parse(address)
	if err != nil {
		return admin{}, errors.New("MIXTAPE_DATABASE_URL is not a URL") // the parser's error would show the password
	}
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		return admin{}, fmt.Errorf("connect to Postgres: %w", err)
	}
	return admin{Conn: connection, address: u}, nil
}

func (a admin) close() { _ = a.Close(context.Background()) }

func (a admin) urlOf(database string) string {
	u := *a.address
	u.Path = "/" + database
	return u.String()
}

// template makes the template under an advisory lock, whoever comes first. It gets its name when it is complete, so one
// whose maker died is made again.
func (a admin) template(ctx context.Context, key string, prepare func(string) error) (string, error) {
	sum := sha256.Sum256([]byte(key))
	name := fmt.Sprintf("template_%x", sum[:8])
	if done, err := a.exists(ctx, name); done || err != nil {
		return name, err
	}
	if _, err := a.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return "", err
	}
	defer func() {
		_, _ = a.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name)
	}()
	if done, err := a.exists(ctx, name); done || err != nil {
		return name, err
	}
	unfinished := name + "_unfinished"
	if _, err := a.Exec(ctx, "DROP DATABASE IF EXISTS "+unfinished+" WITH (FORCE)"); err != nil {
		return "", err
	}
	if _, err := a.Exec(ctx, "CREATE DATABASE "+unfinished); err != nil {
		return "", err
	}
	if err := prepare(a.urlOf(unfinished)); err != nil {
		return "", fmt.Errorf("prepare: %w", err)
	}
	return name, a.whileInUse(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
}

func (a admin) exists(ctx context.Context, name string) (bool, error) {
	var exists bool
	err := a.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	return exists, err
}

func (a admin) copyOf(ctx context.Context, template, name string) error {
	return a.whileInUse(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
}

// whileInUse repeats a statement that needs a database without connections: a closed one takes a moment to be gone.
func (a admin) whileInUse(ctx context.Context, statement string) error {
	for {
		_, err := a.Exec(ctx, statement)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != objectInUse {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (does prepare close its connections?)", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func drop(t testing.TB, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	server, err := connect(ctx, Postgres(t))
	if err != nil {
		t.Errorf("drop the test database: %v", err)
		return
	}
	defer server.close()
	if _, err := server.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		t.Errorf("drop the test database: %v", err)
	}
}
