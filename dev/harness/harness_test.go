package harness_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/client"

	"github.com/mixtapehq/mixtape/dev/harness"
)

func run(ctx context.Context, url, statement string) error {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer connection.Close(context.WithoutCancel(ctx))
	_, err = connection.Exec(ctx, statement)
	return err
}

// However many tests want one at once, the template is prepared once, and each has a database of its own.
func TestDatabases(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	key := harness.Name(t)
	prepare := func(url string) error {
		prepared.Add(1)
		return run(t.Context(), url, "CREATE TABLE songs (title text PRIMARY KEY)")
	}
	var mu sync.Mutex
	var urls []string
	t.Run("all", func(t *testing.T) {
		for range 8 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				url := harness.Database(t, key, prepare)
				if err := run(t.Context(), url, "INSERT INTO songs VALUES ('So What')"); err != nil {
					t.Error(err) // a duplicate key, were the database shared
				}
				mu.Lock()
				defer mu.Unlock()
				urls = append(urls, url)
			})
		}
	})
	if got := prepared.Load(); got != 1 {
		t.Errorf("prepared %d times", got)
	}
	for _, url := range urls {
		var refused *pgconn.PgError
		if err := run(t.Context(), url, "SELECT 1"); !errors.As(err, &refused) || refused.Code != "3D000" { // invalid_catalog_name
			t.Errorf("after its test the database answers %v", err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	a, b := harness.Name(t), harness.Name(t)
	if a == b || !strings.HasPrefix(a, "testnames-") {
		t.Errorf("%q and %q", a, b)
	}
}

func TestTemporal(t *testing.T) {
	t.Parallel()
	address, namespace := harness.Temporal(t)
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.DescribeTaskQueue(t.Context(), harness.Name(t), 0); err != nil {
		t.Error(err)
	}
}
