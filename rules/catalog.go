package rules

import (
	"maps"
	"slices"
)

// Catalog is a table of the workspace: its rows by the text in their first column, each with its
// cells by column. Cells are string, float64 or bool; an empty one is left out.
type Catalog map[string]map[string]any

// columns are all that any row has, sorted.
func (c Catalog) columns() []string {
	all := map[string]bool{}
	for _, row := range c {
		for name := range row {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// catalogFunctions: catalog("products", event.sku) is the row with that key. Where there is none, the
// row and all of its cells are absent.
func catalogFunctions() map[string]function {
	return map[string]function{
		"catalog": {usage: `catalog("products", event.sku).price`, global: true, least: 2, most: 2, compile: compileCatalog},
	}
}

func compileCatalog(c *compiler, cl call) node {
	name, ok := c.text(cl.args[0], "the catalog's name")
	key := c.compile(cl.args[1])
	c.refuseMoving(cl.args[1], key, "catalog()")
	if !ok {
		return absent()
	}
	n := expression(Map, key.size+elementSteps, func(r *run) any { return r.row(name, key.value(r)) }).asSQL(func(t *translation) term {
		return t.row(name, t.term(key))
	})
	if c.env.catalogs != nil {
		columns, known := c.env.catalogs[name]
		if known {
			n.fields = columns()
		} else {
			names := slices.Sorted(maps.Keys(c.env.catalogs))
			c.problem(c.start(cl.args[0]), "there is no catalog %q; write %s", name, remedyFile(name, names, "catalogs/"+name+".csv"))
		}
	}
	c.reads.Catalogs = append(c.reads.Catalogs, name)
	return n
}

// row writes the same: the whole table is one argument.
func (t *translation) row(catalog string, key term) term {
	rows := t.Catalogs[catalog]
	if rows == nil {
		rows = Catalog{}
	}
	table := t.arg("jsonb", string(encoded(rows)))
	switch {
	case key.kind == String:
		return term{kind: Map, text: "(" + table + " -> " + t.asText(key) + ")"}
	case key.kind == Number && !key.absent:
		return term{kind: Map, text: "(" + table + " -> " + t.numberText(key) + ")"}
	case key.kind == Unknown && !key.absent:
		return term{kind: Map, text: "(" + table + " -> " + sqlCall("key", key.text) + ")"}
	}
	return nothing()
}

// row finds a row by its key: a text, or a number as a text.
func (r *run) row(catalog string, key any) any {
	var row map[string]any
	switch k := key.(type) {
	case string:
		if r.scan(len(k)) {
			row = r.facts.Catalogs[catalog][k]
		}
	case float64:
		row = r.facts.Catalogs[catalog][numberText(k)]
	}
	return object(row)
}
