package starter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCallsOfTheSpecification(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"userId": "ada", "traits": {"email": "ada@example.com", "plan": "free", "age": 36}, "messageId": "m1"}`)
	d.good("track", `{"userId": "ada", "event": "playlist_created", "properties": {"songs": 3, "name": "Rain"}, "messageId": "m2"}`)
	d.good("page", `{"userId": "ada", "name": "Pricing", "category": "Docs", "properties": {"path": "/pricing"}, "messageId": "m3"}`)
	d.good("screen", `{"userId": "ada", "name": "Player", "messageId": "m4"}`)
	d.good("group", `{"userId": "ada", "groupId": "acme", "traits": {"seats": 4}, "messageId": "m5"}`)
	d.good("identify", `{"userId": "ada", "traits": {"plan": null, "age": 36}, "messageId": "m6"}`)
	d.good("identify", `{"userId": "ada", "traits": {"age": 36}, "messageId": "m7"}`)

	want := map[string]any{"email": "ada@example.com", "age": 36.0, "group_id": "acme"}
	if diff := cmp.Diff(want, d.person("ada").Attributes); diff != "" {
		t.Error("attributes (-want +got)", diff)
	}
	wantNames := []string{"changed age,email,plan", "playlist_created", "page", "screen", "group", "changed plan"}
	if diff := cmp.Diff(wantNames, d.names("ada")); diff != "" {
		t.Error("events (-want +got)", diff)
	}
	wantProperties := map[string]map[string]any{
		"playlist_created": {"songs": 3.0, "name": "Rain"},
		"page":             {"path": "/pricing", "name": "Pricing", "category": "Docs"},
		"screen":           {"name": "Player"},
		"group":            {"group_id": "acme", "traits": map[string]any{"seats": 4.0}},
	}
	for _, e := range d.events("ada") {
		var got map[string]any
		if err := json.Unmarshal(e.Properties, &got); err != nil {
			t.Fatal(err)
		}
		if want := wantProperties[e.Name]; want != nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(e.Name, "(-want +got)", diff)
			}
		}
		if e.Source != "server" {
			t.Errorf("%s has the source %q", e.Name, e.Source)
		}
	}
}

// What a Segment library posts: a batch with basic authentication, one sentAt for all.
func TestABatchIsTakenInOrder(t *testing.T) {
	t.Parallel()
	d := open(t)
	var items []string
	for i := range 60 {
		items = append(items, fmt.Sprintf(`{"type": "track", "userId": "user-%d", "event": "event_%02d", "messageId": "m%d", "timestamp": "2026-01-01T00:00:00Z",
			"context": {"library": {"name": "@segment/analytics-node", "version": "2.1.0"}}, "integrations": {}, "_metadata": {"nodeVersion": "20"}}`, i%3, i, i))
	}
	d.good("batch", `{"batch": [`+strings.Join(items, ",")+`], "sentAt": "2026-01-01T00:00:01Z"}`)
	for u := range 3 {
		var want []string
		for i := u; i < 60; i += 3 {
			want = append(want, fmt.Sprintf("event_%02d", i))
		}
		if diff := cmp.Diff(want, d.names(fmt.Sprintf("user-%d", u))); diff != "" {
			t.Errorf("user-%d (-want +got)%s", u, diff)
		}
	}
}

func TestWhatWasSeenIsDropped(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range 5 {
		d.good("track", `{"userId": "ada", "event": "signed_up", "messageId": "once"}`)
	}
	d.good("batch", `{"batch": [{"type": "track", "userId": "ada", "event": "signed_up", "messageId": "once"},
		{"type": "track", "userId": "ada", "event": "again", "messageId": "twice"}, {"type": "track", "userId": "ada", "event": "again", "messageId": "twice"}]}`)
	if got := d.names("ada"); !cmp.Equal(got, []string{"signed_up", "again"}) {
		t.Error("recorded", got)
	}
	// Another key is another source: its ids are its own.
	if got := d.call(d.client, "track", `{"userId": "ada", "event": "clicked", "messageId": "once"}`); got.status != http.StatusOK {
		t.Fatal(got)
	}
	// No id, no memory.
	d.good("track", `{"userId": "bob", "event": "played"}`)
	d.good("track", `{"userId": "bob", "event": "played"}`)
	if got := d.names("ada"); len(got) != 3 {
		t.Error("recorded", got)
	}
	if got := d.names("bob"); len(got) != 2 {
		t.Error("recorded", got)
	}
}

// At once from everywhere: each is recorded exactly once, whatever the order of locks.
func TestTheSameBatchAtOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	var items []string
	for i := range 30 {
		items = append(items, fmt.Sprintf(`{"type": "track", "userId": "u%d", "event": "e", "messageId": "m%d"}`, i%10, i))
	}
	reversed := make([]string, len(items))
	for i, item := range items {
		reversed[len(items)-1-i] = item
	}
	done := make(chan reply)
	for i := range 8 {
		batch := items
		if i%2 == 1 {
			batch = reversed
		}
		go func() { done <- d.call(d.server, "batch", `{"batch": [`+strings.Join(batch, ",")+`]}`) }()
	}
	for range 8 {
		if got := <-done; got.status != http.StatusOK || len(got.rejected(t)) > 0 {
			t.Error(got)
		}
	}
	if n := d.count("select count(*) from events"); n != 30 {
		t.Errorf("%d events of 30", n)
	}
	if n := d.count("select count(*) from profiles where last_number <> (select count(*) from events e where e.profile_id = profiles.id)"); n != 0 {
		t.Errorf("%d profiles with a gap in their numbers", n)
	}
}

func TestContextTellsOfThePerson(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("batch", `{"context": {"locale": "fr-FR", "device": {"token": "tok", "type": "ios"}}, "batch": [
		{"type": "track", "userId": "ada", "event": "opened", "messageId": "a", "context": {"timezone": "Europe/Paris", "traits": {"plan": "pro"}}},
		{"type": "track", "userId": "ada", "event": "opened", "messageId": "b", "context": {"timezone": "Asia/Tokyo", "locale": "ja"}}]}`)
	p := d.person("ada")
	want := map[string]any{"timezone": "Europe/Paris", "locale": "fr-FR", "plan": "pro"}
	if diff := cmp.Diff(want, p.Attributes); diff != "" {
		t.Error("attributes (-want +got)", diff)
	}
	if len(p.Devices) != 1 || p.Devices[0].Channel != "push" || p.Devices[0].Token != "tok" {
		t.Error("devices", p.Devices)
	}
	events := d.events("ada")
	if diff := cmp.Diff([]string{"locale", "plan", "timezone"}, events[0].Changed); diff != "" || len(events[1].Changed) > 0 {
		t.Error("changed with the event", events[0].Changed, events[1].Changed)
	}
	d.good("identify", `{"userId": "ada", "traits": {"timezone": "Asia/Tokyo"}}`)
	if zone := d.person("ada").Attributes["timezone"]; zone != "Asia/Tokyo" {
		t.Error("identify moves the zone, but it is", zone)
	}
}

// timestamp is corrected by how far the sender's clock was off when it sent, and capped at arrival.
func TestTimes(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, c := range []struct {
		name, fields string
		ago          time.Duration // before arrival
	}{
		{"now", ``, 0},
		{"late", `"timestamp": "` + stamp(-21*24*time.Hour) + `", "sentAt": "` + stamp(0) + `"`, 21 * 24 * time.Hour},
		{"without sentAt", `"timestamp": "` + stamp(-time.Hour) + `"`, time.Hour},
		{"in the future", `"timestamp": "` + stamp(72*time.Hour) + `"`, 0},
		{"clock ahead", `"timestamp": "` + stamp(48*time.Hour-10*time.Minute) + `", "sentAt": "` + stamp(48*time.Hour) + `"`, 10 * time.Minute},
		{"clock behind", `"timestamp": "2001-01-01T00:00:00.000Z", "sentAt": "2001-01-01T00:00:30.000Z"`, 30 * time.Second},
		{"sent before it happened", `"timestamp": "` + stamp(0) + `", "sentAt": "` + stamp(-time.Hour) + `"`, 0},
		{"original", `"originalTimestamp": "` + stamp(-2*time.Hour) + `"`, 2 * time.Hour},
		{"sentAt unreadable", `"timestamp": "` + stamp(-time.Minute) + `", "sentAt": "yesterday"`, time.Minute},
	} {
		body := `{"userId": "` + c.name + `", "event": "e"`
		if c.fields != "" {
			body += ", " + c.fields
		}
		d.good("track", body+"}")
		e := d.events(c.name)[0]
		if got := e.Arrival.Sub(e.Time); got < c.ago-5*time.Second || got > c.ago+5*time.Second {
			t.Errorf("%s: happened %s before arrival, want %s", c.name, got, c.ago)
		}
		if e.Time.After(e.Arrival) {
			t.Errorf("%s: happened after it arrived", c.name)
		}
	}
}

func stamp(from time.Duration) string {
	return time.Now().Add(from).UTC().Format("2006-01-02T15:04:05.000Z")
}
