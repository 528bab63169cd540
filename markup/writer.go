package markup

import (
	"strings"
)

// span is a stretch of the page and where in the source it comes from; of what the compiler writes
// itself that is the element it writes for.
type span struct{ out, at, length int }

// value is a text with its place in the source; one that the compiler made has none.
type value struct {
	text string
	at   int
}

func made(text string) value { return value{text, -1} }

// pair is an attribute or a declaration of a style.
type pair struct {
	name  string
	value value
}

// writer puts a page together and keeps where its parts come from.
type writer struct {
	out   strings.Builder
	spans []span
	place int // where the element that is being written stands
	mso   int // where a comment for Outlook ended, if nothing has followed
	full  bool
}

const (
	forOutlook = "<!--[if mso | IE]>"
	endOutlook = "<![endif]-->"
)

func (w *writer) put(text string, at, length int) {
	if w.full = w.full || w.out.Len()+len(text) > maxPage; w.full || text == "" {
		return
	}
	if n := len(w.spans); n == 0 || length > 0 || w.spans[n-1].length > 0 || w.spans[n-1].at != at {
		w.spans = append(w.spans, span{w.out.Len(), at, length})
	}
	w.out.WriteString(text)
}

// write adds what the compiler makes.
func (w *writer) write(text string) { w.close(); w.put(text, w.place, 0) }

// copy adds a piece of the source.
func (w *writer) copy(v value) {
	w.close()
	if v.at < 0 {
		w.put(v.text, w.place, 0)
		return
	}
	w.put(v.text, v.at, len(v.text))
}

// open begins what only Outlook reads; one such comment follows the other as one.
func (w *writer) open() {
	if w.mso > 0 {
		w.mso = 0
		return
	}
	w.put(forOutlook, w.place, 0)
}

func (w *writer) shut() { w.mso = 1 }

func (w *writer) close() {
	if w.mso > 0 {
		w.mso = 0
		w.put(endOutlook+"\n", w.place, 0)
	}
}

// outlook writes a piece that only Outlook reads.
func (w *writer) outlook(write func()) {
	w.open()
	write()
	w.shut()
}

// tag writes an opening tag; empty attributes are left out.
func (w *writer) tag(name string, pairs ...pair) {
	if w.full {
		return
	}
	w.write("<" + name)
	for _, p := range pairs {
		if p.value.text == "" && p.name != "alt" {
			continue
		}
		w.write(" " + p.name + `="`)
		w.quoted(p.value)
		w.write(`"`)
	}
	w.write(">")
}

// styled is tag with a style.
func (w *writer) styled(name string, style []pair, pairs ...pair) {
	if w.full {
		return
	}
	w.write("<" + name)
	for _, p := range pairs {
		if p.value.text == "" && p.name != "alt" {
			continue
		}
		w.write(" " + p.name + `="`)
		w.quoted(p.value)
		w.write(`"`)
	}
	wrote := false
	for _, p := range style {
		if p.value.text == "" {
			continue
		}
		if !wrote {
			w.write(` style="`)
			wrote = true
		}
		w.write(p.name + ":")
		w.quoted(p.value)
		w.write(";")
	}
	if wrote {
		w.write(`"`)
	}
	w.write(">")
}

// quoted writes a value between double quotes, of which it must have none itself outside Liquid.
func (w *writer) quoted(v value) {
	rest := v
	for rest.text != "" {
		i := strings.IndexByte(rest.text, '"')
		if i < 0 {
			break
		}
		from, to := -1, -1
		if strings.IndexByte(rest.text[:i], '{') >= 0 { // else a search of all the rest, for each quote
			from, to = liquid(rest.text, 0)
		}
		if from >= 0 && from < i {
			w.copy(value{rest.text[:to], rest.at})
			rest = rest.from(to)
			continue
		}
		w.copy(value{rest.text[:i], rest.at})
		w.write("&quot;")
		rest = rest.from(i + 1)
	}
	if rest.text != "" {
		w.copy(rest)
	}
}

func (v value) from(i int) value {
	if v.at >= 0 {
		v.at += i
	}
	v.text = v.text[i:]
	return v
}
