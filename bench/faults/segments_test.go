package faults_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// A worker that is killed in the middle of computing a segment leaves the rest to another, and nobody is
// moved twice.
func TestAWorkerKilledWhileItComputesASegment(t *testing.T) {
	t.Parallel()
	const people, few, nth = 30, 10, 15 // few: whom the first transaction takes
	r := rig.New(t, rig.Options{NoWorker: true})
	settings := store.Settings{}
	settings.Segments = []store.Segment{{Key: "vip", Rule: `user.level >= 3`}}
	by := rig.Version("journey: vips\nentry: { segment: vip, reentry: always }\nsteps: [ { id: rest, wait: 30d } ]\n", nil)
	r.Publish(settings, by)
	if _, err := r.Store.Pool().Exec(context.Background(), "update segments set computed = hash, checked = hash"); err != nil {
		t.Fatal(err)
	}
	for i := range people {
		r.Send(rig.Identify(fmt.Sprint("user", i), map[string]any{"level": 2}))
	}
	count := func(sql string) (n int) {
		if err := r.Store.Pool().QueryRow(context.Background(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.Await("all that they did is judged by the old rule", rig.Patience, func() bool {
		return count("select count(*) from profiles where pending_since is not null") == 0
	})
	settings.Segments[0].Rule = `user.level >= 2`
	r.Publish(settings, by)
	killed := spawn(t, order{Address: r.Address, Worker: true, Kill: "segments:revised", Nth: nth})
	killed.awaitKill()
	if n := count("select count(*) from segment_changes"); n != few {
		t.Errorf("%d people were moved before it was killed at the %dth, want %d", n, nth, few)
	}
	spawn(t, order{Address: r.Address, Worker: true})
	r.Await("the segment is computed", afterKill, func() bool {
		uncomputed, _, err := r.Store.SegmentsToSweep(context.Background())
		return err == nil && uncomputed == 0
	})
	r.Await("everybody has entered by it", rig.Patience, func() bool { return count("select count(*) from runs where status = 'active'") == people })
	if n := count("select count(*) from segment_changes where entered and why = 'rule'"); n != people {
		t.Errorf("%d memberships began, want %d", n, people)
	}
	if n := count("select count(*) from runs"); n != people {
		t.Errorf("%d runs, want %d", n, people)
	}
}
