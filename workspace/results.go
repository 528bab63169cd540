package workspace

import (
	"maps"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/spelling"
)

// left is what a step leaves in results.
type left struct {
	step, kind string
	at         int // place of the step in the file's order
}

// outline is what a journey leaves where, and which steps come round again.
type outline struct {
	leaves  map[string]left     // by name in results
	order   map[string]int      // by step
	repeats map[string][]string // by step, the repeats around it
}

// outlineOf reads the steps of a journey off its source.
func outlineOf(root *document.Node) outline {
	o := outline{leaves: map[string]left{}, order: map[string]int{}, repeats: map[string][]string{}}
	o.read(root, nil)
	return o
}

func (o *outline) read(n *document.Node, around []string) {
	if n == nil {
		return
	}
	id := n.Get("id")
	for _, item := range n.Items {
		o.read(item, around)
	}
	if id != nil && n.Kind == document.Object {
		o.order[id.Text] = len(o.order)
		o.repeats[id.Text] = around
	}
	for _, f := range n.Fields {
		inside := around
		if id != nil {
			switch kind := f.Key.Text; kind {
			case "wait_for", "collect", "experiment":
				o.leaves[inResults(id.Text)] = left{id.Text, kind, o.order[id.Text]}
			case "call":
				if name := f.Value.Get("save_as"); name != nil {
					o.leaves[inResults(name.Text)] = left{id.Text, kind, o.order[id.Text]}
				}
			case "repeat":
				inside = append(slices.Clone(around), id.Text)
			}
		}
		o.read(f.Value, inside)
	}
}

// inResults is how rules and templates write a name.
func inResults(name string) string { return strings.ReplaceAll(name, "-", "_") }

// reading checks what a journey's templates, and the texts of its calls, read: results must stand
// before the step that uses them.
func (l *loader) reading(w *Workspace, j Journey) {
	root, err := document.Read([]byte(j.Source))
	if err != nil {
		return // the compiler says so
	}
	o := outlineOf(root)
	for _, send := range j.Sends() {
		for _, t := range w.set.Templates() {
			if t.Name == send.Template && slices.Contains(send.Channels, t.Channel) {
				l.resultsOf(j.Key()+"/"+send.ID, send.ID, t.Reads(), o)
			}
		}
	}
	l.calling(w, j, root, o)
}

// resultsOf checks the results that are read at a step; shown is what problems call it.
func (l *loader) resultsOf(shown, step string, reads []message.Read, o outline) {
	for _, r := range reads {
		if r.Root != "results" || len(r.Path) == 0 {
			continue
		}
		if text := o.wrong(r.Path, step); text != "" {
			p := problem(r.File, r.Line, r.Col, "%s", text)
			p.Step = shown
			l.problems = append(l.problems, p)
		}
	}
}

// wrong says what is wrong with a name in results, as read at a step.
func (o *outline) wrong(path []string, step string) string {
	name := path[0]
	from, known := o.leaves[name]
	switch {
	case !known && len(o.leaves) == 0:
		return "no step of the journey leaves a result; write it without results." + name
	case !known:
		hint := "a step with this id"
		if near := spelling.Nearest(name, slices.Sorted(maps.Keys(o.leaves))); near != "" {
			hint = "results." + near
		}
		return "no step of the journey leaves the result " + name + "; write " + hint
	case from.at >= o.order[step] && !o.comesAgain(from.step, step):
		return "the result " + name + " is not known yet at this step; write the step behind " + from.step
	case len(path) == 1:
		return ""
	}
	switch from.kind {
	case "wait_for":
		if path[1] != "arm" && path[1] != "event" {
			return "a wait_for leaves arm and event, not " + path[1] + "; write results." + name + "." + spelling.Instead(path[1], []string{"arm", "event"})
		}
	case "collect":
		if !slices.Contains([]string{"size", "first", "last"}, path[1]) {
			return "a collect leaves a list; write {% for item in results." + name + " %} and item." + path[1]
		}
	case "experiment":
		return "an experiment leaves the name of the variant; write results." + name
	}
	return ""
}

// comesAgain tells whether a repeat is around both steps: what the later one left is there in the next
// round.
func (o *outline) comesAgain(a, b string) bool {
	return slices.ContainsFunc(o.repeats[a], func(id string) bool { return slices.Contains(o.repeats[b], id) })
}
