package message

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Snippet is a Liquid text that is no message: the URL, a header or the body of what a call sends. It
// never changes and may be rendered by many goroutines at once.
type Snippet struct {
	document *document
	filters  []string
	reads    []Read
	secrets  []string
}

// ParseSnippet reads a text; file is what its problems call it. The text is usable only if there is no
// problem. Beside what templates know it may take secrets.NAME.
func ParseSnippet(file, text string) (*Snippet, []Problem) {
	p := &parsing{params: map[string]map[string]bool{}}
	if len(text) > maxSource {
		p.fail(file, "this text has %d KB; write at most %d", len(text)>>10, maxSource>>10)
		return nil, p.problems
	}
	s := p.source(file, text)
	t := &Snippet{document: s.parse(text, 0)}
	n := &names{reads: map[string]Read{}, filters: map[string]bool{}, secrets: map[string]bool{}}
	n.collect(t.document)
	for _, k := range slices.Sorted(maps.Keys(n.reads)) {
		t.reads = append(t.reads, n.reads[k])
	}
	t.filters, t.secrets = slices.Sorted(maps.Keys(n.filters)), slices.Sorted(maps.Keys(n.secrets))
	return t, sorted(p.problems)
}

// Reads lists every name that the text takes from user, event, entry, results and brand.
func (t *Snippet) Reads() []Read { return slices.Clone(t.reads) }

// Secrets lists the secrets that the text takes, sorted.
func (t *Snippet) Secrets() []string { return slices.Clone(t.secrets) }

// Escape makes a value fit where it lands: before is all that was written up to there.
type Escape func(before, value string) string

// Render writes the text with every value escaped (nil: as it is). Of a secret it writes what secret
// makes of its name. The only errors are *RenderError.
func (t *Snippet) Render(d Data, secret func(name string) string, escape Escape) (out string, err error) {
	r := &run{meter: &meter{}, now: d.Now, zone: d.Zone, names: t.filters, cycles: map[string]int{}, escape: escape}
	if r.zone == nil {
		r.zone = time.UTC
	}
	of := &Template{File: t.document.source.file}
	defer func() {
		// The expression library raises what it did not foresee; a call must not end a process.
		if p := recover(); p != nil {
			out, err = "", of.fail("this text cannot be rendered with what is known of this person")
		}
	}()
	if err := of.give(r, d); err != nil {
		return "", err
	}
	secrets := map[string]any{}
	for _, name := range t.secrets {
		secrets[name] = secret(name)
	}
	r.given["secrets"] = secrets
	text, err := r.render(t.document, false)
	return strings.ToValidUTF8(text, ""), err
}

// secretForm is how secrets are called: as environment variables.
var secretForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)

// secret notes a secret, where there are any.
func (n *names) secret(d *document, r ref) {
	const form = "write secrets.NAME, in capitals, digits and _"
	if len(r.path) != 2 || !secretForm.MatchString(r.path[1]) {
		d.source.problem(r.at, "this is not how a secret is named; %s", form)
		return
	}
	n.secrets[r.path[1]] = true
}
