package message_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
)

// parse wants templates without problems.
func parse(t *testing.T, files map[string]string) *message.Set {
	t.Helper()
	set, problems := message.Parse(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

func TestFindFollowsTheReadersLocale(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, locale := range []string{"", ".fr", ".pt-BR", ".pt-PT", ".zh-Hans", ".zh-Hant-TW", ".es-419", ".sr-Cyrl", ".sr-Latn"} {
		files["hello.sms"+locale+".liquid"] = "x"
	}
	set := parse(t, files)
	for reader, want := range map[string]string{
		"":      "",
		"en":    "",
		"en-GB": "",
		"fr":    "fr",
		"fr-CA": "fr",
		"FR_ca": "fr",
		"pt-PT": "pt-PT",
		"pt-AO": "pt-BR", // a sister region
		"pt":    "pt-BR",
		"zh-TW": "zh-Hans", // nobody says which script Taiwan has

		"zh-Hant":    "zh-Hant-TW",
		"zh-Hant-HK": "zh-Hant-TW", // the same script before another
		"sr-Latn-RS": "sr-Latn",
		"sr-RS":      "sr-Cyrl",
		"es-ES":      "es-419",
		"p":          "",
		"-":          "",
		"x-y-z":      "",
	} {
		template, ok := set.Find("hello", "sms", reader)
		if !ok || template.Locale != want {
			t.Errorf("a reader of %q gets %+v, want %q", reader, template, want)
		}
	}
	for _, other := range [][2]string{{"hello", "email"}, {"bye", "sms"}} {
		if template, ok := set.Find(other[0], other[1], "fr"); ok {
			t.Errorf("%v: found %s", other, template.File)
		}
	}
}

func TestChannelsOfAMessage(t *testing.T) {
	t.Parallel()
	set, problems := message.Parse(map[string]string{
		"a.push.liquid": "x", "a.sms.liquid": "x", "a.sms.fr.liquid": "x", "a.email.liquid": "---\nsubject: S\n---\nx", "b.inbox.liquid": "x",
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, want := range map[string]string{"a": "email sms push", "b": "inbox", "c": ""} {
		if got := strings.Join(set.Channels(name), " "); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

func TestFrontMatterIsKnownWithoutRendering(t *testing.T) {
	t.Parallel()
	set := parse(t, map[string]string{"snow.email.liquid": "---\nsubject: Snow\ntopic: tips\nseason: {from: 12-01, to: 01-06}\n---\n<p>Snow</p>"})
	snow, _ := set.Find("snow", "email", "")
	if snow.Topic != "tips" || snow.Format != message.HTML {
		t.Errorf("topic %q, format %q", snow.Topic, snow.Format)
	}
	for day, want := range map[string]bool{"2026-11-30": false, "2026-12-01": true, "2026-12-31": true, "2027-01-06": true, "2027-01-07": false} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := snow.Season.Contains(at); got != want {
			t.Errorf("%s in season: %v, want %v", day, got, want)
		}
	}
}

func TestFormatIsSeenOrSaid(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]message.Format{
		"---\nsubject: S\n---\n<p>x</p>":                     message.HTML,
		"---\nsubject: S\n---\n1 < 2 and 3 > 2":              message.Text,
		"---\nsubject: S\nformat: html\n---\nplain":          message.HTML,
		"---\nsubject: S\nformat: text\n---\n<not a tag>":    message.Text,
		"---\r\nsubject: S\r\n---\r\n<p>Windows</p>\r\n":     message.HTML,
		"\ufeff---\nsubject: With a byte order mark\n---\nx": message.Text,
	} {
		set := parse(t, map[string]string{"x.email.liquid": body})
		x, _ := set.Find("x", "email", "")
		out, err := x.Render(message.Data{})
		if err != nil || x.Format != want || out.Subject == "" || (out.HTML != "") != (want == message.HTML) || out.Text == "" {
			t.Errorf("%q: %s, %+v, %v", body, x.Format, out, err)
		}
	}
}

func TestReadsTellEveryNameAndWhereItStands(t *testing.T) {
	t.Parallel()
	set := parse(t, map[string]string{
		"x.email.liquid": `---
subject: "Hi {{ user.first_name | default: 'friend' }}"
---
{% assign n = event.count | plus: entry.base %}{{ n }}
{% for item in results.first_share.event.items %}{{ item.user.name }}{{ user["home town"].zip }}{% endfor %}
{% if user.é_mail == event.x and "user.not" != 'event.not' %}{% endif %}{% include "p", title: brand.name %}
{% case user.plan %}{% when event.plan %}{% endcase %}{{ user.list[event.index].name }} {{ user }}
`,
		"_p.liquid": "\n  {{ title }} {{ user.city }}",
	})
	x, _ := set.Find("x", "email", "")
	var got []string
	for _, r := range x.Reads() {
		got = append(got, strings.TrimPrefix(message.Problem{File: r.File, Line: r.Line, Col: r.Col, Message: r.String()}.String(), "x.email.liquid:"))
	}
	want := []string{
		"_p.liquid:2:18: user.city",
		"2:17: user.first_name",
		"4:15: event.count", "4:35: entry.base",
		"5:16: results.first_share.event.items", "5:73: user.home town.zip",
		"6:7: user.é_mail", "6:22: event.x", "6:96: brand.name",
		"7:9: user.plan", "7:29: event.plan", "7:58: user.list", "7:68: event.index", "7:92: user",
	}
	less := func(s []string) map[string]bool {
		m := map[string]bool{}
		for _, v := range s {
			m[v] = true
		}
		return m
	}
	if diff := cmp.Diff(less(want), less(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinksOfTheTemplateArePreferredToOurFooter(t *testing.T) {
	t.Parallel()
	const link = "https://acme.example/u/1"
	for name, c := range map[string]struct {
		body   string
		footer bool
	}{
		"no link":                  {"topic: tips\n---\n<p>x</p>", true},
		"link":                     {"topic: tips\n---\n<p>x <a href=\"{{ unsubscribe_url }}\">stop</a></p>", false},
		"link in a branch, unseen": {"topic: tips\n---\n<p>x {% if user.no %}{{ unsubscribe_url }}{% endif %}</p>", true},
		"no topic":                 {"format: html\n---\n<p>x</p>", false},
	} {
		x, _ := parse(t, map[string]string{"x.email.liquid": "---\nsubject: S\n" + c.body}).Find("x", "email", "")
		out, err := x.Render(message.Data{Links: message.Links{Unsubscribe: link}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.HTML, ">Unsubscribe<"); got != c.footer {
			t.Errorf("%s: footer %v, want %v:\n%s", name, got, c.footer, out.HTML)
		}
		if n := strings.Count(out.Text, link); c.footer && n != 1 {
			t.Errorf("%s: %d links in the text:\n%s", name, n, out.Text)
		}
	}
}

func TestDataIsNeitherSharedNorChanged(t *testing.T) {
	t.Parallel()
	x, _ := parse(t, map[string]string{"x.sms.liquid": `{% assign l = user.list | sort %}{{ l | join }}{% for x in user.list %}{% assign y = x %}{% endfor %}`}).Find("x", "sms", "")
	user := map[string]any{"list": []any{3.0, 1.0, 2.0}}
	done := make(chan string)
	for range 4 {
		go func() {
			out, err := x.Render(message.Data{User: user})
			if err != nil {
				out.Text = err.Error()
			}
			done <- out.Text
		}()
	}
	for range 4 {
		if got := <-done; got != "1 2 3" {
			t.Errorf("got %q", got)
		}
	}
	if diff := cmp.Diff(map[string]any{"list": []any{3.0, 1.0, 2.0}}, user); diff != "" {
		t.Error(diff)
	}
}

func TestASeasonEndsWithItsLastDay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to message.MonthDay
		at, end  string
	}{
		{message.MonthDay{Month: 12, Day: 1}, message.MonthDay{Month: 12, Day: 26}, "2026-12-26", "2026-12-27"},
		{message.MonthDay{Month: 12, Day: 20}, message.MonthDay{Month: 1, Day: 6}, "2026-12-31", "2027-01-07"},
		{message.MonthDay{Month: 12, Day: 20}, message.MonthDay{Month: 1, Day: 6}, "2027-01-01", "2027-01-07"},
		{message.MonthDay{Month: 2, Day: 1}, message.MonthDay{Month: 2, Day: 29}, "2027-02-28", "2027-03-01"},
		{message.MonthDay{Month: 2, Day: 1}, message.MonthDay{Month: 2, Day: 29}, "2028-02-29", "2028-03-01"},
		{message.MonthDay{Month: 12, Day: 1}, message.MonthDay{Month: 12, Day: 31}, "2026-12-31", "2027-01-01"},
	} {
		at, err := time.ParseInLocation(time.DateOnly, c.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		s := message.Season{From: c.from, To: c.to}
		end := s.End(at.Add(23 * time.Hour))
		if got := end.Format(time.DateTime); got != c.end+" 00:00:00" {
			t.Errorf("%v from %s ends at %s, want %s", s, c.at, got, c.end)
		}
		if !s.Contains(end.Add(-time.Second)) || s.Contains(end) {
			t.Errorf("%v does not contain what lies before %s, or what lies after", s, end)
		}
	}
}
