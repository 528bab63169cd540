package markup

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// compiler writes the page of a tree that has no problems.
type compiler struct {
	*reader
	*writer
	defaults map[string]map[string]value // by tag, mj-all too: what mj-attributes gives
	classes  map[string]map[string]value
	widths   []string // classes of columns, in order
	columns  map[string]string
}

// get is an attribute of an element: its own, else its classes', its tag's, everybody's, the built-in.
func (c *compiler) get(e *element, name string) value {
	if v, ok := c.said(e, name); ok {
		return v
	}
	return made(e.kind.defaults[name])
}

// maxClasses are more than anybody gives an element.
const maxClasses = 100

func (c *compiler) said(e *element, name string) (value, bool) {
	if v, ok := e.attributes[name]; ok {
		return v, true
	}
	if names, ok := e.attributes["mj-class"]; ok {
		if e.classes == nil {
			e.classes = strings.Fields(names.text)
		}
		all := e.classes
		if len(all) > maxClasses {
			all = all[:maxClasses]
		}
		for i := len(all) - 1; i >= 0; i-- {
			if v, ok := c.classes[all[i]][name]; ok {
				return v, true
			}
		}
	}
	for _, from := range []string{e.name, "mj-all"} {
		if v, ok := c.defaults[from][name]; ok {
			return v, true
		}
	}
	return value{}, false
}

// pairs are several attributes as pairs of the same names; "text-align=align" takes one by another.
func (c *compiler) pairs(e *element, names string) []pair {
	var all []pair
	for _, name := range strings.Fields(names) {
		as, from, other := strings.Cut(name, "=")
		if !other {
			from = as
		}
		all = append(all, pair{as, c.get(e, from)})
	}
	return all
}

// fixed is a pair that the compiler makes; pairs take turns of name and value.
func fixed(words ...string) []pair {
	var all []pair
	for i := 0; i+1 < len(words); i += 2 {
		all = append(all, pair{words[i], made(words[i+1])})
	}
	return all
}

func join(lists ...[]pair) []pair {
	var all []pair
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// table is how each table begins.
func table(more ...string) []pair {
	return join(fixed("border", "0", "cellpadding", "0", "cellspacing", "0", "role", "presentation"), fixed(more...))
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func px(f float64) string { return number(f) + "px" }

// parsed is the number that a text begins with.
func parsed(s string) float64 {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && end < 12 && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	f, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 0
	}
	return f
}

func whole(s string) float64 { return math.Trunc(parsed(s)) }

// padding is that of one side, in pixels.
func (c *compiler) padding(e *element, name, side string) float64 {
	if v, ok := c.said(e, name+"-"+side); ok {
		return whole(v.text)
	}
	parts := strings.Fields(c.get(e, name).text)
	if len(parts) == 0 {
		return 0
	}
	at := map[string][]int{"top": {0, 0, 0, 0}, "right": {0, 1, 1, 1}, "bottom": {0, 0, 2, 2}, "left": {0, 1, 1, 3}}
	return whole(parts[at[side][min(len(parts), 4)-1]])
}

var borderWidth = regexp.MustCompile(`(?:^| )(\d{1,6})`)

func (c *compiler) border(e *element, name, side string) float64 {
	v, ok := c.said(e, name+"-"+side)
	if !ok {
		v = c.get(e, name)
	}
	m := borderWidth.FindStringSubmatch(v.text)
	if m == nil {
		return 0
	}
	return parsed(m[1])
}

// inside is how wide the inside of an element is that is this wide.
func (c *compiler) inside(e *element, width float64) float64 {
	for _, side := range []string{"left", "right"} {
		width -= c.padding(e, "padding", side) + c.border(e, "border", side)
	}
	return width
}

// class is an element's css-class with an ending, as Outlook's tables have it.
func (c *compiler) class(e *element, ending string) []pair {
	v := c.get(e, "css-class")
	if v.text == "" || ending == "" {
		return []pair{{"class", v}}
	}
	return fixed("class", strings.Join(strings.Fields(v.text), ending+" ")+ending)
}
