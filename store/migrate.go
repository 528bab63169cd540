package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/mixtapehq/mixtape/calendar"
)

//go:embed migrations/*.sql
var migrations embed.FS

// SchemaVersion changes with every change of a migration.
func SchemaVersion() string {
	sum := sha256.New()
	_ = fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			content, _ := migrations.ReadFile(path) // embedded: it is there
			fmt.Fprintf(sum, "%s %d %s", path, len(content), content)
		}
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil)[:8])
}

// Migrate brings the schema up to date. Several may call it at once: one works, the others wait.
func Migrate(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database URL: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	// Migrations touch different tables: one that was written beside another and merged after it is applied then.
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return knowZones(ctx, config)
}

// knowZones writes down which time zones this server knows as well as this release: a statement that
// names another one would fail.
func knowZones(ctx context.Context, config *pgx.ConnConfig) error {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, `with known as (select name from pg_timezone_names where name = any ($1)),
		gone as (delete from time_zones z where not exists (select from known k where k.name = z.name))
		insert into time_zones select name from known on conflict do nothing`, calendar.Zones())
	if err != nil {
		return fmt.Errorf("time zones: %w", err)
	}
	return nil
}
