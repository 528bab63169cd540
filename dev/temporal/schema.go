package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"

	// Every service opens a pool of its own, so four times these connections at most.
	mainConnections       = 12
	visibilityConnections = 4

	// Serialises two starts on one Postgres; any fixed number does.
	setupLock = 7_836_452_001
)

// stores are the two databases as the server's configuration wants them.
type stores struct {
	main, visibility *config.SQL
}

// prepareDatabases creates what is missing and brings older schemas up to date.
func prepareDatabases(ctx context.Context, address string, logger log.Logger) (stores, error) {
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		return stores{}, fmt.Errorf("connect to Postgres: %w", err)
	}
	defer admin.Close(context.WithoutCancel(ctx)) // gives up the lock too
	if _, err := admin.Exec(ctx, "SELECT pg_advisory_lock($1)", setupLock); err != nil {
		return stores{}, fmt.Errorf("wait for another start on this Postgres: %w", err)
	}
	s := stores{
		main:       connection(admin.Config(), address, mainDatabase, mainConnections),
		visibility: connection(admin.Config(), address, visibilityDatabase, visibilityConnections),
	}
	for _, database := range []struct {
		settings *config.SQL
		schema   string // its folder among the server's embedded schemas
		version  string // that the folder's schema.sql makes
	}{
		{s.main, "postgresql/v12/temporal", v12.Version},
		{s.visibility, "postgresql/v12/visibility", v12.VisibilityVersion},
	} {
		if err := prepareDatabase(ctx, admin, database.settings, database.schema, database.version, logger); err != nil {
			return stores{}, fmt.Errorf("database %s: %w", database.settings.DatabaseName, err)
		}
	}
	return s, nil
}

func connection(to *pgx.ConnConfig, address, database string, connections int) *config.SQL {
	attributes := map[string]string{}
	if u, err := url.Parse(address); err == nil {
		for key, values := range u.Query() {
			attributes[key] = values[len(values)-1]
		}
	}
	return &config.SQL{
		PluginName:        postgresql.PluginNamePGX,
		User:              url.PathEscape(to.User), // the server pastes it into a URL as it is; the password it escapes
		Password:          to.Password,
		DatabaseName:      database,
		ConnectAddr:       net.JoinHostPort(to.Host, fmt.Sprint(to.Port)),
		ConnectProtocol:   "tcp",
		ConnectAttributes: attributes,
		MaxConns:          connections,
		MaxIdleConns:      connections,
	}
}

// prepareDatabase makes a new database under another name and renames it when it is complete: a start that dies half-way
// leaves nothing that looks finished.
func prepareDatabase(ctx context.Context, admin *pgx.Conn, settings *config.SQL, schemaName, version string, logger log.Logger) error {
	var exists bool
	const ask = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := admin.QueryRow(ctx, ask, settings.DatabaseName).Scan(&exists); err != nil {
		return fmt.Errorf("look for it: %w", err)
	}
	if exists {
		return updateSchema(settings, schemaName, logger)
	}
	unfinished := *settings
	unfinished.DatabaseName += "_unfinished"
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + pgx.Identifier{unfinished.DatabaseName}.Sanitize(),
		"CREATE DATABASE " + pgx.Identifier{unfinished.DatabaseName}.Sanitize(),
	} {
		if _, err := admin.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := setUpSchema(&unfinished, settings.DatabaseName, schemaName, version, logger); err != nil {
		return fmt.Errorf("set up its schema: %w", err)
	}
	rename := fmt.Sprintf("ALTER DATABASE %s RENAME TO %s",
		pgx.Identifier{unfinished.DatabaseName}.Sanitize(), pgx.Identifier{settings.DatabaseName}.Sanitize())
	if _, err := admin.Exec(ctx, rename); err != nil {
		return fmt.Errorf("rename it: %w", err)
	}
	return nil
}

// setUpSchema and updateSchema use the tasks beneath the server's schema tool: the tool itself calls os.Exit on error.
func setUpSchema(in *config.SQL, finalName, schemaName, version string, logger log.Logger) error {
	database, err := sql.NewConnection(in, logger)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer database.Close()
	setup := &schema.SetupConfig{SchemaName: schemaName, InitialVersion: version}
	if err := schema.NewSetupSchemaTask(database, setup, logger).Run(); err != nil {
		return err
	}
	return database.Exec("UPDATE schema_version SET db_name = $1", finalName) // versions are kept by database name
}

func updateSchema(settings *config.SQL, schemaName string, logger log.Logger) error {
	database, err := sql.NewConnection(settings, logger)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer database.Close()
	if _, err := database.ReadSchemaVersion(); err != nil {
		return errors.Join(errors.New("it exists but is not Temporal's (no schema version); drop it or choose another Postgres"), err)
	}
	if err := schema.NewUpdateSchemaTask(database, &schema.UpdateConfig{SchemaName: schemaName}, logger).Run(); err != nil {
		return fmt.Errorf("bring its schema up to date: %w", err)
	}
	return nil
}
