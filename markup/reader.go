package markup

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// element is a tag with what stands in it, a piece of Liquid or a comment.
type element struct {
	kind       kind
	name       string
	at         int
	attributes map[string]value
	content    value // of a raw tag
	liquid     bool  // content is a piece of Liquid, or a comment
	children   []*element
	classes    []string // of mj-class, once they were asked for
}

type reader struct {
	source       string
	next         int
	problems     []Problem
	depth        int
	endless      map[string]bool // ends of Liquid that do not follow any more
	kinds        map[string]kind
	elementCount int
	stopped      bool // enough problems are known
}

var (
	tagForm       = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9-]*)`)
	attributeForm = regexp.MustCompile(`^[^\s=<>"'/{}]+`)
	spaceForm     = regexp.MustCompile(`^[ \t\r\n]+`)
	ourTag        = regexp.MustCompile(`<mj-[a-z-]+`)
)

// liquid finds the first piece of Liquid in text from an offset on; from is negative if there is none.
func liquid(text string, offset int) (from, to int) {
	for offset < len(text) {
		i := strings.IndexByte(text[offset:], '{')
		if i < 0 || offset+i+1 >= len(text) {
			return -1, -1
		}
		from = offset + i
		end := map[byte]string{'{': "}}", '%': "%}"}[text[from+1]]
		if end != "" {
			if j := strings.Index(text[from+2:], end); j >= 0 {
				return from, from + 2 + j + 2
			}
			return -1, -1
		}
		offset = from + 1
	}
	return -1, -1
}

// piece is how long the Liquid is that stands where the reader is.
func (r *reader) piece() int {
	if r.next >= len(r.source) || r.source[r.next] != '{' {
		return 0
	}
	rest := r.source[r.next:]
	end := map[bool]string{strings.HasPrefix(rest, "{{"): "}}", strings.HasPrefix(rest, "{%"): "%}"}[true]
	if end == "" || r.endless[end] {
		return 0
	}
	i := strings.Index(rest[2:], end)
	if i < 0 {
		r.endless[end] = true // none follows: looking again would take long in a hostile source
		return 0
	}
	return 2 + i + 2
}

// top reads all of the source. Its elements are the pieces of Liquid around <mjml>, and that.
func (r *reader) top() []*element {
	elements := r.elements(nil)
	if !slices.ContainsFunc(elements, func(e *element) bool { return e.name == "mjml" }) && len(r.problems) == 0 {
		r.problem(0, "the markup begins with <mjml>; write <mjml><mj-body> ... </mj-body></mjml>")
	}
	return elements
}

// elements reads up to the end of a tag, and past it.
func (r *reader) elements(parent *element) []*element {
	var all []*element
	for r.next < len(r.source) && !r.stopped {
		rest := r.source[r.next:]
		if space := spaceForm.FindString(rest); space != "" {
			r.next += len(space)
			continue
		}
		if to := r.piece(); to > 0 {
			all = append(all, &element{at: r.next, liquid: true, content: value{rest[:to], r.next}})
			r.next += to
			continue
		}
		if strings.HasPrefix(rest, "<!--") {
			end := strings.Index(rest, "-->")
			if end < 0 {
				r.problem(r.next, "this comment is never closed; write --> after it")
				r.next = len(r.source)
				return all
			}
			all = append(all, &element{at: r.next, liquid: true, content: value{rest[:end+3], r.next}})
			r.next += end + 3
			continue
		}
		m := tagForm.FindStringSubmatch(rest)
		if m == nil {
			r.stray(parent)
			continue
		}
		if rest[1] == '/' {
			return r.end(parent, strings.ToLower(m[1]), all)
		}
		if e := r.element(strings.ToLower(m[1])); e != nil {
			all = append(all, e)
		}
	}
	if parent != nil && !r.stopped {
		r.problem(parent.at, "<%s> is never closed; write </%s>", parent.name, parent.name)
	}
	return all
}

// stray tells of text where only tags may stand, once for all of it.
func (r *reader) stray(parent *element) {
	name := "<mjml>"
	if parent != nil {
		name = "<" + parent.name + ">"
	}
	r.problem(r.next, "text stands directly in %s; write it in <mj-text>, HTML in <mj-raw>", name)
	end := strings.IndexAny(r.source[r.next+1:], "<{")
	if end < 0 {
		end = len(r.source) - r.next - 1
	}
	r.next += 1 + end
}

// end reads the end of a tag. One that ends another than the innermost is a mistake, told once.
func (r *reader) end(parent *element, name string, all []*element) []*element {
	at := r.next
	shut := strings.IndexByte(r.source[r.next:], '>')
	if shut < 0 {
		shut = len(r.source) - r.next - 1
	}
	r.next += shut + 1
	switch {
	case parent == nil:
		r.problem(at, "</%s> closes nothing; remove it", name)
		return append(all, r.elements(parent)...)
	case parent.name != name:
		r.problem(at, "</%s> stands where <%s> is to be closed; write </%s>", name, parent.name, parent.name)
	}
	return all
}

// maxElements are more than a page of an e-mail has.
const maxElements = 1000

// maxDepth is more than any tags stand within each other that may.
const maxDepth = 16

