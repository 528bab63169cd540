// Package spelling finds the name that was probably meant where one was written that nobody knows,
// and says so: what lint suggests of fields, attributes, filters, functions and the like.
package spelling

import (
	"strings"
	"unicode/utf8"
)

const (
	// longest is how many letters a word that is compared has at most. No name has more, and the
	// comparison takes as many steps as one word has letters times those of the other.
	longest = 64
	// most is how many slips there may be: with more, first_name would be meant by last_name.
	most = 2
	// stem is how many letters tell of a name that begins with them.
	stem = 4
)

// Nearest is the name that was probably meant by word, whatever the case of letters: the one with
// the fewest slips between them, two at most and no more than half of the word's letters; else one
// that goes on where word ends, as renews_at does for renews. Of several it is the first, of none "".
func Nearest(word string, names []string) string {
	typed := []rune(strings.ToLower(word))
	if len(typed) > longest {
		return ""
	}
	best, least := "", 1+min(len(typed)/2, most)
	for _, name := range names {
		if !near(len(typed), utf8.RuneCountInString(name)) {
			continue
		}
		if n := slips(typed, []rune(strings.ToLower(name))); n < least {
			best, least = name, n
		}
	}
	if best != "" || len(typed) < stem {
		return best
	}
	for _, name := range names {
		if strings.HasPrefix(strings.ToLower(name), string(typed)) {
			return name
		}
	}
	return ""
}

// Instead is what to write for a word that is none of the names: the nearest, else any of them.
func Instead(word string, names []string) string {
	if near := Nearest(word, names); near != "" {
		return near
	}
	return Listed(names)
}

// Listed writes names as "a, b or c".
func Listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// near tells whether words of these lengths can be few slips apart. Lower case may be as many letters more or
// less only in a few alphabets, which then find no suggestion.
func near(a, b int) bool { return a-b <= most && b-a <= most }

// slips counts the letters that were left out, put in, mistaken for another or swapped with their
// neighbour (optimal string alignment).
func slips(a, b []rune) int {
	if len(b) > longest {
		return longest
	}
	// A row for each letter of a: n[j] is the distance from its beginning to the first j letters of b. Once two
	// rows are more than most away, so are all behind them.
	var rows [3][longest + 1]int
	before, last, n := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
	for j := range n {
		n[j] = j
	}
	var closest, earlier int
	for i := range a {
		before, last, n = last, n, before
		n[0] = i + 1
		earlier, closest = closest, i+1
		for j := range b {
			mistaken := last[j]
			if a[i] != b[j] {
				mistaken++
			}
			n[j+1] = min(mistaken, last[j+1]+1, n[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				n[j+1] = min(n[j+1], before[j-1]+1)
			}
			closest = min(closest, n[j+1])
		}
		if closest > most && earlier > most {
			return longest
		}
	}
	return n[len(b)]
}
