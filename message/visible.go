package message

import "strings"

// tagMask tells the words of a page from its tags. It is fed the page piece by piece, as the template's
// own values lie between.
type tagMask struct {
	until string // what ends the tag, comment or hidden element that is open
	then  string // what opens once the tag has ended
}

// visible blanks what a reader does not see, byte for byte, so that offsets stay what they are.
func (m *tagMask) visible(text string) string {
	out := []byte(text)
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // letters whose small form is longer: none of them is in a tag's name
		lower = text
	}
	for i := 0; i < len(text); {
		if m.until == "" {
			open := strings.IndexByte(text[i:], '<')
			if open < 0 {
				break
			}
			i += open
			m.open(lower[i:])
			if m.until == "" { // a plain <
				i++
			}
			continue
		}
		end := len(text)
		if at := strings.Index(lower[i:], m.until); at >= 0 {
			end = i + at + len(m.until)
			m.close()
		}
		for j := i; j < end; j++ {
			if out[j] != '\n' {
				out[j] = ' '
			}
		}
		i = end
	}
	return string(out)
}

// close notes that what was open has ended. Behind the tag of a hidden element its content is hidden,
// up to the end tag, which ends as every tag does.
func (m *tagMask) close() {
	ended := m.until
	m.until, m.then = m.then, ""
	if strings.HasPrefix(ended, "</") {
		m.until = ">"
	}
}

// open notes what begins with a <.
func (m *tagMask) open(rest string) {
	switch {
	case strings.HasPrefix(rest, "<!--"):
		m.until = "-->"
	case strings.HasPrefix(rest, "<style"):
		m.until, m.then = ">", "</style"
	case strings.HasPrefix(rest, "<script"):
		m.until, m.then = ">", "</script"
	case len(rest) > 1 && (rest[1] == '/' || rest[1] == '!' || rest[1] >= 'a' && rest[1] <= 'z' || rest[1] >= 'A' && rest[1] <= 'Z'):
		m.until = ">"
	}
}
