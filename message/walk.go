package message

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/values"

	"github.com/mixtapehq/mixtape/rules"
)

// run is one render of one document.
type run struct {
	meter    *meter
	html     bool   // output is escaped
	escape   Escape // of what is no HTML; nil: none
	now      time.Time
	zone     *time.Location
	partials map[string]*document
	catalogs map[string]rules.Catalog
	names    []string // filters in use

	document *document // the file being walked: a partial's errors name the partial
	given    map[string]any
	out      *strings.Builder
	vars     map[string]any
	captured map[string]bool // variables that hold our own, already escaped, output
	ctx      expressions.Context
	cycles   map[string]int
	depth    int
}

func (r *run) scope(vars map[string]any) {
	r.vars, r.captured = vars, map[string]bool{}
	r.ctx = expressions.NewContext(vars, r.filters(r.names))
}

// fault is an error with its place.
func (r *run) fault(at int, err error) error {
	if _, known := errors.AsType[*RenderError](err); known {
		return err
	}
	line, col := r.document.source.place(at)
	return &RenderError{Problem{r.document.source.file, line, col, words(err)}}
}

// words tells what went wrong without the value that it went wrong with: that may be personal.
func words(err error) string {
	if l, ok := errors.AsType[limit](err); ok {
		return string(l)
	}
	if f, ok := errors.AsType[expressions.FilterError](err); ok {
		if l, ok := errors.AsType[limit](f.Err); ok {
			return string(l)
		}
		return "the filter " + f.FilterName + " cannot use what it is given here; write `default` before it, or check the value's kind with {% if %}"
	}
	return "a value here is not of the kind that is wanted; check it with {% if %}"
}

func (r *run) walk(nodes []any) error {
	for _, n := range nodes {
		if err := r.meter.spend(1); err != nil {
			return err
		}
		if err := r.step(n); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) step(n any) error {
	switch n := n.(type) {
	case textNode:
		return r.write(n.text)
	case outputNode:
		return r.output(n)
	case ifNode:
		return r.conditional(n)
	case caseNode:
		return r.cases(n)
	case forNode:
		return r.loop(n)
	case assignNode:
		v, err := r.evaluate(n.expr, n.value)
		if err != nil {
			return err
		}
		r.bind(n.name, plain(v))
		return nil
	case captureNode:
		return r.capture(n)
	case cycleNode:
		i := r.cycles[n.group+"\x00"+strings.Join(n.values, "\x00")]
		r.cycles[n.group+"\x00"+strings.Join(n.values, "\x00")] = i + 1
		return r.write(n.values[i%len(n.values)])
	case jumpNode:
		return n.signal
	case includeNode:
		return r.include(n)
	}
	return nil
}

func (r *run) write(s string) error {
	r.meter.memory += len(s)
	if r.meter.memory > maxMemory || r.out.Len()+len(s) > maxValue {
		return tooMuchMemory
	}
	r.out.WriteString(s)
	return r.meter.spend(len(s) / 64)
}

func (r *run) evaluate(e *expression, eval expressions.Expression) (any, error) {
	if err := r.meter.evaluate(e); err != nil {
		return nil, r.fault(e.at, err)
	}
	v, err := eval.Evaluate(r.ctx)
	if err != nil {
		return nil, r.fault(e.at, err)
	}
	return v, nil
}

func (r *run) output(n outputNode) error {
	v, err := r.evaluate(n.expr, n.expr.eval)
	if err != nil {
		return err
	}
	safe, isSafe := v.(values.SafeValue)
	if isSafe {
		v = safe.Value
	}
	if size := weigh(v, maxValue); size > maxValue {
		return r.fault(n.expr.at, tooLarge)
	}
	if whole(v) {
		return r.fault(n.expr.at, limit("this is an object and not a text; write one of its values"))
	}
	s := r.text(v)
	if r.escape != nil && !r.captured[n.expr.bare] {
		return r.write(r.escape(r.out.String(), s))
	}
	if !r.html || isSafe || r.captured[n.expr.bare] {
		return r.write(s)
	}
	if err := r.meter.spend(len(s) / 32); err != nil {
		return r.fault(n.expr.at, err)
	}
	var escaped strings.Builder
	if _, err := render.HtmlEscaper.WriteString(&escaped, s); err != nil {
		return err
	}
	return r.write(escaped.String())
}

func (r *run) conditional(n ifNode) error {
	for _, b := range n.branches {
		if b.test == nil {
			return r.walk(b.body)
		}
		v, err := r.evaluate(b.test, b.test.eval)
		if err != nil {
			return err
		}
		if truth := v != nil && v != false; truth != b.not {
			return r.walk(b.body)
		}
	}
	return nil
}

func (r *run) cases(n caseNode) error {
	subject, err := r.evaluate(n.subject, n.subject.eval)
	if err != nil {
		return err
	}
	for _, w := range n.whens {
		if w.expr == nil {
			return r.walk(w.body)
		}
		for _, eval := range w.values {
			v, err := r.evaluate(w.expr, eval)
			if err != nil {
				return err
			}
			if err := r.meter.spend(1 + r.meter.heaviest/64); err != nil {
				return r.fault(w.expr.at, err)
			}
			if values.Equal(plain(subject), plain(v)) {
				return r.walk(w.body)
			}
		}
	}
	return nil
}

func (r *run) capture(n captureNode) error {
	outer := r.out
	r.out = &strings.Builder{}
	err := r.walk(n.body)
	text := r.out.String()
	r.out = outer
	if err != nil {
		return err
	}
	if err := r.meter.hold(len(text)); err != nil {
		return r.fault(n.at, err)
	}
	r.vars[n.name], r.captured[n.name] = text, true
	return nil
}

// include walks a partial: in the scope of the file that includes it, or, for `render`, in one of
// its own.
func (r *run) include(n includeNode) error {
	partial := r.partials[n.partial]
	if partial == nil || r.depth >= maxFiles {
		return r.fault(n.at, limit("partials include each other too deeply"))
	}
	if err := r.meter.spend(20); err != nil {
		return r.fault(n.at, err)
	}
	params := make(map[string]any, len(n.params))
	for _, p := range n.params {
		v, err := r.evaluate(p.expr, p.expr.eval)
		if err != nil {
			return err
		}
		params[p.name] = plain(v)
	}
	inner := *r
	inner.document, inner.depth = partial, r.depth+1
	if n.isolated {
		vars := maps.Clone(r.given)
		maps.Copy(vars, params)
		inner.scope(vars)
		return inner.walk(partial.nodes)
	}
	for name, v := range params {
		defer r.bind(name, v)()
	}
	return inner.walk(partial.nodes)
}

// bind sets a variable and returns what puts the former one back.
func (r *run) bind(name string, v any) (restore func()) {
	old, had := r.vars[name]
	captured := r.captured[name]
	r.vars[name] = v
	delete(r.captured, name)
	return func() {
		if !had {
			delete(r.vars, name)
			delete(r.captured, name)
			return
		}
		r.vars[name], r.captured[name] = old, captured
	}
}
