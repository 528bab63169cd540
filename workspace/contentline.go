package workspace

import (
	"strings"
	"unicode/utf8"
)

// contentLine is one line of an iCalendar file (RFC 5545 section 3.1): NAME;PARAMETER=VALUE:VALUE.
type contentLine struct {
	line       int // in the file, where it begins
	name       string
	parameters map[string]string
	value      string
}

// unfold puts together lines that go on in the next one behind a blank.
func unfold(text string) []contentLine {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	var all []contentLine
	for i, row := range strings.Split(text, "\n") {
		if n := len(all); n > 0 && row != "" && (row[0] == ' ' || row[0] == '\t') {
			all[n-1].value += row[1:]
			continue
		}
		all = append(all, contentLine{line: i + 1, value: row})
	}
	kept := all[:0]
	for _, l := range all {
		if strings.TrimSpace(l.value) != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

// parse takes the line apart; false when it has no name and value.
func (l *contentLine) parse() bool {
	if !utf8.ValidString(l.value) {
		return false
	}
	head, value, ok := cutOutsideQuotes(l.value, ':')
	if !ok {
		return false
	}
	name, rest, more := cutOutsideQuotes(head, ';')
	l.name, l.value, l.parameters = strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(value), map[string]string{}
	for more {
		var parameter string
		parameter, rest, more = cutOutsideQuotes(rest, ';')
		key, v, _ := strings.Cut(parameter, "=")
		l.parameters[strings.ToUpper(key)] = strings.Trim(v, `"`)
	}
	return l.name != ""
}

func cutOutsideQuotes(text string, at byte) (before, after string, found bool) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == at && !quoted:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}
