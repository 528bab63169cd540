package importing

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/tracking"
)

// The kinds of values, as workspace.yaml declares them.
const (
	kindString = "string"
	kindNumber = "number"
	kindBool   = "bool"
	kindDate   = "date"
	kindList   = "list"
	kindMap    = "map"
)

// Kinds are what a column can be read as.
func Kinds() []string { return []string{kindString, kindNumber, kindBool, kindDate, kindList, kindMap} }

// cell reads one as a kind.
func cell(field, text, kind string) (any, *profile.Problem) {
	if bad := unkeepable(field, text); bad != nil {
		return nil, bad
	}
	wrong := func(what string) (any, *profile.Problem) {
		return nil, &profile.Problem{Field: field, Message: fmt.Sprintf("is %q; write %s", tracking.Cut(text), what)}
	}
	switch trimmed := strings.TrimSpace(text); kind {
	case kindNumber:
		var f float64
		if json.Unmarshal([]byte(trimmed), &f) != nil {
			return wrong("a number such as 12.5, with a point and nothing else")
		}
		return f, nil
	case kindBool:
		b, err := strconv.ParseBool(strings.ToLower(trimmed))
		if err != nil {
			return wrong("true or false")
		}
		return b, nil
	case kindDate:
		if _, ok := calendar.ReadDate(trimmed, time.UTC); !ok {
			return wrong("a date such as 2026-03-27 or 2026-03-27T18:00:00Z")
		}
		return trimmed, nil
	case kindList, kindMap:
		var v any
		if json.Unmarshal([]byte(trimmed), &v) != nil {
			return wrong(`a list or an object in JSON, such as ["jazz", "folk"]`)
		}
		if bad := tracking.Storable([]byte(trimmed)); bad != nil {
			return nil, &profile.Problem{Field: field, Message: bad.Error()}
		}
		_, list := v.([]any)
		_, object := v.(map[string]any)
		if kind == kindList && !list || kind == kindMap && !object {
			return wrong("a " + kind + " in JSON")
		}
		return v, nil
	}
	return text, nil
}

// unkeepable says why a text cannot be kept.
func unkeepable(field, text string) *profile.Problem {
	switch {
	case !utf8.ValidString(text):
		return &profile.Problem{Field: field, Message: "is not UTF-8; save the file as UTF-8"}
	case strings.ContainsRune(text, 0):
		return &profile.Problem{Field: field, Message: "has a NUL character, which cannot be stored; remove it"}
	}
	return nil
}
