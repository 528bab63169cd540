package message

import (
	"maps"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// data are the roots whose names lint checks; given are those that are always there.
var (
	dataRoots  = []string{"user", "event", "entry", "results", "brand", "previous", "affinity", "score", "trending"}
	givenRoots = []string{"now", "unsubscribe_url", "preferences_url", "null"}
)

// names walks a template as a render would and collects what it reads, which filters it uses, and
// what it cannot mean.
type names struct {
	set     map[string]*document       // partials
	params  map[string]map[string]bool // by partial, what any file passes to it
	reads   map[string]Read
	filters map[string]bool
	secrets map[string]bool // nil: there are none here
	trail   []string        // partials being included
	total   int             // partials included, those within partials each time
}

func (n *names) collect(d *document) {
	n.nodes(d, d.nodes, map[string]bool{})
}

// nodes reads a list of nodes; scope holds the variables that the template made itself. Names are
// added in reading order and stay: a branch not taken leaves them absent, which is no mistake.
func (n *names) nodes(d *document, nodes []any, scope map[string]bool) {
	for _, node := range nodes {
		switch node := node.(type) {
		case outputNode:
			n.expression(d, node.expr, scope)
		case ifNode:
			for _, b := range node.branches {
				n.expression(d, b.test, scope)
				n.nodes(d, b.body, scope)
			}
		case caseNode:
			n.expression(d, node.subject, scope)
			for _, w := range node.whens {
				n.expression(d, w.expr, scope)
				n.nodes(d, w.body, scope)
			}
		case forNode:
			n.expression(d, node.expr, scope)
			inner := maps.Clone(scope)
			inner["forloop"], inner[node.loop.Variable] = true, true
			n.nodes(d, node.body, inner)
			delete(inner, "forloop")
			if !scope[node.loop.Variable] {
				delete(inner, node.loop.Variable)
			}
			maps.Copy(scope, inner)
			n.nodes(d, node.none, scope)
		case assignNode:
			n.expression(d, node.expr, scope)
			n.declare(d, node.name, node.at, scope)
		case captureNode:
			n.nodes(d, node.body, scope)
			n.declare(d, node.name, node.at, scope)
		case includeNode:
			n.include(d, node, scope)
		}
	}
}

func (n *names) declare(d *document, name string, at int, scope map[string]bool) {
	if slices.Contains(dataRoots, name) || slices.Contains(givenRoots, name) || name == "forloop" {
		d.source.problem(at, "`%s` is already given; write another name", name)
		return
	}
	scope[name] = true
}

func (n *names) include(d *document, node includeNode, scope map[string]bool) {
	inner := scope
	if node.isolated {
		inner = map[string]bool{}
	}
	// A parameter that another file passes may be left out here: the partial finds it absent.
	for name := range n.params[node.partial] {
		inner[name] = true
	}
	for _, p := range node.params {
		n.expression(d, p.expr, scope)
		n.declare(d, p.name, p.expr.at, inner)
	}
	partial, ok := n.set[node.partial]
	n.total++
	switch {
	case !ok:
		known := slices.Sorted(maps.Keys(n.set))
		hint := "add the file templates/_" + node.partial + ".liquid"
		if near := spelling.Nearest(node.partial, known); near != "" {
			hint = "write \"" + near + "\""
		}
		d.source.problem(node.at, "there is no partial _%s.liquid; %s", node.partial, hint)
	case slices.Contains(n.trail, node.partial):
		d.source.problem(node.at, "the partial %s includes itself (%s); remove one of the includes",
			node.partial, strings.Join(append(n.trail, node.partial), " -> "))
	case len(n.trail) == maxFiles:
		d.source.problem(node.at, "more than %d partials within each other", maxFiles)
	case n.total > maxIncludes:
		if n.total == maxIncludes+1 {
			d.source.problem(node.at, "partials are included more than %d times in one message, those within partials counted each time", maxIncludes)
		}
	default:
		n.trail = append(n.trail, node.partial)
		n.nodes(partial, partial.nodes, inner)
		n.trail = n.trail[:len(n.trail)-1]
	}
}

func (n *names) expression(d *document, e *expression, scope map[string]bool) {
	if e == nil {
		return
	}
	for _, f := range e.filters {
		n.filters[f.text] = true
		if f.text == catalogFilter {
			n.catalog(d, f)
			continue
		}
		if _, ok := standard[f.text]; ok {
			continue
		}
		switch near := spelling.Nearest(f.text, filterNames); {
		case f.text == "raw" || f.text == "safe":
			d.source.problem(f.at, "there is no filter %s: what people typed is always escaped; write the HTML in the template", f.text)
		case near != "":
			d.source.problem(f.at, "there is no filter %s; write %s", f.text, near)
		default:
			d.source.problem(f.at, "there is no filter %s; the filters are %s", f.text, strings.Join(filterNames, ", "))
		}
	}
	for _, r := range e.refs {
		n.reference(d, r, scope)
		if n.secrets != nil && r.path[0] == "secrets" && len(e.filters) > 0 {
			d.source.problem(e.at, "a secret is not known here, so no filter can change it; write {{ secrets.NAME }} alone")
		}
	}
}

func (n *names) reference(d *document, r ref, scope map[string]bool) {
	root := r.path[0]
	switch {
	case scope[root] || slices.Contains(givenRoots, root):
	case root == "secrets" && n.secrets != nil:
		n.secret(d, r)
	case root == "previous" && !n.previous(d, r):
	case slices.Contains(dataRoots, root):
		line, col := d.source.follow(r.at)
		read := Read{Root: root, Path: r.path[1:], File: d.source.file, Line: line, Col: col}
		n.reads[d.source.file+":"+read.String()+":"+position(line, col)] = read
	case root == "blank" || root == "empty":
		d.source.problem(r.at, "there is no `%s` here; write `x == \"\"` for an empty text and `x == nil` for an absent one", root)
	default:
		hint := "write user." + root + " for an attribute, event." + root + " for a property"
		if near := spelling.Nearest(root, append(append(slices.Sorted(maps.Keys(scope)), dataRoots...), givenRoots...)); near != "" {
			hint = "write " + near
		}
		d.source.problem(r.at, "nothing is called `%s` here; %s", root, hint)
	}
}
