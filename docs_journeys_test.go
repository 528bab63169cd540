package main_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/workspace/trial"
)

// The chapters of docs/journeys.md that describe fields: those of a journey's file, of its steps, of
// a file of cases.
const (
	aboutFiles = "The file"
	aboutSteps = "Steps"
	aboutCases = "Cases"
)

// none is a field that nothing has.
const none = "zzzqqq"

// place is a mapping of the language: the chapter, and the fields that lead there, such as
// wait_for.any. What surrounds it in a file is put around a text by within.
type place struct {
	chapter, path string
	within        func(string) string
}

// problemsOf reads a text as what the chapter is about.
func (p place) problemsOf(text string) []string {
	var found []journey.Problem
	if p.chapter == aboutCases {
		_, found = trial.Read("x.test.yaml", []byte(text))
	} else {
		_, found = journey.Compile("x.yaml", []byte(text), journey.Options{Zone: "Europe/Paris"})
	}
	var all []string
	for _, one := range found {
		all = append(all, one.Message)
	}
	return all
}

func (p place) below(field string, form func(string) string) place {
	path := strings.TrimPrefix(p.path+"."+field, ".")
	return place{p.chapter, path, func(v string) string { return p.within("{" + field + ": " + form(v) + "}") }}
}

var noField = regexp.MustCompile(`^(.*) has no field ` + none + `; write one of (.*)$`)

// fields are those that the code knows there, in alphabetical order; what is what it calls the place.
func (p place) fields() (what string, names []string) {
	for _, message := range p.problemsOf(p.within("{" + none + ": 1}")) {
		if m := noField.FindStringSubmatch(message); m != nil {
			return m[1], strings.Split(m[2], ", ")
		}
	}
	return "", nil
}

// places are all mappings of the language, found by asking the code at each field whether one is there.
func places(t *testing.T) map[string]place {
	t.Helper()
	roots := []place{
		{aboutFiles, "", func(v string) string { return v }},
		{aboutSteps, "", func(v string) string { return "{journey: x, entry: {event: go}, steps: [" + v + "]}" }},
		{aboutCases, "", func(v string) string { return v }},
	}
	forms := []func(string) string{
		func(v string) string { return v },
		func(v string) string { return "[" + v + "]" },
		func(v string) string { return "{" + none + ": " + v + "}" },
		func(v string) string { return "{" + none + ": [" + v + "]}" },
	}
	all := map[string]place{}
	var visit func(p place)
	visit = func(p place) {
		all[p.chapter+": "+p.path] = p
		_, names := p.fields()
		for _, name := range names {
			for _, form := range forms {
				next := p.below(name, form)
				what, _ := next.fields()
				if what == "" || what == "a step" {
					continue
				}
				if _, had := all[next.chapter+": "+next.path]; !had {
					visit(next)
				}
			}
		}
	}
	for _, root := range roots {
		visit(root)
	}
	if len(all) < 20 {
		t.Fatalf("only %d mappings are found", len(all))
	}
	return all
}

// field is a row of a table: a field, what may be written, what holds when it is left out, the rest.
type field struct{ name, kind, otherwise, meaning string }

// block is an example.
type block struct {
	chapter, text string
	line          int
}

// journeysPage takes docs/journeys.md apart: tables by chapter and path, headings, examples.
func journeysPage(t *testing.T) (tables map[string][]field, headings []string, blocks []block) {
	t.Helper()
	tables = map[string][]field{}
	chapter, paths, inside := "", []string{""}, false
	cell := regexp.MustCompile(` \| `)
	for i, line := range strings.Split(read(t, "docs/journeys.md"), "\n") {
		switch {
		case inside && line == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1].text += line + "\n"
		case line == "```yaml":
			inside = true
			blocks = append(blocks, block{chapter: chapter, line: i + 1})
		case strings.HasPrefix(line, "## "):
			chapter, paths = strings.TrimPrefix(line, "## "), []string{""}
		case strings.HasPrefix(line, "### "), strings.HasPrefix(line, "#### "):
			paths = nil
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				paths = append(paths, m[1])
				headings = append(headings, chapter+": "+m[1])
			}
		case strings.HasPrefix(line, "| `"):
			cells := cell.Split(strings.Trim(line, "| "), 4)
			if len(cells) == 4 {
				f := field{strings.Trim(cells[0], "`"), cells[1], cells[2], cells[3]}
				for _, path := range paths {
					tables[chapter+": "+path] = append(tables[chapter+": "+path], f)
				}
			}
		}
	}
	return tables, headings, blocks
}

