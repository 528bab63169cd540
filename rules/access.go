package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/spelling"
)

// name compiles a name that stands by itself.
func (c *compiler) name(e ast.Expr, name string) node {
	if slot, ok := c.variable(name); ok {
		if c.vars[slot].event {
			c.problem(c.start(e), "%q is an event as a whole; write %s.<property>, %s.name or %s.time", name, name, name, name)
			return absent()
		}
		return expression(Unknown, 1, func(r *run) any { return r.vars[slot] }).asSQL(func(t *translation) term {
			return unknownTerm(t.vars[slot] + ".value")
		})
	}
	if !c.known(e, name, "") {
		return absent()
	}
	switch name {
	case nameNow:
		c.reads.Now = true
		return expression(Date, 1, func(r *run) any { return instant{us: r.now, rate: 1} }).moving(true).asSQL(func(t *translation) term {
			return term{kind: Date, constant: true, value: instantOf(t.Now)}
		})
	case nameUser:
		c.reads.All = true
		return expression(Map, 1, whole).asSQL(func(*translation) term {
			return term{kind: Map, text: "(p.attributes || jsonb_build_object('id', " + userIDSQL + "))"}
		})
	case nameEvent:
		c.reads.Event = true
		return expression(Map, 1, func(r *run) any {
			if r.facts.Event == nil {
				return nil
			}
			return properties(r.facts.Event)
		}).asSQL(noEvent)
	case nameEntry:
		c.reads.Entry = true
		return expression(Map, 1, func(r *run) any { return object(r.facts.Entry) })
	default:
		c.reads.Results = append(c.reads.Results, c.results...)
		return expression(Map, 1, func(r *run) any { return object(r.facts.Results) })
	}
}

// whole is the user with every attribute.
func whole(r *run) any {
	if !r.spend(entrySteps * int64(len(r.person.Attributes)+1)) {
		return nil
	}
	out := make(map[string]any, len(r.person.Attributes)+1)
	maps.Copy(out, r.person.Attributes)
	out["id"] = userID(r.person)
	return out
}

func userID(p *profile.Profile) any {
	if p.UserID != "" {
		return p.UserID
	}
	if p.ID != "" {
		return p.ID
	}
	return nil
}

func object(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

func properties(e *profile.Event) any {
	if e.Properties == nil {
		return map[string]any{}
	}
	return e.Properties
}

// variable finds a loop's variable, the innermost first.
func (c *compiler) variable(name string) (slot int, ok bool) {
	for i, v := range slices.Backward(c.vars) {
		if v.name == name {
			return i, true
		}
	}
	return 0, false
}

// selection compiles operand.field, and operand["field"] likewise.
func (c *compiler) selection(e, operand ast.Expr, field string) node {
	if operand.Kind() == ast.IdentKind {
		name := operand.AsIdent()
		if slot, ok := c.variable(name); ok {
			if v := c.vars[slot]; v.event {
				if field != "name" && field != "time" {
					v.read.Properties = true
				}
				return eventField(func(r *run) *profile.Event {
					ev, _ := r.vars[slot].(*profile.Event)
					return ev
				}, field).asSQL(func(t *translation) term { return t.eventField(t.vars[slot], field) })
			}
		} else if n, ok := c.rooted(e, name, field); ok {
			return n
		}
	}
	from := c.compile(operand)
	if len(from.fields) > 0 && !slices.Contains(from.fields, field) {
		c.problem(c.start(e), "there is no column %q; write %s", field, spelling.Instead(field, from.fields))
	}
	value := from.value
	return expression(Unknown, from.size+lookupSteps, func(r *run) any {
		m, _ := value(r).(map[string]any)
		return inward(m[field])
	}).asSQL(func(t *translation) term { return t.member(t.term(from), t.arg("text", field)) })
}

// rooted compiles a field of one of the names that a rule starts from.
func (c *compiler) rooted(e ast.Expr, name, field string) (node, bool) {
	if !c.known(e, name, field) {
		return absent(), true
	}
	switch name {
	case nameUser:
		return c.attribute(e, field), true
	case nameEvent:
		c.reads.Event = true
		return eventField(func(r *run) *profile.Event { return r.facts.Event }, field).asSQL(noEvent), true
	case nameEntry:
		c.reads.Entry = true
		return expression(Unknown, lookupSteps, func(r *run) any { return inward(r.facts.Entry[field]) }), true
	case nameResults:
		c.result(e, field)
		return expression(Unknown, lookupSteps, func(r *run) any { return inward(r.facts.Results[field]) }), true
	}
	return node{}, false
}

func (c *compiler) attribute(e ast.Expr, name string) node {
	if !c.unseenAttribute(e, name) && c.env.attributes != nil {
		if _, ok := c.env.attributes[name]; !ok {
			names := slices.Sorted(maps.Keys(c.env.attributes))
			c.problem(c.start(e), "no attribute %q is declared in workspace.yaml; %s", name,
				remedy(name, names, "user.", "write its name and kind under attributes"))
		}
	}
	c.reads.Attributes = append(c.reads.Attributes, name)
	if name == "id" {
		return expression(Unknown, 1, func(r *run) any { return userID(r.person) }).asSQL(func(*translation) term {
			return term{kind: String, text: userIDSQL}
		})
	}
	return expression(Unknown, lookupSteps, func(r *run) any { return inward(r.person.Attributes[name]) }).asSQL(func(t *translation) term {
		return t.attribute(name)
	})
}

func (c *compiler) result(e ast.Expr, name string) {
	c.reads.Results = append(c.reads.Results, name)
	if slices.Contains(c.results, name) {
		return
	}
	if len(c.results) == 0 {
		c.problem(c.start(e), "there is no result %q: no step before this one leaves any", name)
		return
	}
	c.problem(c.start(e), "there is no result %q; %s", name,
		remedy(name, c.results, "results.", "write one of results."+strings.Join(c.results, ", results.")))
}

// eventField compiles a field of an event: its own name and time, or a property.
func eventField(event func(*run) *profile.Event, field string) node {
	kind := Unknown
	var pick func(*profile.Event) any
	switch field {
	case "name":
		kind, pick = String, func(e *profile.Event) any { return e.Name }
	case "time":
		kind, pick = Date, func(e *profile.Event) any { return instantOf(e.Time) }
	case "properties":
		kind, pick = Map, properties
	default:
		pick = func(e *profile.Event) any { return inward(e.Properties[field]) }
	}
	return expression(kind, lookupSteps, func(r *run) any {
		if e := event(r); e != nil {
			return pick(e)
		}
		return nil
	})
}

// index compiles operand[key]: a place in a list, counted from 0, or a key of a map.
func (c *compiler) index(e, operand, key ast.Expr) node {
	if key.Kind() == ast.LiteralKind {
		if s, ok := key.AsLiteral().(types.String); ok {
			return c.selection(e, operand, string(s))
		}
	}
	from, k := c.compile(operand), c.compile(key)
	c.refuseMoving(key, k, "an index")
	value, at := from.value, k.value
	return expression(Unknown, from.size+k.size+lookupSteps, func(r *run) any {
		switch v := value(r).(type) {
		case []any:
			i, ok := at(r).(float64)
			if !ok || i < 0 || i >= float64(len(v)) || i != float64(int(i)) {
				return nil
			}
			return inward(v[int(i)])
		case map[string]any:
			if s, ok := at(r).(string); ok && r.scan(len(s)) {
				return inward(v[s])
			}
		}
		return nil
	}).asSQL(func(t *translation) term { return t.indexed(t.term(from), t.term(k)) })
}
