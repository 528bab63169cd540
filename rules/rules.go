// Package rules compiles and evaluates rules: CEL expressions that are true or false of one
// profile at one moment. A compiled rule also tells what it reads, so that one query can fetch
// just that, and when its verdict can next change without anything happening.
//
// Rules follow CEL except where data about people needs more patience: what is absent (missing,
// null, out of range, unreadable) makes a comparison false and never an error, all numbers are one
// kind, and a value beside a timestamp is read as a date. Evaluation never fails, reads no clock
// of its own and always ends.
package rules

import (
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/parser"
)

// Position is where something stands in a user's file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

// String is FILE:LINE:COLUMN, as editors read it.
func (p Position) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong with a rule, in words for whoever wrote it. Where a remedy is
// known the message ends with "; write ...".
type Problem struct {
	Position Position
	Message  string
}

// String is FILE:LINE:COLUMN: MESSAGE.
func (p Problem) String() string { return p.Position.String() + ": " + p.Message }

// Kind is what sort of value an attribute or a rule has.
type Kind string

// The kinds. Unknown is the kind of what depends on the profile.
const (
	Unknown  Kind = ""
	Bool     Kind = "bool"
	Number   Kind = "number"
	String   Kind = "string"
	Date     Kind = "date"
	Duration Kind = "duration"
	List     Kind = "list"
	Map      Kind = "map"
	Bytes    Kind = "bytes"
	Type     Kind = "type"
)

// Env is what rules of one workspace share. It never changes and is safe for concurrent use.
type Env struct {
	parser     *parser.Parser
	functions  map[string]function
	attributes map[string]Kind            // nil: none declared, any name goes
	topics     map[string]bool            // nil: none declared, any name goes
	segments   []string                   // likewise
	affinities []string                   // likewise
	catalogs   map[string]func() []string // their columns
	calendars  map[string]Calendar

	seenAttributes, seenEvents []string   // empty: nobody said which
	runs                       *sync.Pool // of *run
}

// Option settles one thing of an Env.
type Option func(*Env) error

// Attributes declares the attributes that profiles have. Rules that read another one are then
// refused; id, email, phone, timezone and locale need no declaration. An empty map declares nothing.
func Attributes(declared map[string]Kind) Option {
	return func(e *Env) error {
		if len(declared) == 0 {
			return nil
		}
		e.attributes = builtIn()
		for name, kind := range declared {
			switch kind {
			case Unknown, Bool, Number, String, Date, List, Map:
				e.attributes[name] = kind
			default:
				return fmt.Errorf("attribute %q cannot be of kind %q; write string, number, bool or date", name, kind)
			}
		}
		return nil
	}
}

// builtIn are the attributes that need no declaration.
func builtIn() map[string]Kind {
	return map[string]Kind{"id": String, "email": String, "phone": String, "timezone": String, "locale": String}
}

// Topics declares the topics and whether somebody who never said so is subscribed to each. Rules
// that ask about another topic are then refused. An empty map declares nothing: any topic goes and
// counts as subscribed.
func Topics(subscribed map[string]bool) Option {
	return func(e *Env) error {
		if len(subscribed) == 0 {
			return nil
		}
		e.topics = make(map[string]bool, len(subscribed))
		for topic, s := range subscribed {
			e.topics[topic] = s
		}
		return nil
	}
}

// Segments names the segments that there are. Rules that ask about another one are then refused. Nil
// declares nothing; an empty list says that there are none.
func Segments(names []string) Option {
	return func(e *Env) error {
		e.segments = names
		return nil
	}
}

// Affinities names those that are learned. Rules that ask what is on the rise of another one are then refused. Nil
// declares nothing; an empty list says that there are none.
func Affinities(names []string) Option {
	return func(e *Env) error {
		e.affinities = names
		return nil
	}
}

// Catalogs declares the catalogs, and by their rows the columns, that rules may look into. It does not
// give the rules any data: that is in Facts. Nil declares nothing; an empty map says that there are
// none.
func Catalogs(declared map[string]Catalog) Option {
	return func(e *Env) error {
		if declared == nil {
			return nil
		}
		e.catalogs = make(map[string]func() []string, len(declared))
		for name, catalog := range declared {
			e.catalogs[name] = sync.OnceValue(catalog.columns)
		}
		return nil
	}
}

// Calendars declares the calendars that rules may ask about, likewise.
func Calendars(declared map[string]Calendar) Option {
	return func(e *Env) error {
		e.calendars = declared
		return nil
	}
}

// New makes the environment in which a workspace's rules are compiled.
func New(opts ...Option) (*Env, error) {
	p, err := parser.NewParser(
		// No macros: has, all, where and the like stay calls, and are compiled here.
		parser.EnableIdentEscapeSyntax(true),
		parser.MaxRecursionDepth(maxNesting),
		parser.ExpressionSizeCodePointLimit(maxSource),
		parser.ErrorReportingLimit(maxSyntaxErrors),
	)
	if err != nil {
		return nil, fmt.Errorf("rules: set up the parser: %w", err)
	}
	e := &Env{parser: p, functions: functions(), runs: &sync.Pool{}}
	for _, opt := range opts {
		if err := opt(e); err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
	}
	return e, nil
}

// CompileOption tells of the place where one rule stands.
type CompileOption func(*compiler)

// Results names what the steps before the rule leave in `results`: step ids and save_as names.
// A hyphen in one counts as the underscore that rules write for it. Without this option a rule
// that reads any result is refused.
func Results(names ...string) CompileOption {
	return func(c *compiler) {
		for _, name := range names {
			c.results = append(c.results, strings.ReplaceAll(name, "-", "_"))
		}
	}
}

// Compile reads a rule that stands at the given position. It returns every problem at once, and a
// rule only when there is none.
func (e *Env) Compile(src string, at Position, s Scope, opts ...CompileOption) (*Rule, []Problem) {
	c := &compiler{env: e, scope: s, at: at, source: src, iterations: 1}
	for _, opt := range opts {
		opt(c)
	}
	tree := c.parse()
	if tree == nil {
		return nil, c.sorted()
	}
	n := c.compile(tree)
	if len(c.problems) > 0 {
		return nil, c.sorted()
	}
	return &Rule{env: e, source: src, root: n, reads: c.reads.clone()}, nil
}

// Rule is a compiled rule. It is safe for concurrent use.
type Rule struct {
	env    *Env
	source string
	root   node
	reads  Reads
}

// String is the rule as it was written.
func (r *Rule) String() string { return r.source }

// Kind is the kind of the rule's value, or Unknown when that depends on the profile.
func (r *Rule) Kind() Kind { return r.root.kind }

// Reads says what the rule needs to know.
func (r *Rule) Reads() Reads { return r.reads.clone() }
