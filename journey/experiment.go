package journey

import (
	"math"
	"slices"
	"strconv"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
)

// experiment is the step that sends each profile one of several ways, by lot, and always the same.
type experiment struct {
	passing
	variants []variant
	assign   string
	metric   string
	floor    float64 // of a bandit: the least chance of a variant
	personal bool    // of a bandit: it chooses for the person
	context  []string
}

type variant struct {
	name    string
	weight  float64
	steps   []*step // of a control: none
	control bool
}

func readExperiment(c *compiler, s *step, n *document.Node) body {
	b := &experiment{}
	f, ok := c.Mapping(n, "an experiment", "{variants: [{name: a, weight: 1, steps: ...}, {name: control, weight: 1, control: true}]}")
	if !ok {
		return b
	}
	base := c.ran
	var left []string
	list := f.Want("variants", "variants: and a list of {name, weight, steps}")
	if list != nil && list.Kind != document.List {
		c.Fail(list, "variants is %s; write a list of {name, weight, steps}", list.Shape())
	} else if list != nil {
		for _, item := range list.Items {
			c.ran = base
			b.readVariant(c, item)
			left = append(left, c.ran[len(base):]...)
		}
		if len(list.Items) < 2 {
			c.Fail(list, "an experiment compares at least two variants and this one has %d; write two, one of them may be a control", len(list.Items))
		}
	}
	c.ran = append(base[:len(base):len(base)], append(left, resultName(s.id))...)
	assign := f.Get("assign")
	b.assign = c.OneOf(assign, "assign", "fixed", "bandit")
	b.floor = b.readFloor(c, f.Get("floor"))
	if v := f.Get("per_person"); v != nil {
		if b.personal = c.Yes(v, "per_person"); b.personal && b.assign != "bandit" {
			c.Fail(v, "only a bandit chooses for the person; write assign: bandit")
		}
	}
	if v := f.Get("context"); v != nil {
		if b.context = c.Names(v, "context", "the names of attributes"); !b.personal {
			c.Fail(v, "context is by what a variant is chosen for the person; write per_person: true, or leave it out")
		}
	}
	if v := f.Get("metric"); v != nil {
		b.metric, _ = c.Text(v, "metric", "the name of an event")
	}
	f.Done()
	return b
}

// leastChance is of each variant of a bandit, where nothing is said.
const leastChance = 0.05

func (b *experiment) readFloor(c *compiler, n *document.Node) float64 {
	if n == nil {
		return min(leastChance, 1/float64(max(1, len(b.variants))))
	}
	x, err := strconv.ParseFloat(n.Text, 64)
	most := 1 / float64(max(1, len(b.variants)))
	switch {
	case n.Kind != document.Scalar || err != nil || !(x > 0) || x > most:
		c.Fail(n, "floor is the least chance of each variant; write a number above 0 and at most %.2g, such as 0.05", most)
	case b.assign != "bandit":
		c.Fail(n, "only a bandit has a floor; write assign: bandit, or leave it out")
	}
	return x
}

func (b *experiment) readVariant(c *compiler, n *document.Node) {
	f, ok := c.Mapping(n, "a variant", "{name: a, weight: 1, steps: ...}")
	if !ok {
		return
	}
	v := variant{weight: 1}
	name := f.Want("name", "name: and what it is called")
	if text, ok := c.Text(name, "name", "one such as short"); ok {
		v.name = text
		if !keyPattern.MatchString(text) {
			c.Fail(name, "the name %q is not a plain name; write small letters, digits, - and _, at most 63", text)
		}
		if slices.ContainsFunc(b.variants, func(o variant) bool { return o.name == text }) {
			c.Fail(name, "two variants are called %s; write another name", text)
		}
	}
	if weight := f.Get("weight"); weight != nil {
		x, err := strconv.ParseFloat(weight.Text, 64)
		if weight.Kind != document.Scalar || err != nil || !(x > 0) || math.IsInf(x, 0) {
			c.Fail(weight, "weight is how often the variant is drawn beside the others; write a number above 0, such as 1")
			x = 1
		}
		v.weight = x
	}
	control := false
	if yes := f.Get("control"); yes != nil {
		control = c.Yes(yes, "control")
		v.control = control
	}
	steps := f.Get("steps")
	switch {
	case control && steps != nil:
		c.Fail(steps, "a control does nothing; write it without steps")
	case !control && steps == nil && !f.Has("steps"):
		c.Fail(n, "the variant has no steps; write steps: and a list, or control: true")
	case steps != nil:
		v.steps = c.steps(steps, "a variant")
	}
	f.Done()
	b.variants = append(b.variants, v)
}

