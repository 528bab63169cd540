package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

// What waits for an operator is among the metrics.
func TestMetricsOfTrouble(t *testing.T) {
	t.Parallel()
	database := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	s, err := store.Open(t.Context(), database, store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, statement := range []string{
		`insert into runs (id, journey, version, profile_id, origin, n, status, state, entered_at, stuck_code)
			select 'r' || n, 'hello', 'v', 'p' || n, 'p' || n, 1, 'active', '{}', now(), case when n <= 2 then 'panic' end from generate_series(1, 5) n`,
		`insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, reason)
			select 'm' || n, 'r' || n, 'hello', 'v', 's', 1, 'p', 'email', 'smtp', 't', case when n <= 3 then 'unknown' else 'sent' end, case when n <= 3 then 'unknown' else '' end from generate_series(1, 5) n`,
		`insert into segment_due (profile_id, segment, at) select 'p' || n, 'vip', now() - interval '150 seconds' + n * interval '1 minute' from generate_series(1, 5) n`,
		`insert into segments (segment, place, name, rule, hash, computed) values ('a', 0, 'a', 'true', 'x', 'x'), ('b', 1, 'b', 'true', 'y', 'x')`,
	} {
		if _, err := s.Pool().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ops, link := freeAddress(t), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	starter := background(t, "starter", "--listen", freeAddress(t), "--ops-listen", ops, "--database-url", database,
		"--temporal-address", freeAddress(t), "--link-keys", link) // events are taken while Temporal is away
	await(t, starter, "health", "http://"+ops+"/readyz")
	text := fetch(t, "http://"+ops+"/metrics")
	for _, line := range []string{"mixtape_runs_active 5", "mixtape_runs_stuck 2", "mixtape_messages_unknown 3", "mixtape_segments_overdue 2", "mixtape_segments_uncomputed 1"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no %q:\n%s", line, text)
		}
	}
}
