package rules

import "github.com/google/cel-go/common/operators"

// arithmetic writes + - * / %. Numbers are added and multiplied as double precision, by functions that
// let what is out of range be absent.
func (t *translation) arithmetic(operator string, x, y term) term {
	if x.absent || y.absent {
		return nothing()
	}
	switch operator {
	case operators.Add:
		return t.add(x, y)
	case operators.Subtract:
		return t.subtract(x, y)
	case operators.Multiply:
		return t.doubles("times", x, y)
	case operators.Divide:
		return t.doubles("divided", x, y)
	}
	if !x.may(Number) || !y.may(Number) {
		return nothing()
	}
	return term{kind: Number, text: sqlCall("remainder", t.asNumeric(x), t.asNumeric(y))}
}

// may tells whether the term can be of a kind.
func (x term) may(kind Kind) bool { return !x.absent && (x.kind == kind || x.kind == Unknown) }

func (t *translation) doubles(function string, x, y term) term {
	if !x.may(Number) || !y.may(Number) {
		return nothing()
	}
	return term{kind: Number, text: sqlCall(function, t.asDouble(x), t.asDouble(y))}
}

func (t *translation) add(x, y term) term {
	switch {
	case x.kind == Duration && y.kind == Duration:
		return term{kind: Duration, text: sqlCall("span", t.asSpan(x)+" + "+t.asSpan(y))}
	case x.kind == Duration:
		return t.after(y, x, "")
	case y.kind == Duration:
		return t.after(x, y, "")
	case x.kind == Unknown && y.kind == Unknown:
		return unknownTerm(sqlCall("plus", x.text, y.text))
	}
	for _, kind := range [...]Kind{Number, String, List} {
		if !x.may(kind) || !y.may(kind) {
			continue
		}
		switch kind {
		case Number:
			return t.doubles("plus", x, y)
		case String:
			return term{kind: String, text: "(" + t.asText(x) + " || " + t.asText(y) + ")"}
		}
		return term{kind: List, text: "(" + t.asList(x) + " || " + t.asList(y) + ")"}
	}
	return nothing()
}

func (t *translation) subtract(x, y term) term {
	switch {
	case x.kind == Duration && y.kind == Duration:
		return term{kind: Duration, text: sqlCall("span", t.asSpan(x)+" - "+t.asSpan(y))}
	case y.kind == Duration:
		return t.after(x, y, "-")
	case x.kind == Duration:
		return nothing()
	case x.kind == Date || y.kind == Date:
		for _, side := range [2]term{x, y} {
			if !side.may(Date) && !side.may(String) && !side.may(Number) {
				return nothing()
			}
		}
		return term{kind: Duration, text: "(" + t.asDate(x) + " - " + t.asDate(y) + ")"}
	case x.may(Number) && y.may(Number):
		return term{kind: Number, text: sqlCall("plus", t.asDouble(x), "- "+t.asDouble(y))}
	}
	return nothing()
}

// after is a date that lies a length of time after what is read as one; sign is "-" for before.
func (t *translation) after(date, length term, sign string) term {
	if !date.may(Date) && !date.may(String) && !date.may(Number) {
		return nothing()
	}
	if fixed, ok := date.value.(instant); ok && date.constant && length.constant {
		if s, ok := length.value.(span); ok && s.months == 0 {
			if sign == "-" {
				s.us = -s.us
			}
			moved := instant{us: fixed.us + s.us}.checked()
			return term{kind: Date, constant: true, value: moved, absent: moved == nil, text: "null::timestamptz"}
		}
	}
	return term{kind: Date, text: sqlCall("after", t.asDate(date), sign+t.asSpan(length), t.zone())}
}

func (t *translation) negative(x term) term {
	switch {
	case x.absent:
	case x.kind == Duration:
		return term{kind: Duration, text: "(- " + t.asSpan(x) + ")"}
	case x.may(Number):
		if f, ok := x.value.(float64); ok && x.constant {
			return term{kind: Number, constant: true, value: -f}
		}
		text, decimal := t.asNumber(x)
		return term{kind: Number, decimal: decimal, text: "(- " + text + ")"}
	}
	return nothing()
}
