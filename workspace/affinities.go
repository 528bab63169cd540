package workspace

import (
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
)

// affinities reads what is learned of people's choices: { genre: { events: [song_played], property: genre, half_life: 30d } }.
func (s *settingsReader) affinities(n *document.Node) {
	if !s.mapping(n, "affinities", "what people choose by, such as { genre: { events: [song_played], property: genre } }") {
		return
	}
	s.Affinities = map[string]store.Taste{}
	s.Each(n, func(k, v *document.Node) {
		t := store.Taste{Property: k.Text, HalfLife: "30d"}
		s.each(v, k.Text, reading{
			"events": func(v *document.Node) { t.Events = s.Names(v, "events", "the name of an event") },
			"property": func(v *document.Node) {
				t.Property, _ = s.text(v, "property", "a property of the events, such as genre", profile.MaxName)
			},
			"half_life": func(v *document.Node) {
				d, err := calendar.ParseDuration(v.Text)
				if v.Kind != document.Scalar || err != nil || span(d) < span(calendar.Duration{Days: 1}) || span(d) > span(calendar.Duration{Days: 366}) {
					s.Fail(v, "half_life is after how long a choice weighs half; write a length from 1d to 366d, such as 30d")
					return
				}
				t.HalfLife = v.Text
			},
		})
		if v.Kind == document.Object && v.Get("events") == nil {
			s.Fail(k, "%s names no events; write events: and those by which people choose", k.Text)
		}
		s.Affinities[k.Text] = t
	})
}
