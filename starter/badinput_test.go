package starter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each item is wrong in one way. Alone it is refused with what is wrong; in a batch it costs nothing
// but itself.
func TestBadItems(t *testing.T) {
	t.Parallel()
	d := open(t)
	long := strings.Repeat("x", 40<<10)
	for _, c := range []struct {
		name, item, field, says string
		status                  int
	}{
		{"no user", `{"type": "track", "event": "e"}`, "userId", "is missing, and so is anonymousId", 400},
		{"empty user", `{"type": "track", "event": "e", "userId": "", "anonymousId": null}`, "userId", "is missing", 400},
		{"no event", `{"type": "track", "userId": "ada"}`, "event", "is empty", 400},
		{"blank event", `{"type": "track", "userId": "ada", "event": "  "}`, "event", "is empty", 400},
		{"event is an object", `{"type": "track", "userId": "ada", "event": {}}`, "event", "is not text", 400},
		{"event too long", `{"type": "track", "userId": "ada", "event": "` + strings.Repeat("e", 201) + `"}`, "event", "at most 200", 400},
		{"a 40 KB property", `{"type": "track", "userId": "ada", "event": "e", "properties": {"note": "` + long + `"}}`, "item", "at most 32768", 413},
		{"properties are a list", `{"type": "track", "userId": "ada", "event": "e", "properties": [1]}`, "properties", "is not an object", 400},
		{"traits are text", `{"type": "identify", "userId": "ada", "traits": "pro"}`, "traits", "is not an object", 400},
		{"NUL in a value", `{"type": "track", "userId": "ada", "event": "e", "properties": {"a": "x\u0000y"}}`, "properties", "NUL", 400},
		{"NUL in a key", `{"type": "identify", "userId": "ada", "traits": {"a\u0000": 1}}`, "traits", "NUL", 400},
		{"NUL in the id", `{"type": "track", "userId": "a\u0000", "event": "e"}`, "userId", "NUL", 400},
		{"a lone high surrogate", `{"type": "track", "userId": "ada", "event": "e", "properties": {"a": "\ud83d"}}`, "properties", `\ud83d`, 400},
		{"a lone low surrogate", `{"type": "track", "userId": "ada", "event": "e", "properties": {"a": ["\uDE00x"]}}`, "properties", "surrogate", 400},
		{"surrogates the wrong way round", `{"type": "track", "userId": "ada", "event": "\ude00\ud83d"}`, "event", "surrogate", 400},
		{"not UTF-8", "{\"type\": \"track\", \"userId\": \"ada\", \"event\": \"e\", \"properties\": {\"a\": \"\xff\"}}", "properties", "UTF-8", 400},
		{"too deep", `{"type": "track", "userId": "ada", "event": "e", "properties": {"a": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, "properties", "levels", 400},
		{"a number too large", `{"type": "track", "userId": "ada", "event": "e", "properties": {"a": 1e999}}`, "properties", "too large", 400},
		{"user id too long", `{"type": "track", "userId": "` + strings.Repeat("é", 513) + `", "event": "e"}`, "userId", "at most 512", 400},
		{"messageId too long", `{"type": "track", "userId": "ada", "event": "e", "messageId": "` + strings.Repeat("m", 101) + `"}`, "messageId", "at most 100", 400},
		{"unreadable time", `{"type": "track", "userId": "ada", "event": "e", "timestamp": "yesterday"}`, "timestamp", "is not a time", 400},
		{"a forged open", `{"type": "track", "userId": "ada", "event": "message_opened"}`, "event", "only Mixtape", 400},
		{"a forged withdrawal", `{"type": "track", "userId": "ada", "event": "unsubscribed"}`, "event", "only Mixtape", 400},
		{"a forged consent", `{"type": "track", "userId": "ada", "event": "consent_changed"}`, "event", "only Mixtape", 400},
		{"an e-mail that is a list", `{"type": "identify", "userId": "ada", "traits": {"email": ["a@b.c"]}}`, "traits.email", "is not text", 400},
		{"an e-mail without end", `{"type": "identify", "userId": "ada", "traits": {"email": "` + strings.Repeat("a", 9000) + `@b.c"}}`, "traits.email", "at most 320", 400},
		{"context is text", `{"type": "identify", "userId": "ada", "context": "web"}`, "context", "is not an object", 400},
		{"consent that is no answer", `{"type": "identify", "userId": "ada", "context": {"consent": {"categoryPreferences": {"tips": null}}}}`, "context.consent.categoryPreferences", "true and false", 400},
		{"no group", `{"type": "group", "userId": "ada"}`, "groupId", "is missing", 400},
		{"alias from nobody", `{"type": "alias", "userId": "ada"}`, "previousId", "is missing", 400},
		{"alias to nobody", `{"type": "alias", "previousId": "a", "anonymousId": "b"}`, "userId", "is missing", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, _, _ := strings.Cut(strings.TrimPrefix(c.item, `{"type": "`), `"`)
			alone := d.call(d.server, kind, c.item)
			if alone.status != c.status || !strings.Contains(alone.header.Get("Content-Type"), "problem+json") {
				t.Errorf("alone it is answered %d %s", alone.status, alone.body)
			}
			if !strings.Contains(alone.body, `"field":"`+c.field+`"`) {
				t.Errorf("alone its answer does not name %s: %s", c.field, alone.body)
			}
			id := strings.ReplaceAll(c.name, " ", "-")
			batch := d.call(d.server, "batch", `{"batch": [{"type": "track", "userId": "good", "event": "before", "messageId": "`+id+`-1"}, `+c.item+
				`, {"type": "track", "userId": "good", "event": "after", "messageId": "`+id+`-2"}]}`)
			bad := batch.rejected(t)
			if len(bad) != 1 || bad[0].Index != 1 || bad[0].Field != c.field || !strings.Contains(bad[0].Error, c.says) {
				t.Errorf("rejected %+v, want item 1 at %s: %s", bad, c.field, c.says)
			}
			if n := d.count("select count(*) from events where id like $1", id+"-%"); n != 2 {
				t.Errorf("%d of the two good items were recorded", n)
			}
		})
	}
	if n := d.count("select count(*) from profiles where user_id = 'ada'"); n != 0 {
		t.Error("a refused item left a profile behind")
	}
}

func TestItemsOfABatchMustSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	d := open(t)
	got := d.call(d.server, "batch", `{"batch": [{"userId": "ada"}, {"type": "like", "userId": "ada"}, null, 7, "x", [], {"type": "track", "userId": "ada", "event": "ok"}]}`).rejected(t)
	var fields []string
	for i, r := range got {
		if r.Index != i {
			t.Errorf("rejection %d names the item %d", i, r.Index)
		}
		fields = append(fields, r.Field)
	}
	if diff := cmp.Diff([]string{"type", "type", "item", "item", "item", "item"}, fields); diff != "" {
		t.Error(diff)
	}
	if got := d.names("ada"); !cmp.Equal(got, []string{"ok"}) {
		t.Error(got)
	}
}

func TestStrangeIDsAreGood(t *testing.T) {
	t.Parallel()
	d := open(t)
	odd := strings.Repeat("/a b🎧%2F\\\"'?#&..//é\t", 30)
	odd = string([]rune(odd)[:500])
	encoded := strings.NewReplacer("\\", `\\`, `"`, `\"`, "\t", `\t`).Replace(odd)
	d.good("track", `{"userId": "`+encoded+`", "event": "signed_up", "messageId": "1"}`)
	d.good("track", `{"userId": 42, "event": "numbers are ids too", "messageId": "2"}`)
	d.good("track", `{"anonymousId": "`+encoded+`", "event": "\ud83c\udfa7 \"quoted\"", "messageId": "3"}`)
	if got := d.names(odd); !cmp.Equal(got, []string{"signed_up"}) {
		t.Error(got)
	}
	if got := d.names("42"); !cmp.Equal(got, []string{"numbers are ids too"}) {
		t.Error(got)
	}
	if n := d.count("select count(*) from events where name = '🎧 \"quoted\"'"); n != 1 {
		t.Error("a pair of surrogates is one character")
	}
	var found struct {
		UserID string `json:"user_id"`
	}
	if got := d.manage(http.MethodGet, "/api/profiles/"+escape(odd), "", &found); found.UserID != odd {
		t.Error("the API does not find it:", got)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	d := open(t)
	const good = `{"userId": "ada", "event": "e"}`
	for _, c := range []struct {
		name, key, path, media, body string
		status                       int
		says                         string
	}{
		{"not JSON", d.server, "track", "application/json", `{"userId": `, 400, "not JSON"},
		{"a list", d.server, "track", "application/json", `[]`, 400, "not a JSON object"},
		{"no batch", d.server, "batch", "application/json", good, 400, "batch is missing"},
		{"batch is an object", d.server, "batch", "application/json", `{"batch": {}}`, 400, "batch is not a list"},
		{"empty", d.server, "track", "application/json", ``, 400, "not JSON"},
		{"a wrong key", "nonsense", "track", "application/json", good, 401, "not known here"},
		{"no key", "", "track", "application/json", good, 401, "no write key"},
		{"an admin key", d.admin, "track", "application/json", good, 403, "admin key"},
		{"a form", d.server, "track", "application/x-www-form-urlencoded", "userId=ada", 415, "application/json"},
		{"too large", d.server, "batch", "application/json", `{"batch": [], "x": "` + strings.Repeat("x", 501<<10) + `"}`, 413, "500 KB"},
		{"an unknown call", d.server, "like", "application/json", good, 404, "no such call"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := d.request(http.MethodPost, "/v1/"+c.path, c.body)
			r.Header.Set("Content-Type", c.media)
			r.SetBasicAuth(c.key, "")
			got := d.send(r)
			if got.status != c.status || !strings.Contains(got.body, c.says) || got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.says)
			}
			for _, inside := range []string{"pgx", "SQLSTATE", "goroutine", ".go:"} {
				if strings.Contains(got.body, inside) {
					t.Error("it speaks of our insides:", got.body)
				}
			}
		})
	}
	if got := d.send(d.request(http.MethodGet, "/v1/track", "")); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
		t.Error("GET is answered", got)
	}
	if n := d.count("select count(*) from profiles"); n != 0 {
		t.Error("a refused request left a profile behind")
	}
}
