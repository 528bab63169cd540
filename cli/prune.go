package cli

import (
	"maps"
	"slices"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// PruneCommand removes what is older than it is kept.
type PruneCommand struct {
	DatabaseURL Postgres `placeholder:"URL" env:"MIXTAPE_DATABASE_URL" secret:"" required:"" help:"Postgres, as postgres://user:password@host:5432/mixtape."`
	JSON        bool     `name:"json" help:"Print what went as JSON."`
}

// Run prunes. It may be stopped and run again at any time.
func (p *PruneCommand) Run(c *Call) error {
	// Removing many rows may take longer than a walk may.
	s, err := store.Open(c, string(p.DatabaseURL), store.Options{MaxConns: 2, StatementTimeout: 5 * time.Minute})
	if err != nil {
		return err
	}
	defer s.Close()
	gone, err := s.Forget(c, time.Now())
	if err != nil {
		return err
	}
	if p.JSON {
		return c.printJSON(gone)
	}
	for _, table := range slices.Sorted(maps.Keys(gone)) {
		c.printf("%s: %d removed\n", table, gone[table])
	}
	return nil
}
