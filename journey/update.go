package journey

import (
	"maps"
	"slices"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/spelling"
)

// update is the step that changes the profile.
type update struct {
	leaf
	passing
	set     []assignment // in the order of the file
	unset   []string
	consent map[string]bool
}

func readUpdate(c *compiler, _ *step, n *document.Node) body {
	b := &update{}
	f, ok := c.Mapping(n, "an update", "set:, unset: or consent:")
	if !ok {
		return b
	}
	if !f.Has("set") && !f.Has("unset") && !f.Has("consent") {
		c.Fail(n, "an update changes nothing; write set:, unset: or consent:")
	}
	if v := f.Get("set"); v != nil {
		for _, x := range v.Fields {
			c.attribute(x.Key, x.Key.Text)
		}
		b.set = c.assignments(v, "set", "attribute: and a rule", func(name string) string { return "unset: [" + name + "]" })
	}
	unset := f.Get("unset")
	for _, name := range c.Names(unset, "unset", "the name of an attribute") {
		c.attribute(unset, name)
		if slices.ContainsFunc(b.set, func(a assignment) bool { return a.name == name }) {
			c.Fail(unset, "%s is set and unset; write one of them", name)
		}
		b.unset = append(b.unset, name)
	}
	if v := f.Get("consent"); v != nil {
		b.consent = readConsent(c, v)
	}
	f.Done()
	return b
}

func readConsent(c *compiler, n *document.Node) map[string]bool {
	if _, ok := c.Mapping(n, "consent", "topic: true, or topic: false"); !ok {
		return nil
	}
	all := map[string]bool{}
	for _, x := range n.Fields {
		key := x.Key.Text
		topic, channel := profile.SplitConsent(key)
		if channel != "" && !slices.Contains(channelNames(), channel) {
			c.Fail(x.Key, "there is no channel %s; write %s", channel, spelling.Instead(channel, channelNames()))
		}
		if _, known := c.o.Topics[topic]; !known && len(c.o.Topics) > 0 && topic != "" {
			hint := "it under topics: in workspace.yaml"
			if near := spelling.Nearest(topic, slices.Sorted(maps.Keys(c.o.Topics))); near != "" {
				hint = near
			}
			c.Fail(x.Key, "there is no topic %s; write %s", topic, hint)
		}
		all[key] = c.Yes(x.Value, key)
	}
	return all
}

func (b *update) look(w *walk, at *step, _ bool) turn {
	change := &Change{Unset: slices.Clone(b.unset)}
	if set := w.valuesOf(b.set, at); len(set) > 0 {
		change.Set = set
	}
	change.Consent = maps.Clone(b.consent)
	return turn{action: &Action{Kind: Update, Update: change}}
}