func (r *reader) element(name string) *element {
	e := &element{name: name, at: r.next, attributes: map[string]value{}}
	if r.elementCount++; r.elementCount == maxElements {
		r.problem(e.at, "this page has more than %d tags of MJML; write less of it", maxElements)
		r.stopped = true
	}
	k, known := r.kinds[name]
	if !known {
		hint := "a page's own HTML stands in <mj-raw> or <mj-text>"
		if strings.HasPrefix(name, "mj") {
			names := r.tagNames()
			if hint = "the tags are " + strings.Join(names, ", "); spelling.Nearest(name, names) != "" {
				hint = "write <" + spelling.Nearest(name, names) + ">"
			}
		}
		r.problem(e.at, "there is no tag <%s>; %s", name, hint)
	}
	e.kind = k
	r.next += 1 + len(name)
	if closed := r.attributes(e); closed {
		return e
	}
	if r.depth++; r.depth > maxDepth {
		r.problem(e.at, "more than %d tags within each other", maxDepth)
		r.next = len(r.source)
		return nil
	}
	defer func() { r.depth-- }()
	if k.raw || !known && !strings.HasPrefix(name, "mj") {
		r.raw(e)
		return e
	}
	e.children = r.elements(e)
	return e
}

func (r *reader) tagNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// raw reads a tag's HTML up to its end, which Liquid may not hold.
func (r *reader) raw(e *element) {
	from, rest := r.next, r.source[r.next:]
	end := -1
	for offset := 0; ; {
		i := strings.Index(rest[offset:], "</"+e.name)
		if i < 0 {
			break
		}
		start, stop := liquid(rest, offset)
		if start < 0 || start > offset+i {
			end = offset + i
			break
		}
		offset = stop
	}
	if end < 0 {
		r.problem(e.at, "<%s> is never closed; write </%s>", e.name, e.name)
		r.next = len(r.source)
		return
	}
	e.content = value{r.source[from : from+end], from}
	r.next = from + end
	if inner := ourTag.FindStringIndex(rest[:end]); inner != nil {
		r.problem(from+inner[0], "%s> stands within <%s>; close that before it", rest[inner[0]:inner[1]], e.name)
	}
	shut := strings.IndexByte(r.source[r.next:], '>')
	if shut < 0 {
		shut = len(r.source) - r.next - 1
	}
	r.next += shut + 1
}

// attributes reads those of a tag, and past its end; closed says that it ended in />.
func (r *reader) attributes(e *element) (closed bool) {
	for {
		rest := r.source[r.next:]
		r.next += len(spaceForm.FindString(rest))
		rest = r.source[r.next:]
		switch {
		case r.stopped:
			return true
		case strings.HasPrefix(rest, "/>"):
			r.next += 2
			return true
		case strings.HasPrefix(rest, ">"):
			r.next++
			return false
		case rest == "":
			r.problem(e.at, "<%s is never closed; write > after it", e.name)
			return true
		case strings.HasPrefix(rest, "{"):
			to := r.piece()
			r.problem(r.next, "Liquid stands between the attributes of <%s>; write it in an attribute's value", e.name)
			r.next += max(to, 1)
			continue
		}
		name := attributeForm.FindString(rest)
		if name == "" {
			r.problem(r.next, `cannot read the attributes of <%s>; write name="value"`, e.name)
			r.next++
			if end := strings.IndexByte(rest, '>'); end > 0 {
				r.next += end - 1
			}
			continue
		}
		r.attribute(e, name)
	}
}

func (r *reader) attribute(e *element, name string) {
	at := r.next
	r.next += len(name)
	rest := r.source[r.next:]
	skipped := strings.TrimLeft(rest, " \t\r\n")
	if !strings.HasPrefix(skipped, "=") {
		r.problem(at, `%s has no value; write %s="..."`, name, name)
		return
	}
	skipped = strings.TrimLeft(skipped[1:], " \t\r\n")
	r.next += len(rest) - len(skipped)
	if skipped == "" || skipped[0] != '"' && skipped[0] != '\'' {
		r.problem(at, `the value of %s stands in no quotes; write %s="..."`, name, name)
		r.next += max(r.piece(), strings.IndexAny(skipped+">", " \t\r\n/>"))
		return
	}
	quote, from := skipped[0], r.next+1
	for i := from; i < len(r.source); i++ {
		r.next = i
		if n := r.piece(); n > 0 {
			i += n - 1
			continue
		}
		if r.source[i] == quote {
			if _, twice := e.attributes[name]; twice {
				r.problem(at, "%s stands twice in <%s>; remove one", name, e.name)
			}
			e.attributes[strings.ToLower(name)] = value{r.source[from:i], from}
			r.next = i + 1
			r.known(e, strings.ToLower(name), at)
			return
		}
	}
	r.problem(at, "the value of %s is never closed; write %c after it", name, quote)
	r.next = len(r.source)
}

// known tells of an attribute that the tag does not have.
func (r *reader) known(e *element, name string, at int) {
	if e.kind.name == "" || e.name == "mj-all" || e.name == "mj-class" {
		return
	}
	names := append([]string{"css-class", "mj-class"}, e.kind.attributes...)
	if slices.Contains(names, name) {
		return
	}
	hint := "it has " + strings.Join(e.kind.attributes, ", ")
	if near := spelling.Nearest(name, names); near != "" {
		hint = "write " + near
	} else if len(e.kind.attributes) == 0 {
		hint = "it has none of its own"
	}
	r.problem(at, "<%s> has no attribute %s; %s", e.name, name, hint)
}
