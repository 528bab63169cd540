package starter

import (
	"fmt"
	"maps"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// optionsOf is what the journeys of a publication are checked against: the rest of it. What is wrong
// with that itself is told to fail.
func optionsOf(w workspaceFiles, fail func(at, words string)) journey.Options {
	o := journey.Options{
		Zone:     w.Settings.Timezone,
		Segments: []string{}, Journeys: []string{}, Affinities: w.Settings.AffinityNames(), Catalogs: map[string]rules.Catalog{}, Calendars: map[string]rules.Calendar{},
	}
	if len(w.Settings.Attributes) > 0 {
		o.Attributes = map[string]rules.Kind{}
		for name, kind := range w.Settings.Attributes {
			o.Attributes[name] = rules.Kind(kind)
		}
	}
	if len(w.Settings.Topics) > 0 {
		o.Topics = w.Settings.Topics.Defaults()
	}
	maps.Copy(o.Catalogs, w.Reference.Catalogs)
	maps.Copy(o.Calendars, w.Reference.Calendars)
	for _, s := range w.Reference.Segments {
		o.Segments = append(o.Segments, s.Key)
	}
	for _, j := range w.Journeys {
		o.Journeys = append(o.Journeys, j.Journey)
	}
	if size := w.Reference.Size(); size > store.MaxReference {
		fail("reference", fmt.Sprintf("segments, catalogs and calendars have %d KB together and may have %d; publish less", size>>10, store.MaxReference>>10))
	}
	checkSegments(w.Reference.Segments, o, fail)
	return o
}

func checkSegments(segments []store.Segment, o journey.Options, fail func(at, words string)) {
	env, err := rules.New(rules.Attributes(o.Attributes), rules.Topics(o.Topics),
		rules.Segments(o.Segments), rules.Affinities(o.Affinities), rules.Catalogs(o.Catalogs), rules.Calendars(o.Calendars))
	if err != nil {
		fail("settings.attributes", err.Error())
		return
	}
	known := map[string]bool{}
	for _, s := range segments {
		at := "segments/" + s.Key
		rule, problems := env.Compile(s.Rule, rules.Position{File: at, Line: 1, Column: 1}, rules.ScopeSegment)
		for _, p := range problems {
			fail(at, p.String())
		}
		if known[s.Key] {
			fail(at, "there are two segments of this key; rename one")
		}
		known[s.Key] = true
		if rule == nil {
			continue
		}
		_, untranslated := rule.SQL(rules.SQLOptions{Now: time.Unix(0, 0)})
		for _, p := range untranslated {
			fail(at, p.String())
		}
		for _, other := range rule.Reads().Segments {
			if !known[other] {
				fail(at, "it asks for the segment "+other+", which does not stand before it; write segments in the order in which they can be worked out")
			}
		}
	}
}
