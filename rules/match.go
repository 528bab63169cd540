package rules

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"

	"github.com/google/cel-go/common/ast"
)

// A pattern's cost for a text is bounded by the product of their sizes.
const (
	maxPattern      = 500   // characters
	matchSteps      = 20    // of beginning to match
	maxClasses      = 200   // of characters, in all patterns of a rule
	maxInstructions = 2_000 // of the compiled pattern; repeats such as {100} multiply it
)

// matchFunctions ask whether a text looks so or so; of anything but texts they are false.
func matchFunctions() map[string]function {
	return map[string]function{
		"contains":   textTest(`user.email.contains("@acme.")`, strings.Contains, "(strpos(%s, %s) > 0)"),
		"startsWith": textTest(`user.plan.startsWith("pro")`, strings.HasPrefix, "starts_with(%s, %s)"),
		"endsWith":   textTest(`user.email.endsWith(".org")`, strings.HasSuffix, "rules.ends_with(%s, %s)"),
		"matches":    {usage: matchesUsage, member: true, global: true, least: 2, most: 2, compile: compileMatches},
	}
}

const matchesUsage = `user.email.matches("^[a-z]+@acme[.]org$")`

func textTest(usage string, holds func(s, part string) bool, sql string) function {
	return function{usage: usage, member: true, least: 2, most: 2, compile: func(c *compiler, cl call) node {
		x, y := c.compile(cl.target), c.compile(cl.args[0])
		c.refuseMoving(cl.target, x, cl.name+"()")
		c.refuseMoving(cl.args[0], y, cl.name+"()")
		left, right := x.value, y.value
		return test(x.size+y.size+1, func(r *run) bool {
			s, ok := left(r).(string)
			if !ok {
				return false
			}
			part, ok := right(r).(string)
			return ok && r.spend(int64(len(s)/8)) && holds(s, part)
		}).asSQL(func(t *translation) term {
			return testTerm(fmt.Sprintf(sql, t.asText(t.term(x)), t.asText(t.term(y))))
		})
	}}
}

func compileMatches(c *compiler, cl call) node {
	values := cl.all()
	x := c.compile(values[0])
	c.refuseMoving(values[0], x, "matches()")
	pattern, ok := c.text(values[1], "the pattern")
	if !ok {
		return absent()
	}
	re, instructions := c.pattern(values[1], pattern)
	value := x.value
	return test(x.size+1, func(r *run) bool {
		s, ok := value(r).(string)
		return ok && r.spend(matchSteps+int64(len(s)+1)*instructions) && re.MatchString(s)
	}).asSQL(func(t *translation) term {
		text := t.asText(t.term(x))
		like, ok := postgresPattern(pattern)
		if !ok {
			return t.refuse("Postgres, which is asked for all people at once, does not know all of this pattern; " +
				"write it with plain characters, sets such as [a-z], ., *, +, ?, | and ( )")
		}
		return testTerm("(" + text + " ~ " + t.arg("text", like) + ")")
	})
}

// pattern compiles a regular expression (RE2) within the limits.
func (c *compiler) pattern(e ast.Expr, pattern string) (*regexp.Regexp, int64) {
	if len(pattern) > maxPattern {
		c.problem(c.start(e), "the pattern is longer than %d characters; write a shorter one, or several", maxPattern)
		return nil, 0
	}
	if c.classes += classes(pattern); c.classes > maxClasses {
		c.problem(c.start(e), `the patterns of this rule name too many classes of characters; write fewer such as \pL, and fewer long ranges behind (?i)`)
		return nil, 0
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		c.problem(c.start(e), "this is not a regular expression that RE2 knows (%s); write for example %s", err, matchesUsage)
		return nil, 0
	}
	if size := instructions(tree); size > maxInstructions {
		c.problem(c.start(e), "the pattern repeats so much that it could take too long; write smaller repeats than {%d}", maxInstructions)
		return nil, 0
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		c.problem(c.start(e), "this is not a regular expression that RE2 knows (%s); write for example %s", err, matchesUsage)
		return nil, 0
	}
	return re, int64(instructions(tree))
}

// classes weighs what takes long to read in a pattern: classes of characters by name, which are tables, and
// ranges beyond ASCII whose other case has to be found for each character in them.
func classes(pattern string) int {
	n := strings.Count(pattern, `\p`) + strings.Count(pattern, `\P`)
	beyond := strings.Contains(pattern, `\x`) || strings.ContainsFunc(pattern, func(c rune) bool { return c > unicode.MaxASCII })
	if beyond && strings.Contains(pattern, "(?") {
		n += 20 * strings.Count(pattern, "-")
	}
	return n
}

// instructions bounds the size of the compiled pattern without compiling it.
func instructions(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return min(size, 1<<30)
}
