package document_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/document"
)

func TestValue(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]any{
		"1":                    1.0,
		"-0.5":                 -0.5,
		"1e3":                  1000.0,
		"9007199254740992":     9007199254740992.0,
		"true":                 true,
		"false":                false,
		"null":                 nil,
		"~":                    nil,
		"":                     nil,
		"text":                 "text",
		"'1'":                  "1",
		`"true"`:               "true",
		"'null'":               "null",
		"''":                   "",
		"2026-03-27":           "2026-03-27",
		"2026-03-27T18:00:00Z": "2026-03-27T18:00:00Z",
		"21:00":                "21:00",
		"no":                   "no",
		"1.2.3":                "1.2.3",
		"[1, [a, null], {}]":   []any{1.0, []any{"a", nil}, map[string]any{}},
		"{a: {b: [1]}, 2: c}":  map[string]any{"a": map[string]any{"b": []any{1.0}}, "2": "c"},
	} {
		r, root, problems := reading(t, "it: "+source+"\n")
		got, ok := r.Value(root.Get("it"))
		if diff := cmp.Diff(want, got); diff != "" || !ok || len(*problems) > 0 {
			t.Errorf("%q: %t %q (-want +got):\n%s", source, ok, *problems, diff)
		}
	}
}

// What one reader of YAML takes for a number and another for text is for the author to say.
func TestDoubtfulValues(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"010":              `write "010"`,
		"+1":               `write "+1"`,
		".5":               `write ".5"`,
		"5.":               `write "5."`,
		"1_000":            `write "1_000"`,
		"0x1F":             `write "0x1F"`,
		"0o17":             `write "0o17"`,
		".inf":             `write ".inf"`,
		"-.inf":            `write "-.inf"`,
		".nan":             `write ".nan"`,
		"True":             `write "True"`,
		"FALSE":            `write "FALSE"`,
		"1e400":            `write "1e400"`,
		"9007199254740993": `more digits than a number keeps; write "9007199254740993"`,
		"[a, {b: [010]}]":  "1:14: ",
		"{a: 1, a: 2}":     "a stands here twice",
	} {
		r, root, problems := reading(t, "it: "+source+"\n")
		if _, ok := r.Value(root.Get("it")); ok || len(*problems) != 1 || !strings.Contains((*problems)[0], want) {
			t.Errorf("%q: want %q, got %t %q", source, want, ok, *problems)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	r, root, problems := reading(t, "good: { plan: null, seats: 3 }\nbad: [1]\n")
	same(t, "values", map[string]any{"plan": nil, "seats": 3.0}, r.Values(root.Get("good"), "good"))
	if r.Values(root.Get("bad"), "bad") != nil {
		t.Error("a list has no names")
	}
	same(t, "problems", []string{"2:6: bad is a list; write name: value pairs"}, *problems)
}

// TestJSONIsReadAsItIs: any JSON is YAML, and means the same.
func TestJSONIsReadAsItIs(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[ -~é€😀]{0,8}`)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{
			rapid.Just[any](nil), rapid.Bool().AsAny(), word.AsAny(),
			rapid.Map(rapid.Int32(), func(n int32) any { return float64(n) }),
			rapid.Map(rapid.Float64(), func(x float64) any { return x }),
		}
		if depth > 0 {
			kinds = append(kinds,
				rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(all []any) any { return all }),
				rapid.Map(rapid.MapOfN(word, value(depth-1), 0, 4), func(all map[string]any) any { return all }))
		}
		return rapid.OneOf(kinds...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		source, err := json.Marshal(map[string]any{"it": value(3).Draw(rt, "value")})
		if err != nil {
			rt.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(source, &want); err != nil {
			rt.Fatal(err)
		}
		root, err := document.Read(source)
		if err != nil {
			rt.Fatalf("%s: %v", source, err)
		}
		if diff := cmp.Diff(want["it"], root.Get("it").Value()); diff != "" {
			rt.Fatalf("%s (-want +got):\n%s", source, diff)
		}
	})
}
