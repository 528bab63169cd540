package trial

import (
	"slices"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
)

// happenings reads what happens to the person, in order.
func (r *reader) happenings(n *document.Node, what string) []Happening {
	var all []Happening
	for _, item := range r.Items(n, what) {
		h, at := Happening{}, (*When)(nil)
		var said []string
		part := func(name string, read func(*document.Node)) func(*document.Node) {
			return func(v *document.Node) { said = append(said, name); read(v) }
		}
		ok := r.Fields(item, "what happens", map[string]func(*document.Node){
			"at":         func(v *document.Node) { at = r.when(v, "at") },
			"event":      part("event", func(v *document.Node) { h.Event, _ = r.Text(v, "event", "the name of an event") }),
			"properties": func(v *document.Node) { h.Properties = r.Values(v, "properties") },
			"identify":   part("identify", func(v *document.Node) { h.Identify = orEmpty(r.Values(v, "identify")) }),
			"enroll": part("enroll", func(v *document.Node) {
				h.Enroll = map[string]any{}
				r.Fields(v, "enroll", map[string]func(*document.Node){
					"properties": func(v *document.Node) { h.Enroll = orEmpty(r.Values(v, "properties")) },
				})
			}),
			"consent": part("consent", func(v *document.Node) { h.Consent, h.Confirmed = r.consents(v) }),
			"segment": part("segment", func(v *document.Node) { h.Segment = r.decisions(v, "segment") }),
			"learned": part("learned", func(v *document.Node) { h.Learned = r.learned(v) }),
			"device":  part("device", func(v *document.Node) { d := r.device(v); h.Device = &d }),
		})
		if !ok {
			continue
		}
		if at == nil {
			if item.Get("at") == nil {
				r.Fail(item, "this says not when it happens; write at: and a moment, such as 10h")
			}
			continue
		}
		h.At = *at
		switch {
		case len(said) == 0:
			r.Fail(item, "this says not what happens; write event:, identify:, enroll:, consent:, segment:, learned: or device:")
		case len(said) > 1:
			r.Fail(item, "one thing happens at a time and here are %s and %s; write two", said[0], said[1])
		case h.Event != "":
			// What became of messages can be forged nowhere else: a story may tell of a click.
			if p := profile.CheckEventName(h.Event); p != nil && !profile.Reserved(h.Event) {
				r.Fail(item.Get("event"), "the event's %s", p.Error())
			}
		}
		all = append(all, h)
	}
	return all
}

// consents reads what somebody agrees to. A topic with double_opt_in is only asked for by true.
func (r *reader) consents(n *document.Node) (consents map[string]bool, confirmed bool) {
	const word = "confirmed"
	if n.Kind != document.Object || !slices.ContainsFunc(n.Fields, func(f document.Field) bool { return f.Value.Text == word }) {
		return r.decisions(n, "consent"), false
	}
	consents = map[string]bool{}
	for _, f := range n.Fields {
		if f.Value.Text != word {
			r.Fail(f.Value, "what is confirmed stands by itself; write %s as a line of its own", f.Key.Text)
		}
		consents[f.Key.Text] = true
	}
	return consents, true
}

// expectations reads the lines that a case expects, in order.
func (r *reader) expectations(n *document.Node) []Expectation {
	all := []Expectation{}
	for _, item := range r.Items(n, "expect") {
		e := Expectation{Line: item.Line}
		known := map[string]func(*document.Node){
			"at":       func(v *document.Node) { e.At = r.when(v, "at") },
			"channel":  func(v *document.Node) { e.Channel, _ = r.Text(v, "channel", "one such as email") },
			"locale":   func(v *document.Node) { e.Locale, _ = r.Text(v, "locale", "one such as fr") },
			"contains": func(v *document.Node) { e.Holds, _ = r.Text(v, "contains", "a text of the subject or the body") },
			"reason":   func(v *document.Node) { e.Reason, _ = r.Text(v, "reason", "a reason such as capped") },
			"journey":  func(v *document.Node) { e.Journey, _ = r.Text(v, "journey", "the name of a journey") },
			"key":      func(v *document.Node) { text := v.Text; e.Key = &text },
		}
		for _, k := range kinds() {
			known[string(k)] = func(v *document.Node) { r.about(item, v, k, &e) }
		}
		if r.Fields(item, "an expectation", known) && e.Kind == "" {
			r.Fail(item, "this expects nothing that is known; write one of %s", kindNames())
		}
		all = append(all, e)
	}
	return all
}

// about reads what a line is about.
func (r *reader) about(item, v *document.Node, k Kind, e *Expectation) {
	if e.Kind != "" {
		r.Fail(item, "a line is about one thing and this one has %s and %s; write two", e.Kind, k)
		return
	}
	e.Kind = k
	switch k {
	case Collect:
		x, ok := v.Value().(float64)
		if count := int(x); ok && float64(count) == x && count >= 0 {
			e.Count = &count
			return
		}
		r.Fail(v, "collect is how many were gathered; write a number")
	case Update:
		e.Update = r.Values(v, "update")
	default:
		e.Name, _ = r.Text(v, string(k), "the name of what is expected")
	}
}
