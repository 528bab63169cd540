package message_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/message"
)

func TestOnlyWebLinksAreLedElsewhere(t *testing.T) {
	t.Parallel()
	lead := func(link string) string { return "https://l.example/" + url.QueryEscape(link) }
	for _, c := range []struct{ name, page, want string }{
		{"a link", `<p>See <a class="b" href="https://acme.example/?a=1&amp;b=2">this</a>.`, `<p>See <a class="b" href="https://l.example/https%3A%2F%2Facme.example%2F%3Fa%3D1%26b%3D2">this</a>.`},
		{"without quotes", `<a href=https://acme.example/x>this</a>`, `<a href="https://l.example/https%3A%2F%2Facme.example%2Fx">this</a>`},
		{"a map", `<area href="http://acme.example"/>`, `<area href="https://l.example/http%3A%2F%2Facme.example"/>`},
		{"no web links", `<a href="mailto:a@b.example">m</a><a href="tel:+33">t</a><a href="#top">u</a><a href="">e</a><a name=x>n</a><A HREF="/relative">r</A>`, ""},
		{"what is not shown as a link", `<img src="https://acme.example/a.png"><link href="https://acme.example/a.css"><style>a[href="https://x.example"]{}</style>`, ""},
		{"what only Outlook reads", `<!--[if mso]><a href="https://acme.example">x</a><![endif]-->`, ""},
		{"what is not closed", `<p>a < b <a href="https://acme.example`, ""},
		{"what no browser would write", "<P  CLASS=x>\r\n<bR/>&nbsp;&copy<b", ""},
	} {
		want := c.want
		if want == "" {
			want = c.page
		}
		if got := message.Relink(c.page, lead); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
}

func TestATagOfAnalyticsKeepsWhatALinkSays(t *testing.T) {
	t.Parallel()
	u := message.UTM{Source: "acme news", Medium: "email", Campaign: "onboarding", Content: "welcome"}
	for link, want := range map[string]string{
		"https://acme.example":                    "https://acme.example?utm_source=acme+news&utm_medium=email&utm_campaign=onboarding&utm_content=welcome",
		"https://acme.example/a?b=%20c&d#e?f":     "https://acme.example/a?b=%20c&d&utm_source=acme+news&utm_medium=email&utm_campaign=onboarding&utm_content=welcome#e?f",
		"https://acme.example/?utm_source=o&x=1#": "https://acme.example/?utm_source=o&x=1&utm_medium=email&utm_campaign=onboarding&utm_content=welcome#",
	} {
		if got := u.Tag(link); got != want {
			t.Errorf("%s became %s, want %s", link, got, want)
		}
		if again := u.Tag(u.Tag(link)); again != want {
			t.Errorf("%s twice became %s", link, again)
		}
	}
	if got := (message.UTM{}).Tag("https://acme.example/?a"); got != "https://acme.example/?a" {
		t.Errorf("nothing to say became %s", got)
	}
}

func TestThePixelStandsAtTheEnd(t *testing.T) {
	t.Parallel()
	got := message.WithPixel("<body><p>Hi</p></BODY></html>", "https://l.example/o/1.gif?a&b")
	if !strings.HasPrefix(got, `<body><p>Hi</p><img src="https://l.example/o/1.gif?a&amp;b" width="1"`) || !strings.HasSuffix(got, "</BODY></html>") {
		t.Error(got)
	}
}

// Whatever a page holds, a browser sees the same of it, but for where its links lead; led back, they lead where they did.
func TestAPageStaysWhatItWas(t *testing.T) {
	t.Parallel()
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"<a href='https://a.example/?x=1&amp;y=%22'>", "<a title=\"a>b\" href=https://b.example/é>", "</a>", "<a href=mailto:x@y.example>", "<!--", "-->", "<style>", "</style>", "<script>", "</script>", "<b", ">", "\"", "&amp;", "<AREA HREF=\" http://c.example \">", "<textarea>", "<![CDATA["}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		page := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		there := message.Relink(page, func(link string) string { return "https://l.example/?to=" + url.QueryEscape(link) })
		back := message.Relink(there, func(link string) string {
			u, _ := url.Parse(link)
			return u.Query().Get("to")
		})
		if got, want := tokens(back), tokens(page); got != want {
			t.Fatalf("%q became %q\n got %s\nwant %s", page, there, got, want)
		}
		if same := message.Relink(page, func(link string) string { return link }); !strings.Contains(page, "HREF=\" ") && same != page {
			t.Fatalf("%q became %q and no link of it changed", page, same)
		}
	})
}

// tokens are what a page means, with links as they are read: without the spaces around them.
func tokens(page string) string {
	var all strings.Builder
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		tag := z.Token()
		for i, a := range tag.Attr {
			if a.Key == "href" {
				tag.Attr[i].Val = strings.TrimSpace(a.Val)
			}
		}
		all.WriteString(tag.String())
	}
	return all.String()
}

func FuzzRelink(f *testing.F) {
	f.Add(`<p><a href="https://acme.example/?a=1&amp;b">x</a></p>`)
	f.Add("<a href=https://b.example\x00><style><a href='https://c.example'>")
	f.Fuzz(func(t *testing.T, page string) {
		count := 0
		there := message.Relink(page, func(string) string { count++; return "https://l.example/x" })
		if count == 0 && there != page {
			t.Fatalf("%q became %q and no link was found", page, there)
		}
		if n := strings.Count(there, "https://l.example/x"); n < count {
			t.Fatalf("of %d links %d were led elsewhere", count, n)
		}
	})
}
