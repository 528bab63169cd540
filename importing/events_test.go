package importing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/importing"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	p := open(t)
	send := p.door()
	send([]json.RawMessage{json.RawMessage(`{"type": "track", "userId": "ada", "event": "live", "messageId": "m1"}`)})
	if _, err := p.store.Pool().Exec(t.Context(), "update profiles set dispatched = last_number, pending_since = null"); err != nil {
		t.Fatal(err)
	}
	path := file(t, "events.jsonl",
		`{"type": "track", "userId": "ada", "event": "second", "timestamp": "2025-02-01T00:00:00Z", "messageId": "m2", "properties": {"total": 12.5}}`,
		`{"type": "track", "userId": "ada", "event": "first", "timestamp": "2025-01-01T00:00:00Z", "sentAt": "2025-01-01T00:00:05Z"}`,
		`{"type": "track", "userId": "ada", "event": "live", "messageId": "m1"}`,
		`{"type": "track", "userId": "ada", "event": "second", "timestamp": "2025-02-01T00:00:00Z", "messageId": "m2"}`,
		`{"type": "track", "userId": "ada", "event": "future", "timestamp": "2999-02-01T00:00:00Z"}`,
		`{"type": "page", "anonymousId": "x", "name": "Home"}`,
		`{"type": "track", "userId": "ada", "event": "message_opened"}`,
		`{"type": "track", "userId": "ada", "event": "e", "timestamp": "yesterday"}`,
		`{"type": "track", "event": "e"}`,
		`{"type": "track", "userId": "ada", "event": "e", "messageId": "`+fmt.Sprintf("%0101d", 1)+`"}`,
		`{"type": "sing", "userId": "ada"}`,
		`nothing`,
	)
	result, rejects := p.take(path, importing.Options{Kind: importing.Events, Source: "backend"})
	want := []string{
		`{"line":7,"reason":"event is \"message_opened\", a name that only Mixtape itself may use; write another name"}`,
		`{"line":8,"reason":"timestamp is not a time; write it as 2006-01-02T15:04:05Z"}`,
		`{"line":9,"reason":"userId is missing, and so is anonymousId; write one of them, so that it is known whose track this is"}`,
		`{"line":10,"reason":"messageId is 101 characters long; write an id of at most 100"}`,
		`{"line":11,"reason":"type is \"sing\"; write identify, track, page, screen, group or alias"}`,
		`{"line":12,"reason":"item is not a JSON object; write {\"type\": \"track\", \"userId\": ..., \"event\": ...}"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" || result.Done != 12 {
		t.Error(result, diff)
	}
	got := p.text(`select string_agg(concat_ws(' ', e.number, e.name, e.source, e.properties, e.imported, e.time = e.arrival, e.time <= now()), E'\n' order by e.number)
		from events e join profiles p on p.id = e.profile_id where p.user_id = 'ada'`)
	if diff := cmp.Diff(`1 live backend {} f t t
2 first backend {} t t t
3 second backend {"total": 12.5} t t t
4 future backend {} t t t`, got); diff != "" {
		t.Error(diff)
	}
	if got := p.text("select time::text from events where name = 'first'"); got[:19] != "2025-01-01 00:00:00" {
		t.Error(got)
	}
	if n := p.count("select count(*) from profiles where dispatched <> last_number or pending_since is not null"); n != 0 {
		t.Errorf("%d people wait for dispatch", n)
	}
	if n := p.count("select count(*) from profiles where user_id is null and last_number = 1"); n != 1 {
		t.Error("the visitor is not in")
	}
}

// calls makes calls of a few people who turn out to be each other.
func calls(dice *rand.Rand, n int) (all []json.RawMessage) {
	pick := func(from ...string) string { return from[dice.IntN(len(from))] }
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(time.Duration(dice.IntN(3600)) * time.Second)
		c := map[string]any{"timestamp": at.Format(time.RFC3339), "messageId": fmt.Sprint("m", i)}
		if dice.IntN(20) == 0 {
			c["messageId"] = fmt.Sprint("m", dice.IntN(i+1))
		}
		switch dice.IntN(4) {
		case 0:
			c["anonymousId"] = pick("x", "y", "z", "v")
		case 1:
			c["userId"], c["anonymousId"] = pick("ada", "bob", "eve", "kim", "zoe"), pick("x", "y", "z", "v", "w")
		default:
			c["userId"] = pick("ada", "bob", "eve", "kim", "zoe")
		}
		traits := map[string]any{}
		for range dice.IntN(4) {
			traits[pick("plan", "city", "n", "email", "phone")] = pick("a", "b", "c")
		}
		if dice.IntN(3) == 0 {
			traits[pick("plan", "city", "n")] = nil
		}
		switch dice.IntN(6) {
		case 0, 1:
			c["type"], c["traits"] = "identify", traits
			c["context"] = map[string]any{"consent": map[string]any{"categoryPreferences": map[string]bool{pick("tips", "news"): dice.IntN(2) == 0}}}
		case 2:
			c["type"], c["groupId"] = "group", pick("g", "h")
		case 3:
			if dice.IntN(3) == 0 && c["userId"] != nil {
				c["type"], c["previousId"] = "alias", pick("x", "y", "z", "v", "ada", "bob", "new")
				break
			}
			fallthrough
		default:
			c["type"], c["event"], c["properties"] = "track", pick("played", "bought"), map[string]any{"i": float64(i)}
			c["context"] = map[string]any{"traits": traits, "timezone": pick("Europe/Paris", "Asia/Tokyo"), "device": map[string]any{"token": pick("t", "u")}}
		}
		raw, err := json.Marshal(c)
		if err != nil {
			panic(err)
		}
		all = append(all, raw)
	}
	return all
}

// The same calls make the same people, whether they come over HTTP one by one or out of a file.
func TestAsOverHTTP(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			all := calls(rand.New(rand.NewPCG(seed, 4)), 150)
			live, imported := open(t), open(t)
			send := live.door()
			lines := make([]string, len(all))
			for i, c := range all {
				send([]json.RawMessage{c})
				lines[i] = string(c)
			}
			_, rejects := imported.take(file(t, "calls.jsonl", lines...), importing.Options{Kind: importing.Events})
			if len(rejects) > 0 {
				t.Fatal(rejects)
			}
			const people = `select string_agg(concat_ws(' ', coalesce(user_id, ''), attributes, consents, suppressed, devices,
				(select array_agg(anonymous_id order by anonymous_id) from anonymous_ids a where a.profile_id = p.id),
				(select string_agg(concat_ws(' ', name, id, properties, time), ', ' order by time, id) from events e
					where e.profile_id = p.id and name not in ('', 'consent_changed'))), E'\n' order by user_id,
				(select min(anonymous_id) from anonymous_ids a where a.profile_id = p.id)) from profiles p where merged_into is null`
			if diff := cmp.Diff(live.text(people), imported.text(people)); diff != "" {
				t.Error(diff)
			}
			if a, b := live.count("select count(*) from profiles"), imported.count("select count(*) from profiles"); a != b {
				t.Errorf("%d profiles over HTTP, %d out of a file", a, b)
			}
		})
	}
}
