// Package message turns a Liquid template and what is known of a person into a message: subject,
// HTML, text. It is pure: no I/O, no clock of its own, the same input gives the same bytes.
//
// A template may be hostile and its data hostile too, so every render has a budget (see meter.go),
// every value is escaped where it lands, and an included file can only be one of the workspace's
// own partials.
package message

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/rules"
)

// Problem is one thing wrong with a template, in words for its author. Line and Col count from 1
// at the top of the file, front matter included.
type Problem struct {
	File      string
	Line, Col int
	Message   string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
}

// Format says how a body is written.
type Format string

// The formats of a body. MJML is compiled to HTML when the template is read, and is HTML from then on.
const (
	HTML Format = "html"
	Text Format = "text"
	MJML Format = "mjml"
)

// Season is the part of the year in which a template may be sent, both days included; From after
// To spans the new year.
type Season struct {
	From, To MonthDay
}

// MonthDay is a day of any year.
type MonthDay struct {
	Month time.Month
	Day   int
}

// Contains reports whether the local date of t lies in the season.
func (s Season) Contains(t time.Time) bool {
	day := func(m time.Month, d int) int { return int(m)*100 + d }
	from, to, at := day(s.From.Month, s.From.Day), day(s.To.Month, s.To.Day), day(t.Month(), t.Day())
	if from <= to {
		return from <= at && at <= to
	}
	return at >= from || at <= to
}

// End is the instant at which the season that t is in ends: the midnight, in t's zone, that follows its
// last day.
func (s Season) End(t time.Time) time.Time {
	y := t.Year()
	last := func() time.Time { // of February 29 there is not one each year
		of := time.Date(y, s.To.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()
		return calendar.Place(y, s.To.Month, min(s.To.Day, of)+1, calendar.TimeOfDay{}, t.Location())
	}
	if !last().After(t) {
		y++
	}
	return last()
}

// Template is one parsed file: one message, one channel, one locale. It never changes and may be
// rendered by many goroutines at once.
type Template struct {
	Name    string
	Channel string
	Locale  string // as in the file's name; empty for the file without locale
	File    string
	Topic   string  // from front matter; empty needs no topic's consent
	Season  *Season // nil is all year
	Format  Format
	// Untracked says that openings and clicks of this e-mail are nobody's business, Untagged that its links are not to say
	// where they stood.
	Untracked, Untagged bool

	fields   map[string]*document // front matter that is rendered: subject, preheader, from, title, link, image
	body     *document
	partials map[string]*document
	reads    []Read
	filters  []string // those in use
}

// Read is one name that a template takes from what it is given.
type Read struct {
	Root string   // user, event, entry, results, brand, previous, or catalog for one that is looked into
	Path []string // the names after it, as far as they are fixed; empty when the whole of it is read
	// Where the name stands; in a partial, the partial's own place.
	File      string
	Line, Col int
}

func (r Read) String() string { return strings.Join(append([]string{r.Root}, r.Path...), ".") }

// Reads lists every name that the template and its partials take from user, event, entry, results,
// brand and previous. Whether such a name exists is for lint to say: at render an absent one is empty, so
// that `default` works.
func (t *Template) Reads() []Read { return slices.Clone(t.reads) }

// Data is what a template is rendered with. Values are JSON kinds and time.Time; the maps are only
// read.
type Data struct {
	User    map[string]any // attributes
	Event   map[string]any
	Entry   map[string]any
	Results map[string]any
	Brand   map[string]any // the workspace's voice.brand
	// Computed is what was learned: affinity and score of the person, and trending, what is on the rise.
	Computed map[string]map[string]any
	// Previous is by channel what was sent last; only those that Previous of the template names are read.
	Previous map[string]Sent
	// Catalogs are the workspace's, for {{ event.sku | catalog: "products" }}.
	Catalogs map[string]rules.Catalog
	Now      time.Time
	Zone     *time.Location // the profile's; nil is UTC. Dates are written in it
	Links    Links
}

// Links are the addresses that a message offers its reader; templates write them as
// {{ unsubscribe_url }} and {{ preferences_url }}.
type Links struct {
	Unsubscribe string
	Preferences string // of all that the reader gets
}

// Rendered is a message ready for its channel. Subject, Preheader, From, Title, Link and Image are
// always one line.
type Rendered struct {
	Subject   string
	Preheader string
	From      string // empty: the workspace's own
	Topic     string
	HTML      string // empty for a message written as text
	Text      string // always there; derived from HTML if that is how it was written
	Title     string // push
	Link      string // push
	Image     string // push
}

// Set is a workspace's templates.
type Set struct {
	templates map[key]*Template
	locales   map[key][]string // by name and channel, sorted; without the empty one
}

type key struct{ name, channel, locale string }

// Templates lists all templates in the order of their files.
func (s *Set) Templates() []*Template {
	all := make([]*Template, 0, len(s.templates))
	for _, t := range s.templates {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Template) int { return strings.Compare(a.File, b.File) })
	return all
}

// Find returns the template for a reader's locale: the exact one, else the language's, in the same
// script first, else that of a sister region (likewise, the first by name), else the file without locale.
func (s *Set) Find(name, channel, locale string) (*Template, bool) {
	if locale = canonicalLocale(locale); len(locale) > maxLocale {
		locale = ""
	}
	var wanted []string
	for l := locale; l != ""; l = shorter(l) {
		wanted = append(wanted, l)
	}
	for l := locale; l != ""; l = shorter(l) {
		for _, sister := range s.locales[key{name, channel, ""}] {
			if strings.HasPrefix(sister, l+"-") {
				wanted = append(wanted, sister)
			}
		}
	}
	for _, l := range append(wanted, "") {
		if t, ok := s.templates[key{name, channel, l}]; ok {
			return t, true
		}
	}
	return nil, false
}

// maxLocale is the longest locale, in bytes, that is looked for: RFC 5646 recommends room for 35.
const maxLocale = 64

// shorter leaves the last part of a locale out: zh-hant of zh-hant-tw, zh of that.
func shorter(locale string) string { return locale[:max(strings.LastIndexByte(locale, '-'), 0)] }

// canonicalLocale makes fr_ca, FR-CA and fr-CA the same.
func canonicalLocale(locale string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(locale), "_", "-"))
}

// Channels are those for which there is a message of this name, in the order in which the language
// names them.
func (s *Set) Channels(name string) []string {
	var all []string
	for _, channel := range []string{"email", "sms", "push", "webhook", "inbox"} {
		if _, ok := s.templates[key{name, channel, ""}]; ok {
			all = append(all, channel)
		}
	}
	return all
}
