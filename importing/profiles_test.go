package importing_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/importing"
)

func TestProfilesFromCSV(t *testing.T) {
	t.Parallel()
	p := open(t)
	path := file(t, "people.csv",
		"\ufeffid,anonymous_id,email,age,postcode,vip,renews_at,plan,tags,phone,mixed",
		`ada,a1,ada@example.com,36,01234,true,2026-03-27,1,"[""jazz"",1]",33123,7`,
		`"42",,bob@example.com,-0.5,75001,false,,2,,,x`,
		`ada,,,,,,,,,,`,
	)
	result, rejects := p.take(path, importing.Options{
		Kind: importing.Profiles, Declared: map[string]string{"plan": "string", "renews_at": "date"}, Types: map[string]string{"tags": "list"},
	})
	if len(rejects) > 0 || result.Done != 3 || result.Rows != 3 {
		t.Errorf("%+v %q", result, rejects)
	}
	for user, want := range map[string]string{
		"ada": `{"age": 36, "vip": true, "plan": "1", "tags": ["jazz", 1], "email": "ada@example.com", "mixed": "7", "phone": "33123", "postcode": "01234", "renews_at": "2026-03-27"}`,
		"42":  `{"age": -0.5, "vip": false, "plan": "2", "email": "bob@example.com", "mixed": "x", "postcode": "75001"}`,
	} {
		if diff := cmp.Diff(want, p.attributes(user)); diff != "" {
			t.Error(diff)
		}
	}
	if got := p.text("select p.user_id from profiles p join anonymous_ids a on a.profile_id = p.id where a.anonymous_id = 'a1'"); got != "ada" {
		t.Error("a1 is", got)
	}
	if n := p.count("select count(*) from profiles"); n != 2 {
		t.Errorf("%d profiles", n)
	}
	if got := p.text("select string_agg(name, ' ' order by name) from seen_names where kind = 'attribute'"); got != "age email mixed phone plan postcode renews_at tags vip" {
		t.Error("names are seen:", got)
	}
}

// What is known is kept where a file says nothing of it, and goes where it says null.
func TestProfilesAreMerged(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.take(file(t, "first.jsonl", `{"id": "ada", "plan": "free", "city": "Lyon", "n": 1}`), importing.Options{Kind: importing.Profiles})
	path := file(t, "second.jsonl",
		`{"id": "ada", "plan": "pro", "city": null}`,
		``,
		`{"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}, "context": {"consent": {"categoryPreferences": {"tips": false}}, "device": {"token": "t"}, "timezone": "Europe/Paris"}}`,
		`{"anonymousId": "x", "plan": "free"}`,
	)
	result, rejects := p.take(path, importing.Options{Kind: importing.Profiles})
	if result.Done != 3 || len(rejects) > 0 {
		t.Errorf("%+v %q", result, rejects)
	}
	if got := p.attributes("ada"); got != `{"n": 1, "plan": "pro", "email": "ada@example.com", "timezone": "Europe/Paris"}` {
		t.Error(got)
	}
	if got := p.text("select consents::text || devices::text from profiles where user_id = 'ada'"); got != `{"tips": false}[{"token": "t", "channel": "push"}]` {
		t.Error(got)
	}
	if got := p.text("select words from decisions"); got != "consent to tips was withdrawn by the import of second.jsonl" {
		t.Error(got)
	}
	if n := p.count("select count(*) from events"); n != 0 {
		t.Errorf("%d events came of profiles", n)
	}
}

