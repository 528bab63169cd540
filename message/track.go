package message

import (
	"html"
	"net/url"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Relink leads the web links of a page elsewhere: where `lead` says. Everything else stays byte for byte as it was; a tag
// whose link changes is written anew, with the same attributes.
//
// It reads tokens and builds no tree, so that it changes nothing that mail clients read otherwise than browsers do.
func Relink(page string, lead func(link string) string) string {
	z := nethtml.NewTokenizer(strings.NewReader(page))
	var out strings.Builder
	out.Grow(len(page) + len(page)/4)
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			out.Write(z.Raw()) // what is left of a tag that does not end
			return out.String()
		}
		raw := string(z.Raw()) // reading the token consumes it
		if kind != nethtml.StartTagToken && kind != nethtml.SelfClosingTagToken {
			out.WriteString(raw)
			continue
		}
		tag := z.Token()
		if relinked(&tag, lead) {
			raw = tag.String()
		}
		out.WriteString(raw)
	}
}

func relinked(tag *nethtml.Token, lead func(string) string) bool {
	if tag.DataAtom != atom.A && tag.DataAtom != atom.Area {
		return false
	}
	for i, a := range tag.Attr {
		if a.Key != "href" {
			continue
		}
		link := strings.TrimSpace(a.Val)
		if !leadsToTheWeb(link) {
			return false
		}
		tag.Attr[i].Val = lead(link)
		return tag.Attr[i].Val != link
	}
	return false
}

func leadsToTheWeb(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// WithPixel returns the page with a picture of one pixel at its end, whose loading tells that it was opened.
func WithPixel(page, address string) string {
	return insert(page, "</body>", `<img src="`+html.EscapeString(address)+`" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">`+"\n", false)
}

// UTM is what a link says of the message that it stood in, for the web's analytics; an empty name is left out.
type UTM struct{ Source, Medium, Campaign, Content string }

// Tag returns the link with what u says. What the link says itself stands, and so does everything else in it.
func (u UTM) Tag(link string) string {
	parsed, err := url.Parse(link)
	if err != nil {
		return link
	}
	said := parsed.Query()
	var query strings.Builder
	query.WriteString(parsed.RawQuery)
	for _, p := range []struct{ name, value string }{
		{"utm_source", u.Source}, {"utm_medium", u.Medium}, {"utm_campaign", u.Campaign}, {"utm_content", u.Content},
	} {
		if p.value == "" || said.Has(p.name) {
			continue
		}
		if query.Len() > 0 {
			query.WriteByte('&')
		}
		query.WriteString(p.name + "=" + url.QueryEscape(p.value))
	}
	before, fragment, found := strings.Cut(link, "#")
	before, _, _ = strings.Cut(before, "?")
	if query.Len() > 0 {
		before += "?" + query.String()
	}
	if found {
		before += "#" + fragment
	}
	return before
}
