package markup

import (
	"regexp"
	"slices"
	"strings"
)

var (
	branching = regexp.MustCompile(`^\{%-?\s*(assign|comment|endcomment|#)`)
	lengths   = regexp.MustCompile(`^\s*[0-9]+(\.[0-9]+)?(px|%)?\s*$`)
)

// measured are the attributes from which widths are computed, when the template is read.
func measured() []string {
	return words("width icon-size icon-height border border-left border-right border-width inner-border inner-border-left inner-border-right inner-padding" + sides)
}

// check tells of tags that stand where they may not, and of what widths cannot be computed from.
func (r *reader) check(top []*element) {
	pages := 0
	for _, e := range top {
		if e.liquid {
			continue
		}
		if e.name != "mjml" {
			r.problem(e.at, "<%s> stands outside <mjml>; write it within", e.name)
			continue
		}
		if pages++; pages > 1 {
			r.problem(e.at, "there is a second <mjml>; remove one")
		}
		r.within(e)
		body := slices.IndexFunc(e.children, func(c *element) bool { return c.name == "mj-body" })
		if body < 0 {
			r.problem(e.at, "there is no <mj-body>; write <mj-body> ... </mj-body> in <mjml>")
		}
	}
}

func (r *reader) within(e *element) {
	seen := map[string]bool{}
	for _, c := range e.children {
		if c.liquid {
			r.liquidIn(e, c)
			continue
		}
		once := e.name == "mjml"
		switch {
		case e.name == "mj-attributes":
			if slices.Contains(words("mjml mj-head mj-attributes mj-title mj-preview mj-style mj-font mj-raw"), c.name) {
				r.problem(c.at, "<%s> has no attributes to be given; write <mj-all>, <mj-class> or a tag of the body", c.name)
			}
		case !slices.Contains(c.kind.within, e.name):
			r.problem(c.at, "<%s> cannot stand in <%s>; write it in %s", c.name, e.name, tagsIn(c.kind.within))
		case once && seen[c.name]:
			r.problem(c.at, "there is a second <%s>; write both as one", c.name)
		}
		seen[c.name] = true
		r.values(c)
		if e.name != "mj-attributes" {
			r.within(c)
		}
	}
}

func tagsIn(names []string) string {
	if len(names) == 0 {
		return "no other"
	}
	return "<" + strings.Join(names, "> or <") + ">"
}

// liquidIn tells of Liquid where the number of things decides about their widths, or where it
// would stand between what is not shown.
func (r *reader) liquidIn(e, c *element) {
	if strings.HasPrefix(c.content.text, "<!--") || branching.MatchString(c.content.text) {
		return
	}
	switch e.name {
	case "mj-section", "mj-group":
		r.problem(c.at, "Liquid stands between the columns of <%s>, whose widths are computed before it is run; write it around the section, or in a column", e.name)
	case "mj-body", "mj-wrapper", "mj-column", "mj-social":
		if strings.HasPrefix(c.content.text, "{{") {
			r.problem(c.at, "text stands directly in <%s>; write it in <mj-text>", e.name)
		}
	case "mj-attributes", "mj-head", "mjml":
		r.problem(c.at, "Liquid stands in <%s>, which is the same for everyone; write it in the body", e.name)
	}
}

func (r *reader) values(e *element) {
	for _, name := range measured() {
		v, ok := e.attributes[name]
		if !ok {
			continue
		}
		if strings.Contains(v.text, "{{") || strings.Contains(v.text, "{%") {
			r.problem(v.at, "%s is computed with when the template is read, so it is the same for everyone; write a number in it", name)
		} else if name == "width" && e.name != "mj-button" && !lengths.MatchString(v.text) {
			r.problem(v.at, "cannot read the width %s; write 200px or 50%%", v.text)
		}
	}
	for _, name := range []string{"name", "href"} {
		if _, ok := e.attributes[name]; !ok && (e.name == "mj-font" || name == "name" && e.name == "mj-class") {
			r.problem(e.at, `<%s> wants a %s; write %s="..."`, e.name, name, name)
		}
	}
	if e.name == "mj-image" {
		if _, ok := e.attributes["src"]; !ok {
			r.problem(e.at, `<mj-image> wants a src; write src="https://..."`)
		}
	}
}
