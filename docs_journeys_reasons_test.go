package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documentedReasons are the rows of a table below a heading of docs/journeys.md.
func documentedReasons(t *testing.T, heading string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, "docs/journeys.md"), "### "+heading+"\n")
	if !ok {
		t.Fatalf("docs/journeys.md has no heading %s", heading)
	}
	part, _, _ := strings.Cut(rest, "\n#")
	var all []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(part, -1) {
		all = append(all, m[1])
	}
	return all
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, read(t, file), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// texts are the texts within a part of the code, in order; constants among them by name.
func texts(t *testing.T, part ast.Node, constants map[string]string) []string {
	t.Helper()
	var all []string
	ast.Inspect(part, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind == token.STRING && err == nil && text != "" {
				all = append(all, text)
			}
		case *ast.Ident:
			if text, ok := constants[n.Name]; ok {
				all = append(all, text)
			}
		}
		return true
	})
	return all
}

// constants are those of a block whose comment begins so, by name.
func constants(t *testing.T, file, comment string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, d := range parsed(t, file).Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST || !strings.HasPrefix(block.Doc.Text(), comment) {
			continue
		}
		for _, s := range block.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			if text := texts(t, spec, nil); len(text) == 1 {
				all[spec.Names[0].Name] = text[0]
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no constants under %q", file, comment)
	}
	return all
}

// refusals are what EntryVerdict may return, in the order in which it asks.
func refusals(t *testing.T) (all []string) {
	t.Helper()
	named := constants(t, "journey/reason.go", "Refusals of an entry")
	ast.Inspect(parsed(t, "journey/entry.go"), func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name != "EntryVerdict" {
			return false
		}
		if r, ok := n.(*ast.ReturnStmt); ok {
			all = append(all, texts(t, r, named)...)
		}
		return true
	})
	return all
}

// docs/journeys.md tells of every reason that the lists of the code have, and of no other.
func TestReasonsAreDocumented(t *testing.T) {
	t.Parallel()
	skips := constants(t, "gate/gate.go", "The reasons for which a message is skipped")
	ends := constants(t, "journey/reason.go", "Exit reasons")
	for heading, known := range map[string][]string{
		"Why a message was skipped": slices.Sorted(maps.Values(skips)),
		"Why a run ended":           slices.Sorted(maps.Values(ends)),
	} {
		if diff := cmp.Diff(known, slices.Sorted(slices.Values(documentedReasons(t, heading)))); diff != "" {
			t.Errorf("%s (-there are +docs/journeys.md tells of):\n%s", heading, diff)
		}
	}
	if diff := cmp.Diff(refusals(t), documentedReasons(t, "Why an entry was refused")); diff != "" {
		t.Errorf("refusals, in order (-there are +docs/journeys.md tells of):\n%s", diff)
	}
}