// docs/journeys.md tells of every step and every field, and of no other.
func TestEveryFieldOfJourneysIsDocumented(t *testing.T) {
	t.Parallel()
	tables, headings, _ := journeysPage(t)
	known := places(t)
	for at, p := range known {
		var written []string
		for _, f := range tables[at] {
			written = append(written, f.name)
		}
		slices.Sort(written)
		if _, names := p.fields(); !slices.Equal(written, names) {
			t.Errorf("%s\n  has        %v\n  documented %v", at, names, written)
		}
		for _, f := range tables[at] {
			checkField(t, at, p, f)
		}
	}
	for at := range tables {
		if _, there := known[at]; !there {
			t.Errorf("docs/journeys.md has fields of %s, which has none", at)
		}
	}
	_, kinds := known[aboutSteps+": "].fields()
	for _, kind := range kinds {
		if kind != "id" && !slices.Contains(headings, aboutSteps+": "+kind) {
			t.Errorf("docs/journeys.md does not tell of the step %s", kind)
		}
	}
}

var (
	closedList = regexp.MustCompile(`cannot be ` + none + `; write (.*)$`)
	wanted     = regexp.MustCompile(`has no (\w+); write`)
	span       = regexp.MustCompile("`([0-9]+)(s|d|%|)` to `([0-9]+)(s|d|%|)`")
)

// checkField holds a row against the code: words that may be written, the default, whether the field
// must be there, and the limits.
func checkField(t *testing.T, at string, p place, f field) {
	t.Helper()
	problems := func(value string) []string { return p.problemsOf(p.within("{" + f.name + ": " + value + "}")) }
	for _, message := range problems(none) {
		m := closedList.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		words := strings.Split(strings.ReplaceAll(m[1], " or ", ", "), ", ")
		var written []string
		for _, m := range codeSpan.FindAllStringSubmatch(f.kind, -1) {
			written = append(written, m[1])
		}
		for _, word := range words {
			if !slices.Contains(written, word) {
				t.Errorf("%s: %s can be %s, and its kind is given as %s", at, f.name, word, f.kind)
			}
		}
		if !strings.HasPrefix(f.otherwise, "required") && !strings.HasPrefix(f.otherwise, "`"+words[0]+"`") {
			t.Errorf("%s: %s is %s when it is left out, not %s", at, f.name, words[0], f.otherwise)
		}
	}
	mentioned := false
	for _, message := range p.problemsOf(p.within("{" + none + ": 1}")) {
		if noField.MatchString(message) {
			continue
		}
		mentioned = mentioned || regexp.MustCompile(`\b`+f.name+`\b`).MatchString(message)
		if m := wanted.FindStringSubmatch(message); m != nil && m[1] == f.name && !strings.HasPrefix(f.otherwise, "required") {
			t.Errorf("%s: %s must be there, and docs/journeys.md does not say that it is required", at, f.name)
		}
	}
	if strings.HasPrefix(f.otherwise, "required") && !mentioned {
		t.Errorf("%s: %s may be left out, and docs/journeys.md says that it is required", at, f.name)
	}
	if m := span.FindStringSubmatch(f.meaning); m != nil {
		low, _ := strconv.Atoi(m[1])
		high, _ := strconv.Atoi(m[3])
		least, most := problems(m[1]+m[2]), problems(m[3]+m[4])
		if !slices.Equal(least, most) {
			t.Errorf("%s: %s, %s: one of them is refused: %v, %v", at, f.name, m[0], least, most)
		}
		for _, outside := range []string{strconv.Itoa(low-1) + m[2], strconv.Itoa(high+1) + m[4]} {
			if len(problems(outside)) <= len(least) {
				t.Errorf("%s: %s may be %s, and docs/journeys.md says %s", at, f.name, outside, m[0])
			}
		}
	}
}
