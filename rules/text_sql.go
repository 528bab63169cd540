package rules

// textSQL writes a function of a text and further arguments of these kinds.
func textSQL(kind Kind, name string, args ...Kind) func(t *translation, v []term) term {
	return func(t *translation, v []term) term {
		words := []string{t.asText(v[0])}
		for i, x := range v[1:] {
			if args[i] == Number {
				words = append(words, t.asNumeric(x))
				continue
			}
			words = append(words, t.asText(x))
		}
		return term{kind: kind, decimal: kind == Number, text: sqlCall(name, words...)}
	}
}

func joinSQL(t *translation, v []term) term {
	if !v[0].may(List) {
		return nothing()
	}
	between := t.arg("text", "")
	if len(v) == 2 {
		between = t.asText(v[1])
	}
	return term{kind: String, text: sqlCall("joined", t.asList(v[0]), between)}
}
