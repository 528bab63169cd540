// Package markup compiles MJML, a markup of sections and columns, to the tables that every mail
// client shows alike. Liquid passes through untouched: a template is compiled once, when it is read,
// and rendered for each reader after that.
//
// What is made has the structure that the npm package mjml gives the same input (see testdata), except
// that it is not indented.
package markup

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing wrong with a markup, at an offset of its source.
type Problem struct {
	At      int
	Message string
}

// Page is a compiled markup: HTML that may hold Liquid.
type Page struct {
	HTML  string
	spans []span
}

// maxPage is how many bytes a compiled page has at most: attributes of mj-all are written once for
// each element, so a small source could make a page that no mail client takes.
const maxPage = 1 << 19

// maxProblems of one page are enough to see what is wrong with it.
const maxProblems = 100

// Compile makes the page of a source. It reports all that is wrong at once; the page is usable only
// if there is no problem.
func Compile(source string) (Page, []Problem) {
	r := &reader{source: source, kinds: map[string]kind{}, endless: map[string]bool{}}
	for _, k := range kinds() {
		r.kinds[k.name] = k
	}
	top := r.top()
	if len(r.problems) == 0 {
		r.check(top)
	}
	if len(r.problems) == 0 {
		w := &writer{}
		c := &compiler{reader: r, writer: w, defaults: map[string]map[string]value{}, classes: map[string]map[string]value{}}
		c.page(top)
		if w.full {
			r.problem(0, "this page comes to more than %d KB; write less of it", maxPage>>10)
		}
		if len(r.problems) == 0 {
			return Page{w.out.String(), w.spans}, nil
		}
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.At, b.At) })
	return Page{}, r.problems
}

// Origin is the offset in the source of what stands at an offset of the page.
func (p Page) Origin(offset int) int {
	i, _ := slices.BinarySearchFunc(p.spans, offset+1, func(s span, at int) int { return cmp.Compare(s.out, at) })
	if i == 0 {
		return 0
	}
	s := p.spans[i-1]
	return s.at + min(offset-s.out, s.length)
}

func (r *reader) problem(at int, format string, args ...any) {
	if r.problems = append(r.problems, Problem{at, fmt.Sprintf(format, args...)}); len(r.problems) >= maxProblems {
		r.stopped = true
	}
}
