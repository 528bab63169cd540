package journey

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/document"
)

// call is the step that asks a web service.
type call struct {
	leaf
	passing
	CallStep
	at map[string]*document.Node // where its templates stand, for those who check them
}

// The time that one attempt may take.
const (
	callTimeout        = 10 * time.Second
	longestCallTimeout = 30 * time.Second
)

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func readCall(c *compiler, s *step, n *document.Node) body {
	b := &call{CallStep: CallStep{ID: s.id, Timeout: callTimeout, Headers: map[string]string{}}, at: map[string]*document.Node{}}
	f, ok := c.Mapping(n, "a call", "{url: https://api.example.com/scores}")
	if !ok {
		return b
	}
	text := func(v *document.Node, what, example string) string {
		t, _ := c.Text(v, what, example)
		if v != nil {
			b.at[what] = v
		}
		return t
	}
	url := f.Want("url", "url: and an address")
	b.URL = text(url, "url", "an address such as https://api.example.com/scores")
	if lower := strings.ToLower(b.URL); b.URL != "" && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "{{") {
		c.Fail(url, "the address begins with neither https:// nor http://; write a whole one")
	}
	if v := f.Get("body"); v != nil {
		b.Body = text(v, "body", "a text")
	}
	b.Method = "GET"
	if f.Has("body") {
		b.Method = "POST"
	}
	if v := f.Get("method"); v != nil {
		b.Method = c.OneOf(v, "method", "GET", "POST", "PUT", "PATCH", "DELETE")
	}
	if v := f.Get("headers"); v != nil {
		if _, ok := c.Mapping(v, "headers", "name: and a text"); ok {
			for _, x := range v.Fields {
				if !headerName.MatchString(x.Key.Text) {
					c.Fail(x.Key, "%q is no name of a header; write one such as Authorization", x.Key.Text)
					continue
				}
				b.Headers[x.Key.Text] = text(x.Value, "headers."+x.Key.Text, "a text")
			}
		}
	}
	if v := f.Get("save_as"); v != nil {
		if name, ok := c.Text(v, "save_as", "a name such as score"); ok {
			b.SaveAs = name
			if !idPattern.MatchString(name) {
				c.Fail(v, "the name %q is not a plain one; write small letters, digits, - and _, a letter first", name)
			}
			c.ran = append(c.ran[:len(c.ran):len(c.ran)], resultName(name))
			c.saved = append(c.saved, saved{s, name, v})
		}
	}
	if v := f.Get("timeout"); v != nil {
		if d, ok := c.duration(v, "timeout"); ok {
			b.Timeout = d.Clock
			if d.Months+d.Days != 0 || d.Clock <= 0 || d.Clock > longestCallTimeout {
				c.Fail(v, "one attempt may take from 1s to %s; write a time between", longestCallTimeout)
			}
		}
	}
	b.OnError = c.OneOf(f.Get("on_error"), "on_error", "continue", "exit")
	f.Done()
	return b
}

// saved is a name that a call gives to its answer.
type saved struct {
	by   *step
	name string
	at   *document.Node
}

// apart checks that no answer is called like a step: rules could not tell which of them is meant. A call
// may be called like an answer, as it leaves nothing else.
func (c *compiler) apart() {
	for _, a := range c.saved {
		for _, s := range c.j.order {
			if s.kind != "call" && resultName(s.id) == resultName(a.name) {
				c.at = a.by.id
				c.advise(a.at, "rules know both this answer and the step %s (line %d) as results.%s; write another name", s.id, s.at.Line, resultName(a.name))
			}
		}
	}
	c.at = ""
}

func (b *call) look(*walk, *step, bool) turn {
	ask := b.CallStep
	ask.Headers = maps.Clone(b.Headers) // nobody writes into the journey
	return turn{action: &Action{Kind: Call, Call: &ask}}
}

// CallTemplate is a Liquid template of a call step, and where it stands in the file.
type CallTemplate struct {
	Step, Field, Source string
	Line, Column        int
}

// CallTemplates are those of all call steps, in the order of the file.
func (j *Journey) CallTemplates() []CallTemplate {
	var all []CallTemplate
	for _, s := range j.order {
		b, ok := s.body.(*call)
		if !ok {
			continue
		}
		from := len(all)
		for field, at := range b.at {
			all = append(all, CallTemplate{s.id, field, at.Text, at.Line, at.Column})
		}
		slices.SortFunc(all[from:], func(a, b CallTemplate) int { return strings.Compare(a.Field, b.Field) })
	}
	return all
}
