package trial

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// judge compares what a case expects with what happened. Messages and calls are all listed; lines of
// another kind as soon as the case has one.
func (c *Case) judge(all []Line) (rows []Row, ok bool) {
	listed := map[Kind]bool{Send: true, Call: true}
	for _, e := range c.Expect {
		listed[e.Kind] = true
	}
	actual := slices.DeleteFunc(slices.Clone(all), func(l Line) bool { return !listed[l.Kind] })
	return c.align(actual)
}

// Row is one line of the comparison: what was expected, what happened, or both.
type Row struct {
	Expected *Expectation
	Actual   *Line
	Wrong    string // why they differ; empty where they agree
}

// align puts what belongs together side by side: a longest common sequence, where lines of one kind
// and name that differ otherwise still stand beside each other.
func (c *Case) align(actual []Line) (rows []Row, ok bool) {
	n, m := len(c.Expect), len(actual)
	worth := make([][]int, n+1)
	for i := range worth {
		worth[i] = make([]int, m+1)
	}
	pair := func(i, j int) int {
		switch e, a := &c.Expect[i], &actual[j]; {
		case c.differs(e, a) == "":
			return 1000
		case e.Kind == a.Kind && e.Name == a.Name:
			return 10
		case e.Kind == a.Kind:
			return 1
		}
		return 0
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			worth[i][j] = max(worth[i+1][j], worth[i][j+1])
			if w := pair(i, j); w > 0 {
				worth[i][j] = max(worth[i][j], w+worth[i+1][j+1])
			}
		}
	}
	ok = true
	for i, j := 0, 0; i < n || j < m; {
		w := 0
		if i < n && j < m {
			w = pair(i, j)
		}
		switch {
		case w > 0 && worth[i][j] == w+worth[i+1][j+1]:
			row := Row{Expected: &c.Expect[i], Actual: &actual[j], Wrong: c.differs(&c.Expect[i], &actual[j])}
			ok = ok && row.Wrong == ""
			rows, i, j = append(rows, row), i+1, j+1
		case j >= m || i < n && worth[i+1][j] >= worth[i][j+1]:
			rows, i, ok = append(rows, Row{Expected: &c.Expect[i], Wrong: "it did not happen"}), i+1, false
		default:
			rows, j, ok = append(rows, Row{Actual: &actual[j], Wrong: "it was not expected"}), j+1, false
		}
	}
	return rows, ok
}

// differs says in what a line is not as expected.
func (c *Case) differs(e *Expectation, a *Line) string {
	switch {
	case e.Kind != a.Kind:
		return "it is another kind of line"
	case e.Name != "" && e.Name != a.Name:
		return "name"
	case e.At != nil && !e.At.Matches(a.At, c.At, a.At.Location()):
		return "time"
	case e.Channel != "" && e.Channel != a.Channel:
		return "channel"
	case e.Locale != "" && !strings.EqualFold(e.Locale, a.Locale):
		return "locale"
	case e.Reason != "" && e.Reason != a.Reason:
		return "reason"
	case e.Key != nil && *e.Key != a.Key:
		return "key"
	case e.Journey != "" && e.Journey != a.Journey:
		return "journey"
	case e.Count != nil && *e.Count != a.Count:
		return "number"
	case e.Holds != "" && !strings.Contains(a.Subject, e.Holds) && !strings.Contains(a.Body, e.Holds):
		return "text"
	}
	for name, want := range e.Update {
		if got, set := a.Update[name]; !set || !reflect.DeepEqual(got, want) {
			return "attribute " + name
		}
	}
	return ""
}

// String is the expectation in one line.
func (e Expectation) String() string {
	parts := []string{}
	if e.At != nil {
		parts = append(parts, e.At.String())
	}
	parts = append(parts, string(e.Kind), e.about())
	for _, f := range []struct{ name, value string }{
		{"channel", e.Channel}, {"locale", e.Locale}, {"reason", e.Reason}, {"journey", e.Journey},
	} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value)
		}
	}
	if e.Key != nil {
		parts = append(parts, "key "+*e.Key)
	}
	if e.Holds != "" {
		parts = append(parts, fmt.Sprintf("contains %q", e.Holds))
	}
	return strings.Join(parts, " ")
}

func (e Expectation) about() string {
	if e.Count != nil {
		return fmt.Sprint(*e.Count)
	}
	return cmp.Or(e.Name, pairs(e.Update))
}

// String is the line as a timeline shows it.
func (l Line) String() string {
	parts := []string{l.At.Format("2006-01-02 15:04"), string(l.Kind)}
	if l.At.Second() != 0 {
		parts[0] = l.At.Format(time.DateTime)
	}
	switch l.Kind {
	case Collect:
		parts = append(parts, fmt.Sprint(l.Count))
	case Update:
		parts = append(parts, pairs(l.Update))
	default:
		parts = append(parts, l.Name)
	}
	for _, f := range []struct{ name, value string }{{"channel", l.Channel}, {"locale", l.Locale}, {"reason", l.Reason}, {"key", l.Key}} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value)
		}
	}
	return strings.Join(parts, " ")
}

func pairs(values map[string]any) string {
	all := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, fmt.Sprintf("%s: %v", name, values[name]))
	}
	return strings.Join(all, ", ")
}
