package cli

import (
	"context"
	"errors"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// Database is where a deployment's Postgres is. Without an address it is that of `mixtape dev` on this machine.
type Database struct {
	DatabaseURL string `placeholder:"URL" env:"MIXTAPE_DATABASE_URL" secret:"" help:"Postgres, as postgres://user:password@host:5432/mixtape. Without one: that of mixtape dev here."`
	Data        string `placeholder:"DIR" env:"MIXTAPE_DATA" help:"Data folder of mixtape dev."`
}

// Many rows take longer than a walk may; whoever holds somebody's lock is waited for briefly, and asked again.
const (
	bulkStatement = 2 * time.Minute
	bulkLock      = time.Second
)

// address finds the database.
func (d Database) address() (string, error) {
	if d.DatabaseURL != "" {
		return d.DatabaseURL, nil
	}
	local, err := readLocal(d.Data)
	if err == nil && local.Database == "" {
		err = errors.New("there is no database; set MIXTAPE_DATABASE_URL, or start `mixtape dev`, whose own is found by itself")
	}
	return local.Database, err
}

// openBulk connects for work on many rows.
func (d Database) openBulk(ctx context.Context) (*store.Store, error) {
	address, err := d.address()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, address, store.Options{MaxConns: 4, StatementTimeout: bulkStatement, LockTimeout: bulkLock})
}
