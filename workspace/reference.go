package workspace

import (
	"slices"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// reference reads what rules look up: catalogs, calendars, and the segments, whose rules may look up
// the others.
func (l *loader) reference(w *Workspace) {
	w.Settings.Catalogs = l.catalogs()
	w.Settings.Calendars = l.calendars(w.Settings.Timezone)
	files := l.segmentFiles()
	keys := make([]string, len(files)) // not nil: in a workspace every segment is known
	for i, s := range files {
		keys[i] = s.Key
	}
	env, err := rules.New(rules.Attributes(w.attributes()), rules.Topics(w.topics()),
		rules.Segments(keys), rules.Affinities(w.Settings.AffinityNames()), rules.Catalogs(w.Settings.Catalogs), rules.Calendars(w.Settings.Calendars))
	if err != nil { // the attributes' kinds are checked before
		l.fail(settingsFile, 1, 1, "%s; write another", err)
		return
	}
	w.Segments = l.segments(files, env)
	for _, s := range w.Segments {
		w.Settings.Segments = append(w.Settings.Segments, store.Segment{Key: s.Key, Name: s.Name, Rule: s.Rule})
	}
	l.referenceSize(w)
}

// referenceSize names the longest file, where a cut is worth most.
func (l *loader) referenceSize(w *Workspace) {
	if total := w.Settings.Reference.Size(); total > store.MaxReference {
		largest := slices.MaxFunc(l.lookedUp, func(a, b sized) int { return a.bytes - b.bytes })
		l.fail(largest.file, 1, 1, "segments, catalogs and calendars have %d KB together, as they are published, and may have %d; "+
			"write the rows, columns and days that messages need", total>>10, store.MaxReference>>10)
	}
}

type sized struct {
	file  string
	bytes int
}
