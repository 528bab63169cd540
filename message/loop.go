package message

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/values"
)

func (r *run) loop(n forNode) error {
	list, err := r.evaluate(n.expr, n.loop.Expr)
	if err != nil {
		// `(1..user.friends)` of an absent attribute is a loop over nothing.
		if r.meter.work > maxWork || !n.ranged {
			return err
		}
	}
	size, item := items(plain(list))
	from, to := 0, size
	if n.loop.Offset != nil {
		offset, err := r.whole(n, n.loop.Offset)
		if err != nil {
			return err
		}
		from = min(max(offset, 0), size)
	}
	if n.loop.Limit != nil {
		limit, err := r.whole(n, n.loop.Limit)
		if err != nil {
			return err
		}
		if limit < to-from {
			to = from + max(limit, 0)
		}
	}
	if from >= to {
		return r.walk(n.none)
	}
	at := func(i int) any { return item(from + i) }
	if n.loop.Reversed {
		at = func(i int) any { return item(to - 1 - i) }
	}
	return r.iterate(n, to-from, at)
}

func (r *run) iterate(n forNode, length int, at func(int) any) error {
	state := map[string]any{"length": length}
	if outer, ok := r.vars["forloop"]; ok {
		state["parentloop"] = outer
	}
	defer r.bind("forloop", state)()
	defer r.bind(n.loop.Variable, nil)()
	for i := range length {
		if err := r.meter.spend(2); err != nil {
			return r.fault(n.at, err)
		}
		state["index"], state["index0"] = i+1, i
		state["rindex"], state["rindex0"] = length-i, length-i-1
		state["first"], state["last"] = i == 0, i == length-1
		r.vars[n.loop.Variable] = at(i)
		switch err := r.walk(n.body); {
		case errors.Is(err, errBreak):
			return nil
		case err != nil && !errors.Is(err, errContinue):
			return err
		}
		delete(r.captured, n.loop.Variable)
	}
	return nil
}

// whole evaluates a loop's limit or offset; an absent one counts as 0.
func (r *run) whole(n forNode, e expressions.Expression) (int, error) {
	v, err := r.evaluate(n.expr, e)
	if err != nil {
		return 0, err
	}
	if v == nil {
		return 0, nil
	}
	i, ok := v.(int)
	if !ok {
		return 0, r.fault(n.at, limit("limit and offset of {% for %} want whole numbers"))
	}
	return i, nil
}

// items gives a value's items: of an object its pairs by name, so that the same data always gives
// the same message.
func items(v any) (int, func(int) any) {
	switch v := v.(type) {
	case nil:
		return 0, nil
	case []any:
		return len(v), func(i int) any { return v[i] }
	case values.Range:
		return max(v.Len(), 0), v.Index
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		return len(keys), func(i int) any { return []any{keys[i], v[keys[i]]} }
	case string:
		if v == "" {
			return 0, nil
		}
		return 1, func(int) any { return v }
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice || rv.Kind() == reflect.Array {
		return rv.Len(), func(i int) any { return rv.Index(i).Interface() }
	}
	return 0, nil
}
