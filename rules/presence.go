package rules

import (
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
)

// presenceFunctions ask whether something is there at all.
func presenceFunctions() map[string]function {
	const usage = "has(user.plan)"
	return map[string]function{
		"has": {usage: usage, global: true, least: 1, most: 1, compile: func(c *compiler, cl call) node {
			arg := cl.args[0]
			field := arg.Kind() == ast.SelectKind ||
				arg.Kind() == ast.CallKind && arg.AsCall().FunctionName() == operators.Index
			if !field {
				c.problem(c.start(arg), "has() asks for a field; write %s", usage)
				return absent()
			}
			x := c.compile(arg)
			value := x.value
			return test(x.size+1, func(r *run) bool { return value(r) != nil }).asSQL(func(t *translation) term {
				return testTerm(all(t.term(x).present()))
			})
		}},
	}
}
