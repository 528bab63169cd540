// Package render_test renders a typical message beside html/template's rendering of the very same page.
package render_test

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/size"
	"github.com/mixtapehq/mixtape/markup"
	"github.com/mixtapehq/mixtape/message"
)

const (
	rendersVariable = "MIXTAPE_BENCH_RENDERS" // of a turn
	roundsVariable  = "MIXTAPE_BENCH_ROUNDS"
	unsubscribe     = "https://mail.example.com/u/1.token"
)

// sides are what is compared; each renders one page for a person.
type sides struct {
	ours  *message.Template
	plain *template.Template
	data  message.Data
	given map[string]any
}

func load(tb testing.TB) *sides {
	tb.Helper()
	raw, err := os.ReadFile("testdata/offer.email.liquid")
	if err != nil {
		tb.Fatal(err)
	}
	set, problems := message.Parse(map[string]string{"offer.email.liquid": string(raw)})
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	s := &sides{}
	s.ours, _ = set.Find("offer", "email", "")
	s.plain = plain(tb, string(raw))
	var items []any
	for i := range 5 {
		items = append(items, map[string]any{
			"name": fmt.Sprintf("Thing & Co %d", i), "price": "12.50 EUR", "url": fmt.Sprintf("https://shop.example/things/%d", i), "image": fmt.Sprintf("https://shop.example/images/%d.png", i),
		})
	}
	s.data = message.Data{
		User: map[string]any{"first_name": "Ada <3", "email": "ada@example.com", "vip": true}, Event: map[string]any{"items": items},
		Links: message.Links{Unsubscribe: unsubscribe}, Now: time.Unix(1_700_000_000, 0),
	}
	s.given = map[string]any{"user": s.data.User, "event": s.data.Event, "unsubscribe_url": unsubscribe}
	return s
}

// plain is the page that the markup compiles to, with the same names in html/template's own language.
func plain(tb testing.TB, source string) *template.Template {
	tb.Helper()
	_, body, _ := strings.Cut(strings.TrimPrefix(source, "---\n"), "\n---\n")
	page, problems := markup.Compile(body)
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	text := strings.NewReplacer(
		`{{ user.first_name | default: "there" }}`, `{{ with .user.first_name }}{{ . }}{{ else }}there{{ end }}`,
		`{% if user.vip %}`, `{{ if .user.vip }}`, `{% else %}`, `{{ else }}`, `{% endif %}`, `{{ end }}`,
		`{% for item in event.items %}`, `{{ range .event.items }}`, `{% endfor %}`, `{{ end }}`,
		`{{ item.`, `{{ .`, `{{ user.`, `{{ .user.`, `{{ unsubscribe_url }}`, `{{ .unsubscribe_url }}`,
	).Replace(page.HTML)
	var comments []template.HTML // which html/template drops, and Outlook reads
	text = regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAllStringFunc(text, func(comment string) string {
		comments = append(comments, template.HTML(comment))
		return fmt.Sprintf("{{ comment %d }}", len(comments)-1)
	})
	t, err := template.New("offer").Funcs(template.FuncMap{"comment": func(i int) template.HTML { return comments[i] }}).Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func (s *sides) byUs(tb testing.TB) message.Rendered {
	tb.Helper()
	out, err := s.ours.Render(s.data)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func (s *sides) byTemplate(tb testing.TB) string {
	tb.Helper()
	var out bytes.Buffer
	if err := s.plain.Execute(&out, s.given); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// The two render the same page, but for the preheader, and for how each writes the same character as an entity.
func TestBothRenderTheSamePage(t *testing.T) {
	t.Parallel()
	s := load(t)
	ours, theirs := s.byUs(t), s.byTemplate(t)
	_, after, found := strings.Cut(ours.HTML, "They are kept until Sunday.</div>\n")
	if !found {
		t.Fatal(ours.HTML)
	}
	at := strings.Index(theirs, "<body")
	at += strings.IndexByte(theirs[at:], '>') + 1
	if got, want := tidy(after), tidy(theirs[at:]); got != want {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("they part at\n%.200s\nand\n%.200s", got[max(0, i-50):], want[max(0, i-50):])
	}
	if !strings.Contains(ours.Text, "Thing & Co 4") || ours.Subject != "Ada <3, 5 things wait for you" {
		t.Errorf("%q\n%s", ours.Subject, ours.Text)
	}
}

func tidy(page string) string { return strings.TrimSpace(html.UnescapeString(page)) }

// BenchmarkRender is the measurement. It is one run, whatever b.N: use -benchtime 1x. Sides take turns.
func BenchmarkRender(b *testing.B) {
	renders, rounds := size.Of(b, rendersVariable, 3000), size.Of(b, roundsVariable, 7)
	s := load(b)
	ways := []struct {
		name string
		once func()
	}{
		{"mixtape", func() { s.byUs(b) }},                                             // subject, preheader, page and text, with a budget
		{"html/template", func() { s.byTemplate(b) }},                                 // the page
		{"html/template and text", func() { _ = message.PlainText(s.byTemplate(b)) }}, // the page, and the text of it
	}
	seconds := make([][]float64, len(ways))
	for round := range rounds + 1 { // the first does not count
		for i, way := range ways {
			began := time.Now()
			for range renders {
				way.once()
			}
			if round > 0 {
				seconds[i] = append(seconds[i], time.Since(began).Seconds())
			}
		}
	}
	ratios := make([][]float64, len(ways))
	for i := range ways {
		for round := range rounds {
			ratios[i] = append(ratios[i], seconds[i][round]/seconds[0][round])
		}
		slices.Sort(seconds[i])
		slices.Sort(ratios[i])
		per := func(at int) float64 { return float64(renders) / seconds[i][at] }
		b.Logf("%-24s %7.0f a second (%.0f to %.0f); of mixtape's time %.2f (%.2f to %.2f)", ways[i].name, per(rounds/2), per(rounds-1), per(0),
			ratios[i][rounds/2], ratios[i][0], ratios[i][rounds-1])
	}
	b.ReportMetric(float64(renders)/seconds[0][rounds/2], "renders/s")
	b.ReportMetric(ratios[1][rounds/2], "of-html/template")
	b.ReportMetric(ratios[2][rounds/2], "of-html/template-and-text")
}
