package starter_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// What came of people who were drawn moves what is drawn next, and never below the floor; people of whom it is too early to tell
// move nothing.
func TestBanditsLearn(t *testing.T) {
	t.Parallel()
	d := open(t)
	source := `journey: shop
entry: { event: signed_up }
goal: { event: bought, within: 7d }
steps:
  - id: offer
    experiment:
      assign: bandit
      floor: 0.1
      variants:
        - { name: low, steps: [ { id: a, exit: a } ] }
        - { name: high, steps: [ { id: b, exit: b } ] }
        - { name: none, control: true }
`
	d.publish(fmt.Sprintf(`{"settings": {"name": "acme"}, "journeys": [{"journey": "shop", "source": %s}]}`, quoted(source)))
	bandits := &starter.Bandits{Store: d.store, Library: store.NewLibrary(d.store), Log: zap.NewNop()}
	weights := func() (w map[string]float64) {
		t.Helper()
		if err := bandits.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		var raw []byte
		if err := d.store.Pool().QueryRow(t.Context(), "select coalesce((select weights from bandits where journey = 'shop' and step = 'offer'), 'null')").Scan(&raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	add := func(variant string, people, converted int, ago string) {
		t.Helper()
		d.exec(`insert into assignments (experiment, profile_id, version, variant, chance, at, converted_at)
			select 'shop/offer', $1 || ' ' || $4 || ' ' || $2 || ' ' || n, 'v', $1, 0.33, now() - $4::interval, case when n <= $3 then now() - $4::interval + interval '1 hour' end from generate_series(1, $2) n`, variant, people, converted, ago)
	}
	add("low", 20, 2, "30 days")
	if w := weights(); w != nil {
		t.Errorf("by twenty people it draws by %v", w)
	}
	add("low", 100, 5, "30 days")
	add("high", 100, 30, "30 days")
	add("none", 100, 4, "30 days")
	w := weights()
	if w["high"] < 0.79 || w["low"] < 0.1-1e-9 || w["none"] < 0.1-1e-9 || w["low"]+w["high"]+w["none"] > 1+1e-9 {
		t.Errorf("it draws by %v", w)
	}
	// A thousand were drawn just now and none of them had the time: that is no failure of the variant, at whatever hour of the day.
	add("high", 1000, 0, "1 minute")
	if now := weights(); now["high"] < 0.75 {
		t.Errorf("by people who had no time yet it draws by %v, before by %v", now, w)
	}
	// A thousand more had it: all who ever converted did so within the hour.
	add("high", 1000, 0, "5 hours")
	if now := weights(); now["high"] > 0.5 {
		t.Errorf("by people who had the time it draws by %v", now)
	}
}
