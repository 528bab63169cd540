package message

import (
	"fmt"
	"html"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// RenderError is why a template could not be rendered for one person, and where. Its text never
// holds a value of that person's data.
type RenderError struct{ Problem }

func (e *RenderError) Error() string { return e.String() }

// Render makes the message. Absent values are empty. The only errors are *RenderError.
func (t *Template) Render(d Data) (out Rendered, err error) {
	r := &run{meter: &meter{}, now: d.Now, zone: d.Zone, partials: t.partials, names: t.filters, cycles: map[string]int{}}
	if r.zone == nil {
		r.zone = time.UTC
	}
	defer func() {
		// The expression library raises what it did not foresee; a message must not end a process.
		if p := recover(); p != nil {
			out, err = Rendered{}, t.fail("this template cannot be rendered with what is known of this person")
		}
	}()
	if err := t.give(r, d); err != nil {
		return Rendered{}, err
	}
	out = Rendered{Topic: t.Topic}
	for name, to := range map[string]*string{"subject": &out.Subject, "preheader": &out.Preheader, "from": &out.From,
		"title": &out.Title, "link": &out.Link, "image": &out.Image} {
		if *to, err = t.line(r, name); err != nil {
			return Rendered{}, err
		}
	}
	if t.Channel == "email" && out.Subject == "" {
		return Rendered{}, t.fail("the subject came out empty; write `default` where a value may be absent")
	}
	body, err := r.render(t.body, t.Format == HTML)
	if err != nil {
		return Rendered{}, err
	}
	if t.Format == HTML {
		out.HTML = body
	} else {
		out.Text = body
	}
	t.finish(&out, d.Links.Unsubscribe)
	return out, nil
}

func (t *Template) fail(format string, args ...any) error {
	return &RenderError{Problem{t.File, 1, 1, fmt.Sprintf(format, args...)}}
}

// give fills the scope that every document of the template starts from.
func (t *Template) give(r *run, d Data) error {
	r.catalogs = d.Catalogs
	r.given = map[string]any{"now": d.Now, "unsubscribe_url": d.Links.Unsubscribe, "preferences_url": d.Links.Preferences}
	size := 0
	for name, data := range map[string]map[string]any{"user": d.User, "event": d.Event, "entry": d.Entry, "results": d.Results, "brand": d.Brand, "previous": sent(d.Previous), "affinity": d.Computed["affinity"], "score": d.Computed["score"], "trending": d.Computed["trending"]} {
		if size += weigh(data, maxInput); size > maxInput {
			return t.fail("more is given to this template than a message can hold (%d KB)", maxInput>>10)
		}
		r.given[name] = native(data, 0)
	}
	r.meter.heaviest = size
	return nil
}

// render renders one document in a scope of its own.
func (r *run) render(d *document, escape bool) (string, error) {
	if d == nil {
		return "", nil
	}
	r.document, r.html, r.out = d, escape, &strings.Builder{}
	r.scope(maps.Clone(r.given))
	if err := r.walk(d.nodes); err != nil {
		return "", r.fault(0, err)
	}
	text := r.out.String()
	for _, open := range []string{"{{", "{%"} {
		if strings.Contains(text, open) {
			return "", r.fault(0, limit("`"+open+"` would be seen by the reader: a value holds a template of its own"))
		}
	}
	return text, nil
}

// line renders a field of the front matter as one line: a line break in a value must never begin a
// header of its own.
func (t *Template) line(r *run, name string) (string, error) {
	text, err := r.render(t.fields[name], false)
	return oneLine(text), err
}

// printable drops what no reader can see and no database can hold.
func printable(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, invisible) {
		return text
	}
	return strings.Map(func(c rune) rune {
		if invisible(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, ""))
}

func invisible(c rune) bool {
	return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t'
}

func oneLine(text string) string {
	clean := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(clean), " ")
}

// finish adds what every e-mail needs and derives the text.
func (t *Template) finish(out *Rendered, unsubscribe string) {
	out.HTML, out.Text = printable(out.HTML), printable(out.Text)
	if t.Channel != "email" {
		out.Text = strings.TrimSpace(out.Text)
		return
	}
	footer := out.Topic != "" && unsubscribe != ""
	if out.HTML != "" {
		if out.Text = PlainText(out.HTML); footer && !strings.Contains(out.HTML, html.EscapeString(unsubscribe)) && !strings.Contains(out.HTML, unsubscribe) {
			out.HTML = insert(out.HTML, "</body>", `<p style="font-size:12px;color:#666"><a href="`+html.EscapeString(unsubscribe)+`">Unsubscribe</a></p>`+"\n", false)
		}
		if out.Preheader != "" {
			out.HTML = insert(out.HTML, "<body", `<div style="display:none;max-height:0;overflow:hidden">`+html.EscapeString(out.Preheader)+"</div>\n", true)
		}
	}
	if footer && !strings.Contains(out.Text, unsubscribe) {
		out.Text = strings.TrimRight(out.Text, "\n") + "\n\n--\nUnsubscribe: " + unsubscribe
	}
	out.Text = strings.TrimSpace(out.Text) + "\n"
}

// insert puts a piece before a closing tag, or after an opening one; where there is no such tag, at
// the end or the beginning.
func insert(page, tag, piece string, after bool) string {
	i := lastTag(page, tag)
	switch {
	case after && i >= 0:
		if end := strings.IndexByte(page[i:], '>'); end >= 0 {
			i += end + 1
			return page[:i] + "\n" + piece + page[i:]
		}
		return piece + page
	case after:
		return piece + page
	case i >= 0:
		return page[:i] + piece + page[i:]
	}
	return strings.TrimRight(page, "\n") + "\n" + piece
}

// lastTag is where a tag, in letters of either case, stands last; -1: nowhere.
func lastTag(page, tag string) int {
	for end := len(page); ; {
		i := strings.LastIndexByte(page[:end], '<')
		if i < 0 || len(page)-i >= len(tag) && strings.EqualFold(page[i:i+len(tag)], tag) {
			return i
		}
		end = i
	}
}