// Each reject says why, with its line; the rest is taken.
func TestRejectedProfiles(t *testing.T) {
	t.Parallel()
	p := open(t)
	long := strings.Repeat("x", 600)
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`"a%d": 1`, i)
	}
	path := file(t, "people.jsonl",
		`{"id": "good", "plan": "free"}`,
		`{"plan": "free"}`,
		`[1]`,
		`{"id": "x"`,
		`{"id": "`+long+`"}`,
		`{"id": "x", "email": 7}`,
		`{"id": "x", "timezone": "`+long+`"}`,
		`{"id": "x", "name": "a\u0000b"}`,
		`{"id": "x", "name": "\ud83c"}`,
		"{\"id\": \"x\", \"name\": \"\xff\"}",
		`{"id": {"a": 1}}`,
		`{"id": "x", "large": "`+strings.Repeat("y", 33000)+`"}`,
		`{"id": "x", "huge": "`+strings.Repeat("y", 2<<20)+`"}`,
		`{"id": "x", `+strings.Join(many, ", ")+`}`,
		`{"id": "good", "plan": "pro"}`,
	)
	result, rejects := p.take(path, importing.Options{Kind: importing.Profiles})
	want := []string{
		`{"line":2,"reason":"id is missing, and so is anonymous_id; write one of them"}`,
		`{"line":3,"reason":"the row is not a JSON object; write {\"id\": ..., \"email\": ...}"}`,
		`{"line":4,"reason":"the row is not a JSON object; write {\"id\": ..., \"email\": ...}"}`,
		`{"line":5,"reason":"id is 600 characters long; write an id of at most 512"}`,
		`{"line":6,"reason":"row.email is not text; write it in quotes, or null to remove it"}`,
		`{"line":7,"reason":"row.timezone is 600 characters long; write at most 100"}`,
		`{"line":8,"reason":"the row has a NUL character (\\u0000), which cannot be stored; remove it"}`,
		`{"line":9,"reason":"the row has half of a surrogate pair (\\ud83c), which is no character; it was probably cut in the middle of an emoji: remove it"}`,
		`{"line":10,"reason":"the row is not UTF-8; send text as UTF-8"}`,
		`{"line":11,"reason":"id is not text; write it in quotes"}`,
		`{"line":12,"reason":"the row is 33024 bytes large; one may have at most 32768 (32 KB)"}`,
		`{"line":13,"reason":"the row is longer than 1048576 bytes; one row may have 32 KB"}`,
		`{"line":14,"reason":"traits would give this profile more than 1000 attributes; remove some with null, or send what happens as properties of events"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" {
		t.Error(diff)
	}
	if result.Rejected != 13 || result.Done != 15 || p.attributes("good") != `{"plan": "pro"}` {
		t.Errorf("%+v, %s", result, p.attributes("good"))
	}
}

func TestRejectedCells(t *testing.T) {
	t.Parallel()
	p := open(t)
	path := file(t, "people.csv",
		"user_id;n;when;ok;name;list",
		"a;1,5;;;;",
		"b;;tomorrow;;;",
		"c;;;maybe;;",
		"d;1;2",
		"e;;;;x\x00y;",
		"f;;;;\xff;",
		`g;;;;a"b;`,
		"h;;;;;{}",
		"i;1.5;2026-01-01;yes;;",
		"j;1.5;1767225600;1;;[1]",
	)
	kinds := map[string]string{"n": "number", "when": "date", "ok": "bool", "list": "list"}
	_, rejects := p.take(path, importing.Options{Kind: importing.Profiles, Types: kinds})
	want := []string{
		`{"line":2,"reason":"n is \"1,5\"; write a number such as 12.5, with a point and nothing else"}`,
		`{"line":3,"reason":"when is \"tomorrow\"; write a date such as 2026-03-27 or 2026-03-27T18:00:00Z"}`,
		`{"line":4,"reason":"ok is \"maybe\"; write true or false"}`,
		`{"line":5,"reason":"the row has 3 cells where the first line names 6 columns"}`,
		`{"line":6,"reason":"name has a NUL character, which cannot be stored; remove it"}`,
		`{"line":7,"reason":"name is not UTF-8; save the file as UTF-8"}`,
		`{"line":8,"reason":"the row cannot be read as CSV: bare \" in non-quoted-field"}`,
		`{"line":9,"reason":"list is \"{}\"; write a list in JSON"}`,
		`{"line":10,"reason":"ok is \"yes\"; write true or false"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" {
		t.Error(diff)
	}
	if got := p.attributes("j"); got != `{"n": 1.5, "ok": true, "list": [1], "when": "1767225600"}` {
		t.Error(got)
	}
}

// What cannot be imported at all is said before anything is written.
func TestFilesThatCannotBeImported(t *testing.T) {
	t.Parallel()
	p := open(t)
	for words, c := range map[string]struct {
		name, content string
		o             importing.Options
	}{
		"no column says whom a row is about": {"a.csv", "email,plan\n", importing.Options{Kind: importing.Profiles}},
		"two columns are called plan":        {"b.csv", "id,plan,plan\n", importing.Options{Kind: importing.Profiles}},
		"column 2 has no name":               {"c.csv", "id,,plan\n", importing.Options{Kind: importing.Profiles}},
		"the file is empty":                  {"d.csv", "", importing.Options{Kind: importing.Profiles}},
		"there is no column pan":             {"e.csv", "id,plan\n", importing.Options{Kind: importing.Profiles, Types: map[string]string{"pan": "string"}}},
		"plan cannot be read as \"text\"":    {"f.csv", "id,plan\n", importing.Options{Kind: importing.Profiles, Types: map[string]string{"plan": "text"}}},
		"declares plan as string":            {"g.csv", "id,plan\n", importing.Options{Kind: importing.Profiles, Types: map[string]string{"plan": "number"}, Declared: map[string]string{"plan": "string"}}},
		"events are imported from JSON":      {"h.csv", "id,event\n", importing.Options{Kind: importing.Events}},
		"id, anonymous_id or email":          {"i.csv", "topic,given\n", importing.Options{Kind: importing.Consents}},
	} {
		path := file(t, c.name, "")
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.try(path, c.o); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want %s", err, words)
		}
	}
	if _, err := importing.OpenSource(file(t, "people.txt"), "", nil); err == nil || !strings.Contains(err.Error(), "--format") {
		t.Error(err)
	}
}

func TestPackedAndStandardInput(t *testing.T) {
	t.Parallel()
	p := open(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprintln(w, `{"id": "ada", "plan": "pro"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := file(t, "people.jsonl.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.take(path, importing.Options{Kind: importing.Profiles})
	source, err := importing.OpenSource("-", "csv", strings.NewReader("id,plan\nbob,free\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if _, err := importing.Run(t.Context(), p.store, source, importing.Options{Kind: importing.Profiles, Source: "import", Rejects: path + "x"}); err != nil {
		t.Fatal(err)
	}
	if p.attributes("ada") != `{"plan": "pro"}` || p.attributes("bob") != `{"plan": "free"}` {
		t.Error("they are not in")
	}
}

// A file that is in is not taken twice, unless that is meant.
func TestImportedAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	path := file(t, "people.jsonl", `{"id": "ada", "plan": "pro"}`, `{}`)
	p.take(path, importing.Options{Kind: importing.Profiles})
	if _, err := p.store.Pool().Exec(t.Context(), "update profiles set attributes = '{}'"); err != nil {
		t.Fatal(err)
	}
	renamed := file(t, "other.jsonl", `{"id": "ada", "plan": "pro"}`, `{}`)
	result, _ := p.take(renamed, importing.Options{Kind: importing.Profiles})
	if result.Finished == nil || result.Rejected != 1 || p.attributes("ada") != `{}` {
		t.Errorf("%+v, %s", result, p.attributes("ada"))
	}
	result, rejects := p.take(path, importing.Options{Kind: importing.Profiles, Again: true})
	if result.Finished != nil || len(rejects) != 1 || p.attributes("ada") != `{"plan": "pro"}` {
		t.Errorf("%+v, %q, %s", result, rejects, p.attributes("ada"))
	}
}
