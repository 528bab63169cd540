package rules

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"github.com/mixtapehq/mixtape/spelling"
)

// known complains of a name that means nothing where the rule stands; field is what stands after
// its dot, if anything.
func (c *compiler) known(e ast.Expr, name, field string) bool {
	if c.scope.has(name) {
		return true
	}
	c.problem(c.start(e), "%s", c.noSuchName(name, field))
	return false
}

func (c *compiler) noSuchName(name, field string) string {
	names := c.scope.names()
	for _, v := range c.vars {
		names = append(names, v.name)
	}
	if ScopeStep.has(name) {
		return quoted(name) + " is not known in " + c.scope.place() + "; write " + spelling.Listed(names)
	}
	if near := spelling.Nearest(name, names); near != "" {
		if field != "" {
			near += "." + field
		}
		return "there is no " + quoted(name) + "; write " + near
	}
	if f, ok := c.env.functions[name]; ok {
		return quoted(name) + " is a function; write " + f.usage
	}
	if field != "" {
		return "there is no " + quoted(name) + "; write user." + name + "." + field + " for an attribute, or start from " + spelling.Listed(names)
	}
	return "there is no " + quoted(name) + "; write " + quoted(name) + " in quotes for the text, or user." + name + " for the attribute"
}

// hyphen complains of a subtraction that was meant as the name of a result: first-share, which CEL
// reads as first minus share.
func (c *compiler) hyphen(e ast.Expr) bool {
	meant, ok := dashed(e)
	if !ok || !slices.Contains(c.results, meant) {
		return false
	}
	c.problem(c.start(e), "in results a hyphen is written _; write results.%s", meant)
	return true
}

// dashed is the name that results.a - b - c spells, and also with fields after it.
func dashed(e ast.Expr) (string, bool) {
	switch e.Kind() {
	case ast.SelectKind:
		if o := e.AsSelect().Operand(); o.Kind() == ast.IdentKind && o.AsIdent() == nameResults {
			return e.AsSelect().FieldName(), true
		}
	case ast.CallKind:
		if e.AsCall().FunctionName() != operators.Subtract {
			return "", false
		}
		args := e.AsCall().Args()
		head, ok := dashed(args[0])
		tail := args[1]
		for tail.Kind() == ast.SelectKind {
			tail = tail.AsSelect().Operand()
		}
		if ok && tail.Kind() == ast.IdentKind {
			return head + "_" + tail.AsIdent(), true
		}
	}
	return "", false
}

// remedy is "write prefix+nearest name", or else the alternative.
func remedy(name string, names []string, prefix, otherwise string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return "write " + prefix + near
	}
	return otherwise
}

func quoted(s string) string { return `"` + s + `"` }
