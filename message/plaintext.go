package message

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText writes an HTML page as a person would in a plain e-mail: headings and paragraphs apart,
// links as "text (url)", lists with their marks, images by their alternative text.
//
// It reads tokens and builds no tree, so that its cost grows with the page alone, however the page
// nests.
func PlainText(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	w := &writer{}
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: reading from a string does not fail otherwise
			return w.text()
		case html.TextToken:
			w.words(string(z.Text()))
		case html.StartTagToken:
			w.open(tagOf(z))
		case html.SelfClosingTagToken:
			t := tagOf(z)
			w.open(t)
			w.close(t.atom)
		case html.EndTagToken:
			w.close(tagOf(z).atom)
		}
	}
}

// tag is as much of a tag as plain text has use for.
type tag struct {
	atom      atom.Atom
	href, alt string // the first of each
	hidden    bool   // by its style
}

// tagOf reads the tag that the tokenizer stands at, and makes nothing of the attributes that it does not need.
func tagOf(z *html.Tokenizer) (t tag) {
	name, more := z.TagName()
	t.atom = atom.Lookup(name)
	var href, alt, style bool
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch {
		case string(key) == "href" && !href:
			t.href, href = string(value), true
		case string(key) == "alt" && !alt:
			t.alt, alt = string(value), true
		case string(key) == "style" && !style:
			t.hidden, style = hides(value), true
		}
	}
	return t
}

// hides reports a style that hides its element, as those of preheaders and pixels do.
func hides(style []byte) bool {
	const property, value = "display", "none"
	for {
		i := bytes.IndexAny(style, "dD")
		if i < 0 || len(style)-i < len(property) {
			return false
		}
		style = style[i:]
		if !bytes.EqualFold(style[:len(property)], []byte(property)) {
			style = style[1:]
			continue
		}
		style = bytes.TrimLeft(style[len(property):], white)
		if len(style) == 0 || style[0] != ':' {
			continue
		}
		after := bytes.TrimLeft(style[1:], white)
		if len(after) >= len(value) && bytes.EqualFold(after[:len(value)], []byte(value)) {
			return true
		}
	}
}

const white = " \t\r\n\f"

// writer writes words, and before them the white space that is owed.
type writer struct {
	b      strings.Builder
	breaks int  // line breaks owed
	space  bool // a space is owed
	mark   string

	hidden  atom.Atom // the element whose content is not shown
	nested  int       // its namesakes within it
	lists   []list
	link    string
	linkAt  int // where the link's text began
	verbose int // <pre> elements open
}

type list struct {
	ordered bool
	next    int
}

const maxIndent = 6

func (w *writer) text() string {
	lines := strings.Split(strings.TrimSpace(w.b.String()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// words writes running text; white space in HTML is one space, but in <pre>.
func (w *writer) words(s string) {
	if w.hidden != 0 {
		return
	}
	s = strings.ReplaceAll(s, "\u00a0", " ")
	if w.verbose > 0 {
		w.put(s)
		return
	}
	fields := strings.Fields(s)
	if len(fields) == 0 {
		w.space = w.space || s != ""
		return
	}
	if strings.TrimLeft(s[:1], white) == "" {
		w.space = true
	}
	w.put(strings.Join(fields, " "))
	w.space = strings.TrimLeft(s[len(s)-1:], white) == ""
}

func (w *writer) put(s string) {
	indent := strings.Repeat("  ", min(max(len(w.lists)-1, 0), maxIndent))
	switch {
	case w.b.Len() == 0:
		w.b.WriteString(indent)
	case w.breaks > 0:
		w.b.WriteString(strings.Repeat("\n", w.breaks) + indent)
	case w.space:
		w.b.WriteByte(' ')
	}
	w.b.WriteString(w.mark + s)
	w.breaks, w.space, w.mark = 0, false, ""
}

// owe wants at least n line breaks before the next word.
func (w *writer) owe(n int) {
	if n > 0 {
		w.breaks, w.space = max(w.breaks, n), false
	}
}

func (w *writer) open(t tag) {
	if w.hidden != 0 {
		if t.atom == w.hidden {
			w.nested++
		}
		return
	}
	if t.hidden {
		if !void(t.atom) {
			w.hidden = t.atom
		}
		return
	}
	switch t.atom {
	case atom.Head, atom.Style, atom.Script, atom.Title, atom.Template, atom.Noscript:
		w.hidden = t.atom
		return
	case atom.Br:
		w.breaks++
		w.space = false
	case atom.Hr:
		w.owe(2)
		w.put("----")
		w.owe(2)
	case atom.Img:
		if alt := strings.Join(strings.Fields(t.alt), " "); alt != "" {
			w.put(alt)
		}
	case atom.A:
		w.link = strings.TrimSpace(t.href)
		w.linkAt = w.b.Len()
	case atom.Ul, atom.Ol:
		if len(w.lists) == 0 {
			w.owe(2)
		}
		w.lists = append(w.lists, list{ordered: t.atom == atom.Ol, next: 1})
	case atom.Li:
		w.owe(1)
		w.mark = "- "
		if n := len(w.lists); n > 0 && w.lists[n-1].ordered {
			w.mark = strconv.Itoa(w.lists[n-1].next) + ". "
			w.lists[n-1].next++
		}
	case atom.Pre:
		w.verbose++
		w.owe(2)
	case atom.Td, atom.Th:
		w.space = true
	default:
		w.owe(gap(t.atom))
	}
}

func (w *writer) close(a atom.Atom) {
	if w.hidden != 0 {
		if a == w.hidden {
			if w.nested--; w.nested < 0 {
				w.hidden, w.nested = 0, 0
			}
		}
		return
	}
	switch a {
	case atom.A:
		w.closeLink()
	case atom.Ul, atom.Ol:
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
		if len(w.lists) == 0 {
			w.owe(2)
		}
	case atom.Li:
		w.owe(1)
		w.mark = ""
	case atom.Pre:
		w.verbose = max(w.verbose-1, 0)
		w.owe(2)
	case atom.Br, atom.Hr, atom.Img:
	default:
		w.owe(gap(a))
	}
}

// closeLink adds the address that the link's text does not tell already.
func (w *writer) closeLink() {
	link := w.link
	w.link = ""
	if link == "" || strings.HasPrefix(link, "#") {
		return
	}
	shown := strings.TrimSpace(w.b.String()[min(w.linkAt, w.b.Len()):])
	address := strings.TrimPrefix(strings.TrimPrefix(link, "mailto:"), "tel:")
	switch {
	case strings.EqualFold(shown, address) || strings.EqualFold(shown, strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/")):
	case shown == "":
		w.put(address)
	default:
		space := w.space
		w.space = true
		w.put("(" + address + ")")
		w.space = space
	}
}

// gap is the line breaks around an element.
func gap(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Table, atom.Figure:
		return 2
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Address,
		atom.Dt, atom.Dd, atom.Center, atom.Body, atom.Html:
		return 1
	}
	return 0
}

// void elements have no end tag to wait for.
func void(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Col, atom.Wbr, atom.Source, atom.Area, atom.Base, atom.Embed, atom.Track, atom.Param:
		return true
	}
	return false
}
