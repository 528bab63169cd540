package rules

import (
	"encoding/json"
	"strings"
)

// term is a part of a rule as SQL. What is absent is null. By its kind the text is a text, a boolean, a
// numeric or double precision, a timestamptz, an interval, and for lists, maps and what is not known
// beforehand a jsonb, in which JSON's null is absent too.
type term struct {
	kind     Kind
	text     string
	absent   bool   // always
	decimal  bool   // of a number: it is numeric, or a whole number; else it is double precision
	test     bool   // of a bool: never absent, though null for false
	constant bool   // value is what it stands for; it has no text
	value    any    //
	elements []term // of a list that is written out

	attribute bool   // of the profile
	asWords   string // what a value of a map is as text, whatever it is; null where the value is absent

	raw    *term     // what it was made of: an aggregate
	of     *chainSQL // text is an aggregate of these events
	none   any       // the aggregate of none
	counts bool      // it is count()
}

func nothing() term { return term{absent: true, text: "null::jsonb"} }

func testTerm(text string) term { return term{kind: Bool, test: true, text: text} }

func unknownTerm(text string) term { return term{text: text} }

// fieldTerm is a value of a map by its key.
func fieldTerm(of, key string) term {
	return term{text: "(" + of + " -> " + key + ")", asWords: "(" + of + " ->> " + key + ")"}
}

func (t *translation) literal(v any) term {
	switch v := v.(type) {
	case nil:
		return nothing()
	case []any:
		x := term{kind: List, constant: true, value: v}
		for _, e := range v {
			x.elements = append(x.elements, t.literal(e))
		}
		if !isJSON(v) {
			x.constant = false // there are dates or the like among them: only its elements can be used
		}
		return x
	case []byte:
		return t.refuse("bytes cannot be asked of all people at once; write a text")
	}
	return term{kind: kindOf(v), constant: true, value: v}
}

func isJSON(list []any) bool {
	for _, v := range list {
		switch v := v.(type) {
		case nil, string, float64, bool:
		case []any:
			if !isJSON(v) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// holds is the term as a condition.
func (x term) holds() string {
	switch {
	case x.absent:
		return "false"
	case x.constant:
		if b, ok := x.value.(bool); ok && b {
			return "true"
		}
		return "false"
	case x.kind == Bool:
		return x.text
	case x.kind == Unknown:
		return sqlCall("bool", x.text)
	}
	return "false"
}

// present is the condition that the term is not absent; empty: it never is.
func (x term) present() string {
	switch {
	case x.absent:
		return "false"
	case x.constant, x.test, len(x.elements) > 0:
		return ""
	case x.kind == Unknown:
		return "(" + x.text + " <> 'null'::jsonb)"
	}
	return "(" + x.text + " is not null)"
}

// all joins conditions, the empty ones being true.
func all(conditions ...string) string {
	var some []string
	for _, c := range conditions {
		if c != "" {
			some = append(some, c)
		}
	}
	switch len(some) {
	case 0:
		return "true"
	case 1:
		return some[0]
	}
	return "(" + strings.Join(some, " and ") + ")"
}

// asJSON is the term as jsonb.
func (t *translation) asJSON(x term) string {
	switch {
	case x.absent:
		return "null::jsonb"
	case x.constant:
		switch x.value.(type) {
		case instant, span, typeName:
		default:
			return t.arg("jsonb", string(encoded(x.value)))
		}
	case x.test:
		return "to_jsonb((" + x.text + ") is true)"
	case len(x.elements) > 0:
		parts := make([]string, len(x.elements))
		for i, e := range x.elements {
			parts[i] = t.orNull(e)
		}
		return "jsonb_build_array(" + strings.Join(parts, ", ") + ")"
	}
	switch x.kind {
	case Unknown, List, Map:
		return x.text
	case Number, Bool, String:
		return "to_jsonb(" + x.text + ")"
	}
	t.refuse("dates and lengths of time cannot stand within others, or for either of two kinds, where it is asked of all people at once; " +
		"write the comparison with each of them, joined by ||")
	return "null::jsonb"
}

// encoded is a value as JSON. Numbers are as Go writes them: the shortest digits that mean the same, as
// everything stored is.
func encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // not JSON: it was refused before
	}
	return raw
}

// asText is the term as text; null for what is none.
func (t *translation) asText(x term) string {
	switch {
	case x.constant:
		if s, ok := x.value.(string); ok {
			return t.arg("text", s)
		}
	case x.absent:
	case x.kind == String:
		return x.text
	case x.kind == Unknown:
		return sqlCall("text", x.text)
	}
	return "null::text"
}

// asNumber is the term as a number, and whether it is numeric; null for what is none.
func (t *translation) asNumber(x term) (text string, decimal bool) {
	switch {
	case x.constant:
		if f, ok := x.value.(float64); ok {
			return t.arg("numeric", decimalText(f)), true
		}
	case x.absent:
	case x.kind == Number:
		return x.text, x.decimal
	case x.kind == Unknown:
		return sqlCall("number", x.text), true
	}
	return "null::numeric", true
}

func decimalText(f float64) string { return string(encoded(f + 0)) }

// asDouble is the term as double precision.
func (t *translation) asDouble(x term) string {
	if f, ok := x.value.(float64); ok && x.constant {
		return t.arg("double precision", decimalText(f))
	}
	text, decimal := t.asNumber(x)
	if decimal {
		return "(" + text + ")::double precision"
	}
	return text
}

// asBool is the term as a boolean that is null where it is absent.
func (t *translation) asBool(x term) string {
	switch {
	case x.constant:
		if b, ok := x.value.(bool); ok && b {
			return "true"
		} else if ok {
			return "false"
		}
	case x.test:
		return "((" + x.text + ") is true)"
	case x.absent:
	case x.kind == Bool:
		return x.text
	case x.kind == Unknown:
		return sqlCall("bool", x.text)
	}
	return "null::boolean"
}

// asNumeric is the term as a numeric: the number as it is written.
func (t *translation) asNumeric(x term) string {
	text, decimal := t.asNumber(x)
	if decimal {
		return text
	}
	return sqlCall("exact", text)
}

// asList is the term as a jsonb that is a list; null for what is none.
func (t *translation) asList(x term) string {
	if x.kind == List {
		return t.asJSON(x)
	}
	return "(case when jsonb_typeof(" + x.text + ") = 'array' then " + x.text + " end)"
}
