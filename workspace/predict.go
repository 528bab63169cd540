package workspace

import (
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/store"
)

// predict reads the chances that are learned: { churn: { without: any, within: 30d }, buyer: { event: bought, within: 14d } }.
func (s *settingsReader) predict(n *document.Node) {
	const example = "what is to be foretold, such as { churn: { without: any, within: 30d } }"
	if !s.mapping(n, "predict", example) {
		return
	}
	s.Predict = map[string]store.Predict{}
	s.Each(n, func(k, v *document.Node) {
		var p store.Predict
		said := 0
		s.each(v, k.Text, reading{
			"event": func(v *document.Node) { said, p.Events = said+1, s.Names(v, "event", "the name of an event") },
			"without": func(v *document.Node) {
				said, p.Without = said+1, true
				if v.Kind != document.Scalar || v.Text != "any" {
					p.Events = s.Names(v, "without", "the name of an event, or any")
				}
			},
			"within": func(v *document.Node) {
				d, err := calendar.ParseDuration(v.Text)
				switch {
				case v.Kind != document.Scalar || err != nil || d.IsZero():
					s.Fail(v, "within is how far ahead is foretold; write a length such as 30d")
				case span(d) < span(calendar.Duration{Days: 1}) || span(d) > span(calendar.Duration{Days: 366}):
					s.Fail(v, "within is %s; write one from 1d to 366d", v.Text)
				default:
					p.Within = v.Text
				}
			},
		})
		switch {
		case v.Kind != document.Object:
			return
		case said != 1:
			s.Fail(k, "%s says what is foretold by one of event and without; write event: and what they will do, or without: any", k.Text)
		case v.Get("within") == nil:
			s.Fail(k, "%s has no within; write how far ahead is foretold, such as within: 30d", k.Text)
		}
		s.Predict[k.Text] = p
	})
}

// train reads when everything is learned anew: { at: "03:00" }.
func (s *settingsReader) train(n *document.Node) {
	s.each(n, "train", reading{"at": func(v *document.Node) {
		if _, err := calendar.ParseTimeOfDay(v.Text); v.Kind != document.Scalar || err != nil {
			s.Fail(v, "at is no time of day; write one in quotes, such as \"03:00\"")
			return
		}
		s.TrainAt = v.Text
	}})
}
