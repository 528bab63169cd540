package workspace

import (
	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/message"
)

// calling checks the templates of call steps, where they stand in the journey's file.
func (l *loader) calling(w *Workspace, j Journey, root *document.Node, o outline) {
	lines := document.Lines([]byte(j.Source))
	for _, t := range j.CallTemplates() {
		node := nodeAt(root, t.Line, t.Column)
		if node == nil { // an alias stands elsewhere
			node = &document.Node{Kind: document.Scalar, Text: t.Source, Line: t.Line, Column: t.Column}
		}
		snippet, problems := message.ParseSnippet(j.File, t.Source)
		for _, p := range problems {
			line, col := node.Place(lines, p.Line, p.Col)
			at := problem(j.File, line, col, "%s", p.Message)
			at.Step = t.Step
			l.problems = append(l.problems, at)
		}
		if snippet == nil {
			continue
		}
		reads := snippet.Reads()
		for i, r := range reads {
			reads[i].Line, reads[i].Col = node.Place(lines, r.Line, r.Col)
		}
		l.resultsOf(t.Step, t.Step, reads, o)
		from := len(l.problems)
		for _, r := range reads {
			l.workspaceName(w, r)
		}
		for i := range l.problems[from:] {
			l.problems[from+i].Step = t.Step
		}
	}
}

// nodeAt finds the scalar that begins at a place.
func nodeAt(n *document.Node, line, column int) *document.Node {
	if n == nil {
		return nil
	}
	if n.Kind == document.Scalar && n.Line == line && n.Column == column {
		return n
	}
	for _, item := range n.Items {
		if found := nodeAt(item, line, column); found != nil {
			return found
		}
	}
	for _, f := range n.Fields {
		if found := nodeAt(f.Value, line, column); found != nil {
			return found
		}
	}
	return nil
}
