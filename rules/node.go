package rules

import (
	"encoding/json"
	"math"
	"time"
)

// node is a compiled part of a rule. Values are nil (absent), string, float64, bool, []any,
// map[string]any, []byte, instant, span or typeName.
type node struct {
	kind     Kind
	moves    bool     // its value may move with now
	constant bool     // value(nil) gives it
	size     int      // how many parts it has: what one evaluation without loops costs
	fields   []string // of a map, where it is known which it can have
	value    func(*run) any
	holds    func(*run) bool // whether the value is true; all else, absent included, is not
	sql      func(*translation) term
	at       func() Position // where it begins
}

// asSQL says how the node is put to the database.
func (n node) asSQL(sql func(*translation) term) node {
	n.sql = sql
	return n
}

// expression is a node of any kind.
func expression(kind Kind, size int, value func(*run) any) node {
	return node{kind: kind, size: size, value: value, holds: func(r *run) bool {
		b, _ := value(r).(bool)
		return b
	}}
}

// test is a node that is always true or false.
func test(size int, holds func(*run) bool) node {
	return node{kind: Bool, size: size, holds: holds, value: func(r *run) any { return holds(r) }}
}

// moving marks a node whose value may move with now.
func (n node) moving(moves bool) node {
	n.moves = moves
	return n
}

func literal(v any) node {
	n := expression(kindOf(v), 1, func(*run) any { return v })
	n.constant = true
	return n.asSQL(func(t *translation) term { return t.literal(v) })
}

// absent is what a faulty part compiles to; its rule never runs.
func absent() node {
	return expression(Unknown, 1, func(*run) any { return nil })
}

func kindOf(v any) Kind {
	switch v.(type) {
	case bool:
		return Bool
	case float64:
		return Number
	case string:
		return String
	case instant:
		return Date
	case span:
		return Duration
	case []any:
		return List
	case map[string]any:
		return Map
	case []byte:
		return Bytes
	case typeName:
		return Type
	}
	return Unknown
}

// inward takes a value from the facts. JSON kinds pass as they are; the other numbers and times of
// Go are tolerated, anything else is absent.
func inward(v any) any {
	switch v := v.(type) {
	case string, float64, bool, nil, []any, map[string]any, instant, span, []byte, typeName:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float32:
		return float64(v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil
		}
		return f
	case time.Time:
		return instantOf(v)
	case time.Duration:
		return span{us: v.Microseconds()}.checked()
	}
	return nil
}

// number makes what is not a finite number absent.
func number(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}
