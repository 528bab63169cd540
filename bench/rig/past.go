package rig

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/dev/harness"
)

// Past writes straight into the database what was before, however long that takes. Statements end in ";\n". Temporal is all tests', so {p} in
// them begins ids that are this one's.
func (r *Rig) Past(statements string) {
	r.TB.Helper()
	statements = strings.ReplaceAll(statements, "{p}", harness.Name(r.TB)+"-")
	ctx := r.TB.Context()
	r.must(pgx.BeginFunc(ctx, r.Store.Pool(), func(tx pgx.Tx) error {
		for _, statement := range append([]string{"set local statement_timeout = 0"}, strings.Split(statements, ";\n")...) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}))
}
