package rules

import "encoding/json"

// symbol is the operator in SQL.
func (op comparison) symbol() string {
	return [...]string{"=", "<>", "<", "<=", ">", ">="}[op]
}

// turned is the operator for the two values in the other order.
func (op comparison) turned() comparison {
	return [...]comparison{equal, unequal, greater, greaterOrEqual, less, lessOrEqual}[op]
}

func (t *translation) comparison(op comparison, x, y node) term {
	a, b := t.term(x), t.term(y)
	t.sole = t.top
	if text, ok := t.compareAggregate(op, a, b); ok {
		return testTerm(text)
	}
	if text, ok := t.compareAggregate(op.turned(), b, a); ok {
		return testTerm(text)
	}
	return testTerm(t.compare(op, a, b))
}

// compare writes a comparison as compare means it.
func (t *translation) compare(op comparison, x, y term) string {
	if x.absent || y.absent {
		return "false"
	}
	switch {
	case x.kind == Date || y.kind == Date:
		return t.compareDates(op, x, y)
	case x.kind == Duration || y.kind == Duration:
		if x.kind != y.kind {
			return apart(op, x, y)
		}
		return infix(op, t.asSpan(x), t.asSpan(y))
	case x.kind == Type || y.kind == Type:
		if x.kind != y.kind {
			return apart(op, x, y)
		}
		if op != equal && op != unequal {
			return "false"
		}
		return infix(op, t.asType(x), t.asType(y))
	}
	if text, ok := t.compareWords(op, x, y); ok {
		return text
	}
	if op == unequal {
		if x.kind == y.kind && x.kind != Unknown && x.kind != List && x.kind != Map {
			return t.compareKind(op, x.kind, x, y)
		}
		return all(x.present(), y.present(), "("+t.same(x, y)+") is not true")
	}
	if op == equal {
		return t.same(x, y)
	}
	switch {
	case x.kind == Unknown && y.kind == Unknown:
		return "(" + sqlCall("compare", x.text, y.text) + " " + op.symbol() + " 0)"
	case x.kind == Unknown:
		return t.compareKind(op, y.kind, x, y)
	case y.kind == Unknown || x.kind == y.kind:
		return t.compareKind(op, x.kind, x, y)
	}
	return "false"
}

// compareWords writes == and != of a value of a map and a text that stands in the rule. Where that text
// is not what any other kind of value looks like, the value may be taken for a text: nothing is faster.
func (t *translation) compareWords(op comparison, x, y term) (string, bool) {
	if y.asWords != "" {
		x, y = y, x
	}
	text, ok := y.value.(string)
	if x.asWords == "" || !y.constant || !ok || op != equal && op != unequal || json.Valid([]byte(text)) {
		return "", false
	}
	condition := infix(op, x.asWords, t.arg("text", text))
	if x.attribute && op == equal {
		condition = all(condition, shortWords(x, text))
	}
	return condition, true
}

// longestIndexed is how many bytes a text of an index on an attribute has at most, as rules.short has it.
const longestIndexed = 1000

// shortWords says of an attribute that equals one of these texts what follows from that: it is no longer
// than what its index has.
func shortWords(x term, texts ...string) string {
	for _, s := range texts {
		if len(s) >= longestIndexed {
			return ""
		}
	}
	return "(" + sqlCall("short", x.asWords) + " is not null)"
}

// apart compares values that are known to be of different kinds.
func apart(op comparison, x, y term) string {
	if op != unequal {
		return "false"
	}
	return all(x.present(), y.present())
}

func infix(op comparison, x, y string) string { return "(" + x + " " + op.symbol() + " " + y + ")" }

// compareKind compares two values of one kind, or of an unknown one that is read as it.
func (t *translation) compareKind(op comparison, kind Kind, x, y term) string {
	switch kind {
	case Number:
		a, decimal1 := t.asNumber(x)
		b, decimal2 := t.asNumber(y)
		if decimal1 && decimal2 {
			return infix(op, a, b)
		}
		return infix(op, t.asDouble(x), t.asDouble(y))
	case String:
		return infix(op, t.asText(x), t.asText(y)+` collate "C"`)
	case Bool:
		return infix(op, t.asBool(x), t.asBool(y))
	}
	return "false"
}

// same is ==.
func (t *translation) same(x, y term) string {
	if x.kind != Unknown && y.kind != Unknown && x.kind != y.kind {
		return "false"
	}
	for _, kind := range [2]Kind{x.kind, y.kind} {
		if kind == Number || kind == Bool {
			return t.compareKind(equal, kind, x, y)
		}
	}
	if x.kind == y.kind && x.kind == String {
		return t.compareKind(equal, x.kind, x, y)
	}
	if y.kind == Unknown && x.kind != Unknown {
		x, y = y, x // an index is on the left
	}
	condition := infix(equal, t.asJSON(x), t.asJSON(y))
	if x.kind == Unknown && y.kind == Unknown {
		return all(condition, x.present())
	}
	return condition
}
