package tracking

import (
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may lie in each other within one field of an item.
const maxDepth = 32

// Storable says why a JSON value, though it is valid JSON, cannot be kept: its text has a NUL or
// half of a surrogate pair, which Postgres' jsonb has no room for and Go's decoder would quietly
// replace; it is not UTF-8; or it is nested too deeply. It looks at the raw bytes, as these are gone
// after decoding.
func Storable(raw []byte) error {
	if !utf8.Valid(raw) {
		return fmt.Errorf("is not UTF-8; send text as UTF-8")
	}
	depth, inText := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inText && c == '\\':
			i++
			if i >= len(raw) || raw[i] != 'u' {
				continue
			}
			unit := hex4(raw, i+1)
			i += 4
			switch {
			case unit == 0:
				return fmt.Errorf(`has a NUL character (\u0000), which cannot be stored; remove it`)
			case unit >= 0xDC00 && unit <= 0xDFFF:
				return halfPair(unit)
			case unit >= 0xD800 && unit <= 0xDBFF:
				low := -1
				if i+2 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					low = hex4(raw, i+3)
				}
				if low < 0xDC00 || low > 0xDFFF {
					return halfPair(unit)
				}
				i += 6
			}
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("is nested more than %d levels deep; flatten it", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func halfPair(unit int) error {
	return fmt.Errorf(`has half of a surrogate pair (\u%04x), which is no character; it was probably cut in the middle of an emoji: remove it`, unit)
}

// hex4 reads the four digits of a \u escape, -1 if there are none.
func hex4(raw []byte, at int) int {
	if at+4 > len(raw) {
		return -1
	}
	unit := 0
	for _, c := range raw[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		unit = unit<<4 | int(c)
	}
	return unit
}
