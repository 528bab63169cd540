package importing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/importing"
)

// An old file does not bring back who was erased since.
func TestTheErasedAreNotImported(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.take(file(t, "people.jsonl", `{"id": "ada", "anonymous_id": "browser", "email": "ada@example.com"}`, `{"id": "bob"}`), importing.Options{Kind: importing.Profiles})
	if _, err := p.store.Erase(t.Context(), "ada", "the key admin"); err != nil {
		t.Fatal(err)
	}
	_, rejects := p.take(file(t, "again.jsonl", `{"id": "ada", "email": "ada@example.com"}`, `{"anonymous_id": "browser", "plan": "free"}`, `{"id": "eve", "anonymous_id": "browser"}`), importing.Options{Kind: importing.Profiles})
	want := []string{
		`{"line":1,"reason":"id is that of somebody who was erased; only an identify call with a server key lets them come back"}`,
		`{"line":2,"reason":"id is that of somebody who was erased; only an identify call with a server key lets them come back"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" {
		t.Error(diff)
	}
	if n := p.count("select count(*) from profiles where erased_at is null"); n != 2 {
		t.Errorf("%d people, want bob and eve", n)
	}
	if n := p.count("select count(*) from anonymous_ids"); n != 0 {
		t.Errorf("%d anonymous ids, want none: the browser's was ada's", n)
	}
}
