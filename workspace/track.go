package workspace

import (
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/store"
)

const maxUTM = 100

// track reads what e-mails tell of their readers: true for openings and clicks, or each by itself.
func (s *settingsReader) track(n *document.Node) {
	if n.Kind == document.Scalar {
		answer, _ := s.oneOf(n, "track", "true", "false")
		s.Track.Opens, s.Track.Clicks = answer == "true", answer == "true"
		return
	}
	yes := func(name string, to *bool) func(*document.Node) {
		return func(v *document.Node) {
			answer, _ := s.oneOf(v, name, "true", "false")
			*to = answer == "true"
		}
	}
	s.each(n, "track", reading{"opens": yes("opens", &s.Track.Opens), "clicks": yes("clicks", &s.Track.Clicks), "utm": s.utm})
}

// utm reads what links say of the message that they stand in.
func (s *settingsReader) utm(n *document.Node) {
	if n.Kind == document.Scalar {
		if answer, _ := s.oneOf(n, "utm", "true", "false"); answer == "true" {
			s.Track.UTM = &store.UTM{}
		}
		return
	}
	u := &store.UTM{}
	s.each(n, "utm", reading{
		"source": func(v *document.Node) { u.Source, _ = s.text(v, "source", "one such as newsletter", maxUTM) },
		"medium": func(v *document.Node) { u.Medium, _ = s.text(v, "medium", "one such as email", maxUTM) },
	})
	s.Track.UTM = u
}
