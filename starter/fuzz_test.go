package starter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/starter"
)

// Whatever is accepted can be stored and says what its sender said: valid text without NUL, and no
// replacement characters that the sender did not write.
func FuzzItems(f *testing.F) {
	for _, seed := range []string{
		`{"type":"track","userId":"ada","event":"e","properties":{"a":[1,2,{"b":"\ud83c\udfa7"}]}}`,
		`{"type":"identify","anonymousId":"a","traits":{"email":"a@b.c","x":null},"context":{"consent":{"categoryPreferences":{"tips":false}}}}`,
		`{"type":"alias","userId":7,"previousId":"b"}`, `{"type":"group","userId":"u","groupId":"g","traits":{}}`,
		`{"type":"page","userId":"u","name":"\ud800","timestamp":"2026-01-01"}`, `{"type":"track","userId":"u","event":"\\u0000"}`,
		`{"type":"track","userId":"u","event":"\\\u0000"}`, `{"type":"screen","userId":"u","context":{"timezone":"\udc00","device":{"token":"t"}}}`,
		`{"type":"track","userId":"u","event":"e","properties":{"n":1e400}}`, "{\"type\":\"track\",\"userId\":\"\xff\",\"event\":\"e\"}", `[]`, `null`, `"`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return // a request that is no JSON is refused as a whole
		}
		ids, data, field := starter.ParseItem(raw)
		if field != "" {
			return
		}
		said := strings.Contains(string(raw), "\uFFFD") || strings.Contains(strings.ToLower(string(raw)), `\ufffd`)
		for _, id := range ids {
			storable(t, id, said)
		}
		for _, m := range data {
			for k, v := range m {
				storable(t, k, said)
				walk(t, v, said)
			}
		}
	})
}

func walk(t *testing.T, v any, said bool) {
	switch v := v.(type) {
	case string:
		storable(t, v, said)
	case []any:
		for _, x := range v {
			walk(t, x, said)
		}
	case map[string]any:
		for k, x := range v {
			storable(t, k, said)
			walk(t, x, said)
		}
	}
}

func storable(t *testing.T, s string, replaced bool) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || !replaced && strings.ContainsRune(s, utf8.RuneError) {
		t.Errorf("accepted %q", s)
	}
}
