package starter_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnAnonymousPersonIsIdentified(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("track", `{"anonymousId": "anon", "event": "visited"}`)
	before := d.person("anon").ID
	d.good("identify", `{"anonymousId": "anon", "userId": "ada", "traits": {"plan": "free"}}`)
	d.good("track", `{"userId": "ada", "event": "signed_up"}`)
	d.good("track", `{"anonymousId": "anon", "event": "visited"}`)
	p := d.person("ada")
	if p.ID != before {
		t.Error("the first to come became another profile, though the id was free")
	}
	if diff := cmp.Diff([]string{"visited", "changed id,plan", "signed_up", "visited"}, d.names("ada")); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnonymousPersonGoesIntoTheUser(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"identify", "alias"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			d.good("identify", `{"userId": "ada", "traits": {"plan": "pro", "email": "ada@example.com"}, "context": {"device": {"token": "one"}}}`)
			d.good("identify", `{"anonymousId": "anon", "traits": {"plan": "free", "city": "Lyon"}, "context": {"device": {"token": "two"}, "consent": {"categoryPreferences": {"tips": false, "news": true}}}}`)
			d.good("identify", `{"userId": "ada", "context": {"consent": {"categoryPreferences": {"tips": true}}}}`)
			d.good("track", `{"anonymousId": "anon", "event": "visited"}`)
			ada, anon := d.person("ada").ID, d.person("anon").ID
			for range 2 { // again changes nothing
				if call == "alias" {
					d.good("alias", `{"previousId": "anon", "userId": "ada"}`)
				} else {
					d.good("identify", `{"anonymousId": "anon", "userId": "ada"}`)
				}
			}
			p := d.person("anon")
			if p.ID != ada || d.person(anon).ID != ada {
				t.Error("the two are not one")
			}
			if diff := cmp.Diff(map[string]any{"plan": "pro", "email": "ada@example.com", "city": "Lyon"}, p.Attributes); diff != "" {
				t.Error("attributes (-want +got)", diff)
			}
			if diff := cmp.Diff(map[string]bool{"tips": false, "news": true}, p.Consents); diff != "" {
				t.Error("a withdrawal wins (-want +got)", diff)
			}
			if len(p.Devices) != 2 {
				t.Error("devices", p.Devices)
			}
			if n := d.count("select count(*) from events where profile_id = $1 and name = 'visited'", ada); n != 1 {
				t.Error("what was done before is not the user's now")
			}
			if n := d.count("select count(*) from events where profile_id = $1 and properties ->> 'merged' = 'true'", ada); n != 1 {
				t.Errorf("%d merges are recorded", n)
			}
		})
	}
}

func TestAliasBeforeAnybodyCame(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("alias", `{"previousId": "anon", "userId": "ada"}`)
	d.good("track", `{"anonymousId": "anon", "event": "visited"}`)
	if got := d.names("ada"); !cmp.Equal(got, []string{"changed ", "visited"}) {
		t.Error(got)
	}
}

func TestAliasOfAnAnonymousPersonToAFreeID(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("track", `{"anonymousId": "anon", "event": "visited"}`)
	d.good("alias", `{"previousId": "anon", "userId": "ada"}`)
	if got := d.person("anon"); got.UserID != "ada" {
		t.Error(got)
	}
}

// A device that two people use: the anonymous id stays with whom it is, and each event goes to its user.
func TestAnotherUserOnTheSameDevice(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"anonymousId": "tablet", "userId": "ada"}`)
	d.good("identify", `{"anonymousId": "tablet", "userId": "bob", "traits": {"plan": "free"}}`)
	d.good("track", `{"anonymousId": "tablet", "userId": "bob", "event": "played"}`)
	if d.person("ada").ID == d.person("bob").ID {
		t.Fatal("two users became one by the way")
	}
	if got := d.person("tablet").UserID; got != "ada" {
		t.Error("the device's id went to", got)
	}
	if got := d.names("bob"); !cmp.Equal(got, []string{"changed plan", "played"}) {
		t.Error(got)
	}
}

// Two who are identified become one by alias with a server's key; the earlier id goes on to be theirs.
func TestTwoUsersBecomeOne(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("identify", `{"userId": "old", "traits": {"plan": "free", "city": "Lyon"}}`)
	d.good("identify", `{"userId": "new", "traits": {"plan": "pro"}}`)
	const alias = `{"previousId": "old", "userId": "new"}`
	if got := d.call(d.client, "alias", alias); got.status != http.StatusBadRequest || !strings.Contains(got.body, "server key") {
		t.Error("a client key is answered", got)
	}
	if d.person("old").ID == d.person("new").ID {
		t.Fatal("a client key made two users one")
	}
	d.good("alias", alias)
	d.good("alias", alias)
	d.good("track", `{"userId": "old", "event": "played"}`)
	d.good("identify", `{"userId": "old", "anonymousId": "anon", "traits": {"seen": true}}`)
	p := d.person("old")
	if p.ID != d.person("new").ID || p.UserID != "new" {
		t.Error("the two are not one:", p)
	}
	if diff := cmp.Diff(map[string]any{"plan": "pro", "city": "Lyon", "seen": true}, p.Attributes); diff != "" {
		t.Error(diff)
	}
	if n := d.count("select count(*) from profiles where merged_into is null"); n != 1 {
		t.Errorf("%d people", n)
	}
	d.good("alias", `{"previousId": "new", "userId": "newest"}`)
	if got := d.person("newest"); got.Attributes["plan"] != "pro" || got.ID != d.person("old").ID {
		t.Error("a renamed user is", got)
	}
}

// The whole life of a visitor in one batch, ids changing on the way.
func TestIdentityWithinABatch(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.good("batch", `{"batch": [
		{"type": "track", "anonymousId": "a", "event": "one"},
		{"type": "track", "userId": "other", "event": "elsewhere"},
		{"type": "identify", "anonymousId": "a", "userId": "ada"},
		{"type": "track", "userId": "ada", "event": "two"},
		{"type": "alias", "previousId": "b", "userId": "ada"},
		{"type": "track", "anonymousId": "b", "event": "three"}]}`)
	if diff := cmp.Diff([]string{"one", "changed id", "two", "three"}, d.names("ada")); diff != "" {
		t.Error(diff)
	}
}

// Whatever comes at once, in whatever direction: one person in the end, no event lost, numbers whole.
func TestMergesAtOnce(t *testing.T) {
	t.Parallel()
	d := open(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 6 {
				anonymous := fmt.Sprintf("anon-%d", (i+j)%6)
				for _, got := range []reply{
					d.call(d.server, "track", fmt.Sprintf(`{"anonymousId": %q, "event": "visited", "messageId": "%d-%d"}`, anonymous, i, j)),
					d.call(d.server, "identify", fmt.Sprintf(`{"anonymousId": %q, "userId": "ada", "traits": {"t%d": %d}}`, anonymous, i, j)),
					d.call(d.server, "alias", fmt.Sprintf(`{"previousId": %q, "userId": "ada"}`, anonymous)),
				} {
					if got.status != http.StatusOK {
						t.Error(got)
					}
				}
			}
		})
	}
	all.Wait()
	if n := d.count("select count(*) from profiles where merged_into is null"); n != 1 {
		t.Errorf("%d people", n)
	}
	if n := d.count("select count(*) from events where name = 'visited' and profile_id = $1", d.person("ada").ID); n != 48 {
		t.Errorf("%d of 48 events", n)
	}
	if n := d.count("select last_number - (select count(*) from events e where e.profile_id = p.id) from profiles p where merged_into is null"); n != 0 {
		t.Errorf("the numbers have %d gaps", n)
	}
}
