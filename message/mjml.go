package message

import (
	mjml "github.com/mixtapehq/mixtape/markup"
)

// mjml compiles the markup that begins at an offset of the file and reads the Liquid of what came of
// it. Whatever is said of a place in there is said of the place in the file that it came from.
func (s *source) mjml(body int) *document {
	page, problems := mjml.Compile(s.text[body:])
	for _, p := range problems {
		s.problem(body+p.At, "%s", p.Message)
	}
	if len(problems) > 0 { // told already; the Liquid in it is read for what is wrong with that, too
		return s.parse(s.text[body:], body)
	}
	compiled := *s
	compiled.origin = func(offset int) int { return body + page.Origin(offset) }
	return compiled.parse(page.HTML, 0)
}
