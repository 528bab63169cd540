package workspace

import (
	"encoding/json"
	"errors"
	"maps"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/store"
)

// Override returns the settings with some of their keys written anew, as a case does to show what a
// journey makes of others. What rules look up stays as it is.
func (w *Workspace) Override(keys *document.Node) (store.Settings, []Problem) {
	written, ok := keys.Value().(map[string]any)
	if !ok {
		return w.Settings, []Problem{problem(settingsFile, keys.Line, keys.Column, "workspace is %s; write keys of workspace.yaml", keys.Shape())}
	}
	whole := map[string]any{}
	if root, err := document.Read([]byte(w.written)); err == nil {
		if as, ok := root.Value().(map[string]any); ok {
			maps.Copy(whole, as)
		}
	}
	maps.Copy(whole, written)
	text, err := json.Marshal(whole) // is YAML, too
	if err != nil {
		return w.Settings, []Problem{problem(settingsFile, keys.Line, keys.Column, "workspace cannot be read: %s", err)}
	}
	l := &loader{}
	s := l.settingsReader()
	root, err := s.Read(text)
	var at *document.Error
	if errors.As(err, &at) {
		return w.Settings, []Problem{problem(settingsFile, at.Line, at.Column, "%s", at.Message)}
	}
	s.workspace(root)
	for i := range l.problems { // the place in the text made here says nothing
		l.problems[i].Line, l.problems[i].Column = keys.Line, keys.Column
	}
	s.Settings.Reference = w.Settings.Reference
	return s.Settings, l.problems
}
