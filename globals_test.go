package main_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// Package-level variables are for what never changes: errors, compiled expressions, tables,
// embedded files. State belongs to a value that somebody makes and hands on.
func TestNoPackageHoldsState(t *testing.T) {
	t.Parallel()
	for folder, files := range byFolder(sources(t)) {
		files = slices.DeleteFunc(files, func(s source) bool { return s.isTest() || ast.IsGenerated(s.file) })
		for _, found := range state(files) {
			t.Errorf("%s: %s", folder, found)
		}
	}
}

// TestStateIsFound holds the rule above to its word.
func TestStateIsFound(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		`var errGone = errors.New("gone")`:                                  false,
		`var word = regexp.MustCompile("[a-z]+")`:                           false,
		`var units = map[string]int{"s": 1}`:                                false,
		"//go:embed a.sql\nvar schema string":                               false,
		`var _ error = (*Error)(nil)`:                                       false,
		`var n = 1; func f() { n := 2; n++; _ = n }`:                        false,
		`var units = []int{1}; func f() { for i := range units { _ = i } }`: false,

		`var n int`:                                             true,
		`var mu sync.Mutex`:                                     true,
		`var cache = sync.Map{}`:                                true,
		`var cache = &sync.Map{}`:                               true,
		`var cache = map[string]*atomic.Int64{}`:                true,
		`var seen = make(map[string]bool)`:                      true,
		`var n = 1; func f() { n = 2 }`:                         true,
		`var n = 1; func f() { n++ }`:                           true,
		`var m = map[string]int{}; func f() { m["a"] = 1 }`:     true,
		`var m = map[string]int{}; func f() { delete(m, "a") }`: true,
		`var c = config{}; func f() { c.a.b = 1 }`:              true,
		`var c = config{}; func f() { load(&c) }`:               true,
		`var n = 1; func f() { for n = range 3 {} }`:            true,
	} {
		if found := state([]source{parse(t, "p.go", "package p\n"+code)}); (len(found) > 0) != want {
			t.Errorf("%s\nfound %q, want %t", code, found, want)
		}
	}
}

// state lists the package-level variables that can change, and why.
func state(files []source) []string {
	var found []string
	declared := map[string]ast.Node{} // by name, its ValueSpec
	for _, s := range files {
		for _, decl := range s.file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				spec := spec.(*ast.ValueSpec)
				if spec.Names[0].Name == "_" {
					continue
				}
				for _, name := range spec.Names {
					declared[name.Name] = spec
				}
				if why := mutable(vars, spec); why != "" {
					found = append(found, spec.Names[0].Name+" "+why)
				}
			}
		}
	}
	for _, s := range files {
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, name := range changed(n) {
				// Resolved to something else within the file, it is a shadow.
				if spec := declared[name.Name]; spec != nil && (name.Obj == nil || name.Obj.Decl == spec) {
					found = append(found, name.Name+" is changed, or its address taken, in "+s.path)
				}
			}
			return true
		})
	}
	return found
}

// mutable tells why a variable is state by its declaration alone.
func mutable(vars *ast.GenDecl, spec *ast.ValueSpec) string {
	if len(spec.Values) == 0 {
		for _, doc := range []*ast.CommentGroup{vars.Doc, spec.Doc} {
			if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
				return ""
			}
		}
		return "has no value, so it waits for one"
	}
	why := ""
	for _, value := range spec.Values {
		ast.Inspect(value, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				if called, ok := n.Fun.(*ast.Ident); ok && (called.Name == "make" || called.Name == "new") {
					why = "starts empty, so it is to be filled"
				}
			case *ast.CompositeLit:
				why = guarded(n, why)
			}
			return true
		})
	}
	return why
}

// guarded tells whether a literal is made of what exists only to change.
func guarded(literal *ast.CompositeLit, why string) string {
	ast.Inspect(literal, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if from, ok := selector.X.(*ast.Ident); ok && (from.Name == "sync" || from.Name == "atomic") {
				why = "holds a " + from.Name + "." + selector.Sel.Name
			}
		}
		return true
	})
	return why
}

// changed lists the variables that a statement or expression assigns to, in whole or in part, or
// hands out the address of.
func changed(n ast.Node) []*ast.Ident {
	var targets []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			targets = n.Lhs
		}
	case *ast.IncDecStmt:
		targets = []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			targets = []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			targets = []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if called, ok := n.Fun.(*ast.Ident); ok && (called.Name == "delete" || called.Name == "clear") && len(n.Args) > 0 {
			targets = n.Args[:1]
		}
	}
	var names []*ast.Ident
	for _, target := range targets {
		if name := root(target); name != nil {
			names = append(names, name)
		}
	}
	return names
}

// root is the variable that an expression such as a.b[c] begins with.
func root(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	}
	return nil
}
