package journey

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/document"
)

// Mention is a name of what people do, or of what they have, and where a journey reads it.
type Mention struct {
	Name         string
	File         string
	Line, Column int
}

// Mentions are the names that a journey reads, each where it first stands, and those that it brings
// about itself.
type Mentions struct {
	Events     []Mention
	Attributes []Mention
	Emits      []string
	Sets       []string
}

// Mentions says which names of events and attributes stand in the journey.
func (j *Journey) Mentions() Mentions { return j.mentions }

// mentionEvents notes the events that n and all in it name, outside of rules.
func (c *compiler) mentionEvents(n *document.Node) {
	for _, x := range n.Fields {
		switch x.Key.Text {
		case "event":
			for _, name := range x.Value.OneOrMore() {
				c.mention(&c.j.mentions.Events, name.Text, name.Line, name.Column)
			}
		case "emit":
			if name := x.Value.Get("event"); name != nil {
				c.j.mentions.Emits = append(c.j.mentions.Emits, name.Text)
			}
		case "update":
			if set := x.Value.Get("set"); set != nil {
				for _, to := range set.Fields {
					c.j.mentions.Sets = append(c.j.mentions.Sets, to.Key.Text)
				}
			}
		case "start", "call", "send": // what they name is theirs
		default:
			c.mentionEvents(x.Value)
		}
	}
	for _, item := range n.Items {
		c.mentionEvents(item)
	}
}

// mentionRule notes what a rule at n reads.
func (c *compiler) mentionRule(n *document.Node, r *rule) {
	for _, e := range r.reads.Events {
		line, col := c.within(n, `\bevents\(\s*["']`+regexp.QuoteMeta(e.Name)+`["']`)
		c.mention(&c.j.mentions.Events, e.Name, line, col)
	}
	for _, name := range r.reads.Attributes {
		line, col := c.within(n, "\\buser(\\.`?|\\[[\"'])"+regexp.QuoteMeta(name)+"($|[^\\w])")
		c.mention(&c.j.mentions.Attributes, name, line, col)
	}
}

func (c *compiler) mention(all *[]Mention, name string, line, col int) {
	if name != "" && !slices.ContainsFunc(*all, func(m Mention) bool { return m.Name == name }) {
		*all = append(*all, Mention{Name: name, File: c.file, Line: line, Column: col})
	}
}

// within is where a pattern first stands in a rule, or else where the rule does.
func (c *compiler) within(n *document.Node, pattern string) (line, col int) {
	found, err := regexp.Compile(pattern)
	if err != nil { // a name that is no UTF-8
		return n.Line, n.Column
	}
	at := found.FindStringIndex(n.Text)
	if at == nil {
		return n.Line, n.Column
	}
	before := n.Text[:at[0]]
	return n.Place(c.lines, 1+strings.Count(before, "\n"), 1+len([]rune(before[strings.LastIndexByte(before, '\n')+1:])))
}
