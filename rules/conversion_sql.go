package rules

import "strconv"

// string writes string(): the text that a value is written as.
func (t *translation) string(x term) term {
	var text string
	switch x.kind {
	case String:
		return x
	case Bool:
		text = "(" + t.asBool(x) + ")::text"
	case Number:
		text = t.numberText(x)
	case Date:
		text = sqlCall("date_text", t.asDate(x))
	case Duration:
		text = sqlCall("span_text", t.asSpan(x))
	case Unknown:
		text = sqlCall("string", x.text)
	default:
		return nothing()
	}
	return term{kind: String, text: text}
}

// numberText writes numberText.
func (t *translation) numberText(x term) string {
	if f, ok := x.value.(float64); ok && x.constant {
		return t.arg("text", numberText(f))
	}
	return sqlCall("number_text", t.asDouble(x))
}

// double writes double().
func (t *translation) double(x term) term {
	switch x.kind {
	case Number:
		return x
	case Date:
		return term{kind: Number, text: sqlCall("seconds", t.asDate(x))}
	case Duration:
		return term{kind: Number, text: sqlCall("seconds", t.asSpan(x))}
	case String, Unknown:
		return term{kind: Number, text: sqlCall("to_number", t.asJSON(x))}
	}
	return nothing()
}

// whole writes int() and uint().
func (t *translation) whole(x term, least float64) term {
	from := t.arg("double precision", strconv.FormatFloat(least, 'g', -1, 64))
	if x.kind == String || x.kind == Unknown {
		return term{kind: Number, text: sqlCall("whole", t.asJSON(x), from)}
	}
	number := t.double(x)
	if number.absent {
		return nothing()
	}
	return term{kind: Number, text: sqlCall("whole", t.asDouble(number), from)}
}

// truth writes bool().
func (t *translation) truth(x term) term {
	switch x.kind {
	case Bool:
		return x
	case String, Unknown:
		return term{kind: Bool, text: sqlCall("to_bool", t.asJSON(x))}
	}
	return nothing()
}

// typeOf writes type().
func (t *translation) typeOf(x term) term {
	switch x.kind {
	case Unknown:
		return term{kind: Type, text: sqlCall("type", x.text)}
	case Number:
		return term{kind: Type, text: "(case when " + all(x.present()) + " then 'double' end)"}
	}
	return term{kind: Type, text: "(case when " + all(x.present()) + " then '" + string(x.kind) + "' end)"}
}

// size writes size().
func (t *translation) size(x term) term {
	switch x.kind {
	case String:
		return term{kind: Number, decimal: true, text: "length(" + t.asText(x) + ")"}
	case List, Map, Unknown:
		return term{kind: Number, decimal: true, text: sqlCall("size", t.asJSON(x))}
	}
	return nothing()
}
