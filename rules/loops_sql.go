package rules

import "strings"

// loop writes a macro over the elements of a list or the keys of a map.
func (t *translation) loop(name string, kind Kind, over term, body []node, slot int) term {
	if over.absent || over.kind != List && over.kind != Map && over.kind != Unknown {
		return nothing()
	}
	element := t.name("v")
	list := sqlCall("elements", t.asJSON(over))
	t.vars[slot] = element
	from := " from jsonb_array_elements(" + list + ") with ordinality " + element + "(value, place)"
	var text string
	switch name {
	case "all":
		text = "not exists (select" + from + " where (" + t.inner(body[0]) + ") is not true)"
	case "exists":
		text = "exists (select" + from + " where " + t.inner(body[0]) + ")"
	case "exists_one":
		text = "(select count(*)" + from + " where " + t.inner(body[0]) + ") = 1"
	default:
		value, where := element+".value", ""
		if name == "filter" || len(body) == 2 {
			where = " where " + t.inner(body[0])
		}
		if name == "map" {
			value = t.orNull(t.term(body[len(body)-1]))
		}
		text = "coalesce((select jsonb_agg(" + value + " order by " + element + ".place)" + from + where + "), '[]'::jsonb)"
	}
	return term{kind: kind, text: "(case when " + list + " is not null then " + text + " end)"}
}

// orNull is the term as jsonb within a list or a map: what is absent is JSON's null there.
func (t *translation) orNull(x term) string {
	if x.constant {
		return t.asJSON(x)
	}
	return "coalesce(" + t.asJSON(x) + ", 'null'::jsonb)"
}

// mapping writes a map; entries whose key is no text are left out.
func (t *translation) mapping(keys, values []term) term {
	if len(keys) == 0 {
		return term{kind: Map, text: "'{}'::jsonb"}
	}
	k, v := make([]string, len(keys)), make([]string, len(keys))
	for i := range keys {
		k[i], v[i] = t.asText(keys[i]), t.orNull(values[i])
	}
	return term{kind: Map, text: sqlCall("map", "array["+strings.Join(k, ", ")+"]", "array["+strings.Join(v, ", ")+"]")}
}
