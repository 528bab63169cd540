package message

import (
	"fmt"
	"maps"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
	localeForm = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)
	mjmlBody   = regexp.MustCompile(`^(\s|\{%[^%]*%\})*<mjml\b`)
	mjmlTag    = regexp.MustCompile(`</?(mj-[a-z]|mjml\b)`)
	markupForm = regexp.MustCompile(`<[A-Za-z!/][^<>]*>`)
)

// Parse reads a workspace's templates, given as file name -> source: `welcome.email.liquid`,
// `welcome.email.fr.liquid`, and partials such as `_footer.liquid`. It reports everything that is
// wrong at once; the set is usable only if there is no problem.
func Parse(files map[string]string) (*Set, []Problem) {
	p := &parsing{
		set:      &Set{templates: map[key]*Template{}, locales: map[key][]string{}},
		partials: map[string]*document{},
		params:   map[string]map[string]bool{},
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		p.file(file, files[file])
	}
	p.defaults()
	for _, t := range p.set.Templates() {
		p.names(t)
	}
	return p.set, sorted(p.problems)
}

type parsing struct {
	set      *Set
	partials map[string]*document
	params   map[string]map[string]bool
	problems []Problem
}

func (p *parsing) fail(file, format string, args ...any) {
	p.problems = append(p.problems, Problem{file, 1, 1, fmt.Sprintf(format, args...)})
}

func (p *parsing) file(file, text string) {
	base, ok := strings.CutSuffix(path.Base(file), ".liquid")
	if !ok {
		p.fail(file, "not a template's name; write <name>.<channel>.liquid")
		return
	}
	if len(text) > maxSource {
		p.fail(file, "this file has %d KB; a template has at most %d", len(text)>>10, maxSource>>10)
		return
	}
	if strings.ContainsRune(text, 0) {
		p.fail(file, "this file holds a NUL byte; save it as UTF-8 text")
		return
	}
	s := p.source(file, text)
	if name, ok := strings.CutPrefix(base, "_"); ok {
		if !nameForm.MatchString(name) {
			p.fail(file, "a partial's name is letters, digits, `_` and `-`; write _footer.liquid")
			return
		}
		if tag := mjmlTag.FindStringIndex(text); tag != nil {
			s.problem(tag[0], "a partial holds HTML, not tags of MJML; write them in the template, and {%% include %s %%} in an <mj-text> or <mj-raw>", strconv.Quote(name))
		}
		p.partials[name] = s.parse(text, 0)
		return
	}
	p.template(s, strings.Split(base, "."))
}

func (p *parsing) template(s *source, parts []string) {
	if len(parts) < 2 || len(parts) > 3 || !nameForm.MatchString(parts[0]) {
		p.fail(s.file, "not a template's name; write <name>.<channel>.liquid or <name>.<channel>.<locale>.liquid")
		return
	}
	t := &Template{Name: parts[0], Channel: parts[1], File: s.file, fields: map[string]*document{}}
	if _, ok := channelFields[t.Channel]; !ok {
		known := slices.Sorted(maps.Keys(channelFields))
		p.fail(s.file, "there is no channel %s; the channels are %s", t.Channel, strings.Join(known, ", "))
		return
	}
	if len(parts) == 3 {
		t.Locale = parts[2]
		if !localeForm.MatchString(t.Locale) {
			p.fail(s.file, "%s is no locale; write fr or pt-BR", t.Locale)
			return
		}
	}
	front, at, body := split(s.text)
	if body < 0 {
		s.problem(at, "the front matter is never closed; write --- on a line of its own after it")
		return
	}
	before := len(p.problems)
	if body > at || front != "" {
		s.frontMatter(t, front, at)
	}
	if t.Format == "" {
		t.Format = Text
		if t.Channel == "email" && mjmlBody.MatchString(s.text[body:]) {
			t.Format = MJML
		}
		if t.Format == Text && t.Channel == "email" && markupForm.MatchString(s.text[body:]) {
			t.Format = HTML
		}
	}
	if t.Channel == "email" && t.fields["subject"] == nil && len(p.problems) == before {
		s.problem(0, "an e-mail wants a subject; write `subject: \"...\"` between two lines of ---, at the top")
	}
	s.sender(t.fields["from"])
	if t.Format == MJML {
		t.Format, t.body = HTML, s.mjml(body)
	} else {
		t.body = s.parse(s.text[body:], body)
	}
	if !hasContent(t.body.nodes) {
		s.problem(body, "the message is empty; write its text below the front matter")
	}
	k := key{t.Name, t.Channel, canonicalLocale(t.Locale)}
	if other, ok := p.set.templates[k]; ok {
		p.fail(s.file, "this is the same template as %s; remove one", other.File)
		return
	}
	p.set.templates[k] = t
	if k.locale != "" {
		all := key{t.Name, t.Channel, ""}
		p.set.locales[all] = append(p.set.locales[all], k.locale)
	}
}

// sender checks a From that is the same for everyone; one with values in it shows at render.
func (s *source) sender(from *document) {
	if from == nil || len(from.nodes) != 1 {
		return
	}
	fixed, ok := from.nodes[0].(textNode)
	if !ok {
		return
	}
	if _, err := mail.ParseAddress(fixed.text); err != nil {
		s.problem(from.at, "cannot read `%s` as a sender; write from: \"Acme <hello@acme.example>\"", brief(fixed.text))
	}
}

// defaults wants for each message the file without locale, which every other reader gets.
func (p *parsing) defaults() {
	for k, locales := range p.set.locales {
		slices.Sort(locales)
		if _, ok := p.set.templates[k]; !ok {
			first := p.set.templates[key{k.name, k.channel, locales[0]}]
			p.fail(first.File, "people of other locales have no %s; write %s.%s.liquid", k.name, k.name, k.channel)
		}
	}
}

func (p *parsing) names(t *Template) {
	n := &names{set: p.partials, params: p.params, reads: map[string]Read{}, filters: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(t.fields)) {
		n.collect(t.fields[name])
	}
	n.collect(t.body)
	for _, k := range slices.Sorted(maps.Keys(n.reads)) {
		t.reads = append(t.reads, n.reads[k])
	}
	t.partials = p.partials
	t.filters = slices.Sorted(maps.Keys(n.filters))
}
