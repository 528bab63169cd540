package endtoend_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/store"
)

// Two thousand messages wait for a provider that takes only so many a second, when one comes that
// somebody waits for: it goes next.
func TestBulkDoesNotHoldUpWhatIsUrgent(t *testing.T) {
	t.Parallel()
	const many = 2000
	r := rig.New(t, rig.Options{PerSecond: map[string]float64{"smtp": 10}})
	r.Publish(tips(), rig.Version(`journey: bulk
entry: { event: signed_up }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello")), rig.Version(`journey: receipts
entry: { event: paid }
steps:
  - { id: receipt, send: { channel: email, template: receipt, priority: transactional } }
`, mails("receipt")))
	for first := 0; first < many; first += 50 {
		var items []rig.Item
		for n := first; n < first+50; n++ {
			user := fmt.Sprintf("listener%d", n)
			items = append(items, rig.Identify(user, map[string]any{"email": user + "@example.com"}), rig.Track(user, "signed_up", nil))
		}
		r.Send(items...)
	}
	count := func(condition string) (n int) {
		if err := r.Store.Pool().QueryRow(context.Background(), "select count(*) from messages where "+condition).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.Await("all of the bulk is rendered", 4*rig.Patience, func() bool { return count("journey = 'bulk'") == many })
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com"}), rig.Track("ada", "paid", nil))
	before := len(r.Mails(""))
	r.AwaitMail("ada@example.com", "receipt")
	passed, waiting := len(r.Mails(""))-before-1, count("journey = 'bulk' and state = '"+store.Rendered+"'")
	t.Logf("%d of the bulk went meanwhile, and %d wait", passed, waiting)
	if waiting < many/2 {
		t.Fatalf("only %d of the bulk wait: that shows nothing", waiting)
	}
	if passed > 100 {
		t.Errorf("%d of the bulk went before what was urgent", passed)
	}
}

// A large journey that is first with its messages leaves its turn to a small one.
func TestALargeJourneyDoesNotHoldUpASmallOne(t *testing.T) {
	t.Parallel()
	const many = 400
	r := rig.New(t, rig.Options{PerSecond: map[string]float64{"smtp": 2}})
	journey := func(key, event string) store.Version {
		return rig.Version("journey: "+key+`
entry: { event: `+event+` }
steps:
  - { id: hello, send: { channel: email, template: hello } }
`, mails("hello"))
	}
	r.Publish(tips(), journey("large", "signed_up"), journey("small", "shared"))
	var items []rig.Item
	for n := range many {
		user := fmt.Sprintf("listener%d", n)
		items = append(items, rig.Identify(user, map[string]any{"email": user + "@example.com"}), rig.Track(user, "signed_up", nil))
	}
	r.Send(items...)
	rendered := func(journey string) (n int) {
		err := r.Store.Pool().QueryRow(context.Background(), "select count(*) from messages where journey = $1", journey).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.Await("all of the large one's messages are rendered", 2*rig.Patience, func() bool { return rendered("large") == many })
	r.Send(rig.Identify("ada", map[string]any{"email": "ada@example.com"}), rig.Track("ada", "shared", nil))
	before := len(r.Mails(""))
	r.AwaitMail("ada@example.com", "hello")
	if passed, left := len(r.Mails(""))-before-1, many-before; left < 100 || passed > left/3 {
		t.Errorf("of %d mails that waited, %d went before the small journey's", left, passed)
	}
}
