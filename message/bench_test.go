package message_test

import (
	"path/filepath"
	"testing"

	"github.com/mixtapehq/mixtape/message"
)

// BenchmarkRender renders the welcome e-mail of the golden cases: a page with two partials, a list
// and links.
func BenchmarkRender(b *testing.B) {
	files := map[string]string{}
	for _, name := range []string{"welcome.email.liquid", "_header.liquid", "_footer.liquid"} {
		files[name] = readFile(b, filepath.Join("testdata", "render", "welcome", name))
	}
	set, problems := message.Parse(files)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	t, _ := set.Find("welcome", "email", "")
	data := message.Data{
		User:    map[string]any{"first_name": "Ada"},
		Brand:   map[string]any{"name": "Acme", "colour": "#123456"},
		Results: map[string]any{"things": []any{map[string]any{"slug": "a", "name": "A"}, map[string]any{"slug": "b", "name": "B"}}},
		Links:   message.Links{Unsubscribe: "https://acme.example/u/1"},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.Render(data); err != nil {
			b.Fatal(err)
		}
	}
}
