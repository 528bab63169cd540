package rules

// userIDSQL is what userID says: the caller's id, else ours.
const userIDSQL = "coalesce(nullif(p.user_id, ''), p.id)"

// noEvent is what a rule reads of the event in hand where there is none.
func noEvent(*translation) term { return nothing() }

func (t *translation) attribute(name string) term {
	x := fieldTerm("p.attributes", t.arg("text", name))
	x.attribute = true
	return x
}

// eventField is a field of an event that the statement calls so.
func (t *translation) eventField(event, field string) term {
	switch field {
	case "name":
		return term{kind: String, text: event + ".name"}
	case "time":
		return term{kind: Date, text: event + ".time"}
	case "properties":
		return term{kind: Map, text: event + ".properties"}
	}
	return fieldTerm(event+".properties", t.arg("text", field))
}

// member is a value of a map by its key, which is a text.
func (t *translation) member(from term, key string) term {
	switch from.kind {
	case Map, Unknown:
		if from.absent {
			return nothing()
		}
		return fieldTerm(t.asJSON(from), key)
	}
	return nothing()
}

// indexed is an element of a list by its place, or a value of a map by its key.
func (t *translation) indexed(from, key term) term {
	if from.absent || key.absent || from.kind != Unknown && from.kind != List && from.kind != Map {
		return nothing()
	}
	switch key.kind {
	case String:
		if from.kind != List {
			return t.member(from, t.asText(key))
		}
	case Number, Unknown:
		return unknownTerm(sqlCall("item", t.asJSON(from), t.asJSON(key)))
	}
	return nothing()
}
