package message

import "slices"

// way is which of several branches a reading takes.
type way int

const (
	eachBranch    way = iota // each of them, one after the other
	longestBranch            // the one with most of what is measured: the worst that a reader can get
)

// reading goes through a template's text as a reader would, without its values.
type reading struct {
	template *Template
	way      way
	measure  func(text string) int
	mask     tagMask
	trail    []string // partials being read
	pieces   int
}

// maxPieces keeps partials within partials from making a reading long.
const maxPieces = 20_000

// seen is all that a reader sees: what stands around the body first.
func (t *Template) seen(w way, measure func(string) int) []seen {
	r := &reading{template: t, way: w, measure: measure}
	var pieces []seen
	for _, name := range []string{"subject", "preheader", "title"} {
		if d := t.fields[name]; d != nil {
			pieces = append(pieces, r.nodes(d, d.nodes, false)...)
		}
	}
	return append(pieces, r.body()...)
}

func (r *reading) body() []seen {
	return r.nodes(r.template.body, r.template.body.nodes, r.template.Format == HTML)
}

func (r *reading) nodes(d *document, nodes []any, html bool) []seen {
	var pieces []seen
	for _, n := range nodes {
		switch n := n.(type) {
		case textNode:
			text := n.text
			if html {
				text = r.mask.visible(text)
			}
			if r.pieces++; r.pieces <= maxPieces {
				pieces = append(pieces, seen{d, n.at, text})
			}
		case ifNode:
			var branches [][]any
			for _, b := range n.branches {
				branches = append(branches, b.body)
			}
			pieces = append(pieces, r.branches(d, branches, html)...)
		case caseNode:
			var branches [][]any
			for _, w := range n.whens {
				branches = append(branches, w.body)
			}
			pieces = append(pieces, r.branches(d, branches, html)...)
		case forNode:
			pieces = append(pieces, r.branches(d, [][]any{n.body, n.none}, html)...)
		case captureNode:
			pieces = append(pieces, r.nodes(d, n.body, html)...)
		case includeNode:
			pieces = append(pieces, r.include(n, html)...)
		}
	}
	return pieces
}

// branches reads one of them, or all. Whatever is taken, a tag that was open before is open after.
func (r *reading) branches(d *document, branches [][]any, html bool) []seen {
	var pieces []seen
	most := -1
	before, after := r.mask, r.mask
	for _, body := range branches {
		r.mask = before
		read := r.nodes(d, body, html)
		if r.way == eachBranch {
			pieces = append(pieces, read...)
			after = r.mask
			continue
		}
		sum := 0
		for _, p := range read {
			sum += r.measure(p.text)
		}
		if sum > most {
			most, pieces, after = sum, read, r.mask
		}
	}
	r.mask = after
	return pieces
}

func (r *reading) include(n includeNode, html bool) []seen {
	partial := r.template.partials[n.partial]
	if partial == nil || len(r.trail) == maxFiles || slices.Contains(r.trail, n.partial) || r.pieces > maxPieces {
		return nil
	}
	r.trail = append(r.trail, n.partial)
	pieces := r.nodes(partial, partial.nodes, html)
	r.trail = r.trail[:len(r.trail)-1]
	return pieces
}
