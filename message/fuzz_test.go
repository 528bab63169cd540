package message_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/message"
)

// FuzzParseAndRender wants of any template and any data that both end soon, that nothing panics,
// and that a header stays one line.
func FuzzParseAndRender(f *testing.F) {
	data := `{"name": "Ada <b>", "n": 3, "list": [1, "two", null, {"x": 1.5}], "deep": {"er": {"s": "x"}}}`
	for _, body := range hostile() {
		f.Add("{{ user.name }}", body, data)
	}
	for _, body := range []string{
		`{% for x in user.list reversed limit: 2 %}{{ x }}{% else %}{% endfor %}`,
		`{% case user.n %}{% when 3, "3" %}a{% else %}b{% endcase %}`,
		`{{- user["name"] | split: "" | map: "x" | compact | where: "x", 1 | first | default: "d" -}}`,
		`{% include "p", a: user.list %}{% render "p", a: user.deep %}`,
		`{% raw %}x{% endraw %}{% comment %}{{ {% endcomment %}{% capture c %}<b>{% endcapture %}{{ c | append: c | escape }}`,
		`{{ user.list[user.n] | plus: user.n | round: 2 | times: 1.5 }}{{ (1..user.n) | join }}{{ user.deep.er.s.size }}`,
		"---\nsubject: x\n---\n{{ now | date: \"%Y\" }}",
	} {
		f.Add("S {{ user.list | join }}", body, data)
	}
	f.Fuzz(func(t *testing.T, subject, body, attributes string) {
		var user map[string]any
		if json.Unmarshal([]byte(attributes), &user) != nil {
			user = map[string]any{"name": attributes}
		}
		quoted, err := json.Marshal(strings.ToValidUTF8(subject, ""))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		set, problems := message.Parse(map[string]string{
			"x.email.liquid": "---\nsubject: " + string(quoted) + "\n---\n" + body,
			"y.sms.liquid":   body,
			"z.email.liquid": body,
			"_p.liquid":      "{{ a }}",
		})
		for _, p := range problems {
			if p.Line < 1 || p.Col < 1 || p.Message == "" {
				t.Errorf("a problem without place or words: %v", p)
			}
		}
		if len(problems) == 0 {
			for _, template := range set.Templates() {
				out, err := template.Render(message.Data{User: user, Now: time.Unix(1_700_000_000, 0), Links: message.Links{Unsubscribe: "https://acme.example/u"}})
				if err == nil {
					check(t, out)
				}
			}
		}
		// Far above what limits_test.go wants: fuzzing instruments the code and fills the machine.
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func check(t *testing.T, out message.Rendered) {
	t.Helper()
	for _, s := range []string{out.Subject, out.Preheader, out.From} {
		if strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("a header of several lines: %q", s)
		}
	}
	for _, s := range []string{out.Subject, out.HTML, out.Text} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("no clean text: %q", s)
		}
	}
}
