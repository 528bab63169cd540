package endtoend_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// The stack is down until three in the morning, while the messages of four hundred people
// come due. When it is up again nobody is woken: what may wait goes in the morning, what has
// passed its time is skipped, and the ledger says so of each.
func TestAnOutageWakesNobodyAtNight(t *testing.T) {
	t.Parallel()
	const each = 200
	paris, _ := calendar.LoadZone("Europe/Paris")
	local := func(day, hour, minute int) time.Time {
		return calendar.Place(2026, time.November, day, calendar.TimeOfDay{Hour: hour, Minute: minute}, paris)
	}
	base := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
	clock := calendar.Clock{Real: time.Now().Truncate(time.Microsecond), Virtual: local(3, 20, 0), Speed: 240} // a night is three minutes: a busy machine has to be done with all before it is over
	settings := tips()
	settings.Timezone = "Europe/Paris"
	settings.QuietHours = &store.QuietHours{From: "21:00", To: "08:00"}
	due := func(key, event, send string) store.Version {
		return rig.Version("journey: "+key+`
entry: { event: `+event+` }
steps:
  - { id: night, wait: { at: "02:00" } }
  - { id: hello, send: { channel: email, template: hello`+send+` } }
`, mails("hello"))
	}
	up := rig.New(t, rig.Options{Address: base.Address, Clock: clock})
	up.WriteKey, up.AdminKey = base.WriteKey, base.AdminKey
	up.Publish(settings, due("patient", "signed_up", ""), due("brief", "shared", ", expires: 30m"))
	for first := 0; first < each; first += 25 {
		var items []rig.Item
		for n := first; n < first+25; n++ {
			for event, user := range map[string]string{"signed_up": fmt.Sprintf("patient%d", n), "shared": fmt.Sprintf("brief%d", n)} {
				items = append(items, rig.Identify(user, map[string]any{"email": user + "@example.com"}), rig.Track(user, event, nil))
			}
		}
		up.Send(items...)
	}
	count := func(query string, args ...any) (n int) {
		if err := base.Store.Pool().QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	base.Await("all wait for the night", rig.Patience, func() bool {
		return count("select count(*) from runs where phase = $1 and step = 'night'", journey.Waiting) == 2*each
	})
	up.Stop()
	if now := clock.ToVirtual(time.Now()); now.After(local(4, 2, 0)) {
		t.Fatalf("it took until %s for all to wait: too slow a machine for this test", now)
	}
	base.Await("three in the morning", 2*rig.Patience, func() bool { return !clock.ToVirtual(time.Now()).Before(local(4, 3, 0)) })
	if n := len(base.Mails("")); n != 0 {
		t.Fatalf("%d mails went before", n)
	}
	rig.New(t, rig.Options{Address: base.Address, Clock: clock})
	base.Await("all runs are over", 3*rig.Patience, func() bool {
		return count("select count(*) from runs where phase = $1", journey.Ended) == 2*each
	})
	if n := count("select count(*) from messages where journey = 'patient' and state = 'sent'"); n != each || len(base.Mails("")) != each {
		t.Errorf("%d of %d that may wait were sent, and %d mails went in all", n, each, len(base.Mails("")))
	}
	if n := count("select count(*) from messages where journey = 'brief' and state = 'skipped' and reason = 'expired'"); n != each {
		t.Errorf("%d of %d whose time had passed are skipped as expired", n, each)
	}
	rows, err := base.Store.Pool().Query(context.Background(), "select sent_at from messages where state = 'sent'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var at time.Time
		if err := rows.Scan(&at); err != nil {
			t.Fatal(err)
		}
		if v := clock.ToVirtual(at).In(paris); v.Before(local(4, 8, 0)) || !v.Before(local(4, 21, 0)) {
			t.Errorf("one went at %s", v)
		}
	}
	for reason, want := range map[string]int{"quiet_hours": each, "now": each, "expired": each} {
		if n := count("select count(distinct run_id) from decisions where kind = 'gate' and reason = $1", reason); n != want {
			t.Errorf("the ledger says %s of %d runs, want %d", reason, n, want)
		}
	}
}