func (b *experiment) lists() [][]*step {
	all := make([][]*step, 0, len(b.variants))
	for _, v := range b.variants {
		all = append(all, v.steps)
	}
	return all
}

func (b *experiment) ends() bool {
	return len(b.variants) > 0 && !slices.ContainsFunc(b.variants, func(v variant) bool { return !ended(v.steps) })
}

func (b *experiment) look(w *walk, at *step, _ bool) turn {
	v, chance := b.draw(w, at)
	w.drawn = append(w.drawn, Draw{Step: at.id, Variant: v.name, Chance: chance, Metric: b.metric, Context: w.f.Context[at.id]})
	w.s.leave(at, v.name)
	to := firstOf(v.steps, at.next)
	w.note(at.id, "experiment", v.name, at.id+": "+v.name+toward(to), map[string]any{"variant": v.name})
	return goOn(to)
}

// draw is the variant of a profile: what a case says, else the winner of a weighted rendezvous (Wang
// and Ravishankar, "Hash-Based Virtual Hierarchies for Scalable Location Service", with the weights of
// Schindelhauer and Schomaker's logarithmic method): each variant draws -ln(u)/weight from a hash of
// its own, and the least wins. A variant that grows takes from all others and moves nobody between them.
func (b *experiment) draw(w *walk, at *step) (drawn variant, chance float64) {
	weights, all := b.weights(w, at), 0.0
	for _, x := range weights {
		all += x
	}
	choose := func(name string) bool {
		i := slices.IndexFunc(b.variants, func(v variant) bool { return v.name == name })
		if i >= 0 {
			drawn, chance = b.variants[i], weights[i]/all
		}
		return i >= 0
	}
	if name, pinned := w.f.Chance[at.id]; pinned && choose(name) {
		return drawn, chance
	}
	if name, before := w.f.Assigned[at.id]; before && choose(name) { // for ever, however weights have moved
		return drawn, chance
	}
	best, least := b.variants[0].name, math.Inf(1)
	for i, v := range b.variants {
		if x := -math.Log(profile.Lot(w.j.key, at.id, w.f.Profile.ID, v.name)) / weights[i]; x < least {
			best, least = v.name, x
		}
	}
	choose(best)
	return drawn, chance
}

// weights are those of a bandit as they were worked out last, else as they are written.
func (b *experiment) weights(w *walk, at *step) []float64 {
	learned := w.f.Weights[at.id]
	all := make([]float64, len(b.variants))
	for i, v := range b.variants {
		if all[i] = v.weight; b.assign == "bandit" && len(learned) == len(b.variants) && learned[v.name] > 0 {
			all[i] = learned[v.name]
		}
	}
	return all
}

// Draws are the variants that the experiments of the journey know, by step: what a case may pin.
func (j *Journey) Draws() map[string][]string {
	all := map[string][]string{}
	for _, s := range j.order {
		if b, ok := s.body.(*experiment); ok {
			for _, v := range b.variants {
				all[s.id] = append(all[s.id], v.name)
			}
		}
	}
	return all
}

// Trial is an experiment of a journey, as it is written.
type Trial struct {
	Step     string
	Metric   string // empty: the goal
	Bandit   bool
	Floor    float64  // of a bandit: the least chance of a variant
	Personal bool     // of a bandit: it chooses for the person
	Context  []string // attributes by which it does
	Control  string   // the control's name; empty: there is none
	Variants []string
	Shares   []float64 // of the people, that each is meant to get
}

// Learns tells whether an experiment of the journey draws by what came of it before.
func (j *Journey) Learns() bool {
	return slices.ContainsFunc(j.order, func(s *step) bool {
		b, ok := s.body.(*experiment)
		return ok && b.assign == "bandit"
	})
}

// Trials are the journey's experiments, in the order of the file.
func (j *Journey) Trials() []Trial {
	var all []Trial
	for _, s := range j.order {
		b, ok := s.body.(*experiment)
		if !ok {
			continue
		}
		t, sum := Trial{Step: s.id, Metric: b.metric, Bandit: b.assign == "bandit", Floor: b.floor, Personal: b.personal, Context: b.context}, 0.0
		for _, v := range b.variants {
			sum += v.weight
		}
		for _, v := range b.variants {
			t.Variants, t.Shares = append(t.Variants, v.name), append(t.Shares, v.weight/sum)
			if v.control {
				t.Control = v.name
			}
		}
		all = append(all, t)
	}
	return all
}
