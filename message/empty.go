package message

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/spelling"
)

// Empty is a name in a template that stands for nothing, and why.
type Empty struct {
	Read
	Why string
}

// Empty lists the names that the template reads and that are empty with this data, in the order of their places. One that
// a `default` helps out with is among them: the reader sees that.
func (t *Template) Empty(d Data) []Empty {
	roots := map[string]map[string]any{
		"user": d.User, "event": d.Event, "entry": d.Entry, "results": d.Results, "brand": d.Brand, "previous": sent(d.Previous),
		"affinity": d.Computed["affinity"], "score": d.Computed["score"], "trending": d.Computed["trending"],
	}
	var all []Empty
	for _, r := range t.reads {
		from, known := roots[r.Root]
		if !known || len(r.Path) == 0 {
			continue
		}
		if why, empty := missing(r, from); empty {
			all = append(all, Empty{Read: r, Why: why})
		}
	}
	slices.SortFunc(all, func(a, b Empty) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Col-b.Col)
	})
	return all
}

// missing follows a name into what is given, and says where it ends.
func missing(r Read, from map[string]any) (why string, empty bool) {
	var value any = from
	for i, name := range r.Path {
		switch inside := value.(type) {
		case map[string]any:
			next, there := inside[name]
			if !there {
				return absent(r.Root, r.Path[:i], name, inside), true
			}
			value = next
		case []any:
			return "", false // size, first and last are of lists
		default:
			return strings.Join(append([]string{r.Root}, r.Path[:i]...), ".") + " is no mapping, so nothing is in it", true
		}
	}
	switch value := value.(type) {
	case nil:
		return "it is set to null", true
	case string:
		return "it is an empty text", strings.TrimSpace(value) == ""
	}
	return "", false
}

func absent(root string, path []string, name string, inside map[string]any) string {
	near := ""
	if known := slices.Sorted(maps.Keys(inside)); len(known) > 0 {
		if n := spelling.Nearest(name, known); n != "" {
			near = "; there is " + n
		}
	}
	if len(path) > 0 {
		if root == "previous" {
			return "nothing has gone to this person through " + path[0] + " before"
		}
		return strings.Join(append([]string{root}, path...), ".") + " has no " + name + near
	}
	switch root {
	case "user":
		return "this profile has no attribute " + name + near
	case "event", "entry":
		if len(inside) == 0 {
			return "no event was given for this preview"
		}
		return "the event that was given has no property " + name + near
	case "results":
		return "no step has left it: no results were given for this preview"
	case "affinity", "score":
		return "nothing was learned of this person under " + name + near
	case "trending":
		return "nothing of " + name + " is on the rise, or it was not learned yet"
	case "brand":
		return "voice.brand of workspace.yaml has no " + name + near
	default:
		return "nothing has gone to this person through " + name + " before"
	}
}
