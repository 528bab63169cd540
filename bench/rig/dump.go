package rig

import (
	"context"
	"strings"
)

// dump tells, after a failure, where everything stands.
func (r *Rig) dump() {
	if !r.TB.Failed() || r.Store == nil {
		return
	}
	var b strings.Builder
	for _, query := range []string{
		"select r.id || ' ' || status || ' ' || phase || ' seq ' || seq || ' at ' || step || ': ' || why || ' exit ' || coalesce(exit_reason, '-') from runs r order by entered_at limit 20",
		"select 'move ' || run_id || ' ' || seq || ' ' || (move ->> 'kind') || ' because ' || cause::text from moves order by at limit 50",
		"select 'outbox ' || kind || ' ' || run_id || ' seq ' || seq || ' tried ' || attempts || ' due ' || due from outbox limit 20",
		"select 'message ' || channel || ' ' || step || ' ' || state || ' ' || reason || ' ' || detail from messages order by created_at limit 20",
		"select 'decision ' || at || ' ' || kind || ' ' || step || ' ' || reason || ': ' || words || ' ' || coalesce(inputs::text, '') from decisions order by at limit 60",
		"select 'pending ' || id || ' ' || last_number || ' dispatched ' || dispatched from profiles where pending_since is not null limit 10",
		"select 'failure ' || journey || ' ' || attempts || ' ' || error from dispatch_failures limit 10",
	} {
		rows, err := r.Store.Pool().Query(context.Background(), query)
		if err != nil {
			continue
		}
		for rows.Next() {
			var line string
			if rows.Scan(&line) == nil {
				b.WriteString(line + "\n")
			}
		}
		rows.Close()
	}
	r.TB.Logf("it stood so:\n%s", b.String())
}
