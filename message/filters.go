package message

import (
	"fmt"
	"html"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/filters"
	"github.com/osteele/liquid/values"
)

type filterTable map[string]reflect.Value

// AddFilter lets the library fill the table.
func (t filterTable) AddFilter(name string, fn any) { t[name] = reflect.ValueOf(fn) }

// standard holds the library's filters but those that are for debugging.
var standard = func() filterTable {
	t := filterTable{}
	filters.AddStandardFilters(t)
	for _, name := range []string{"inspect", "type"} {
		delete(t, name)
	}
	return t
}()

var filterNames = slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(standard)), catalogFilter)))

// filters gives the expressions of one render the filters that they name, each under the meter.
func (r *run) filters(names []string) expressions.Config {
	cfg := expressions.NewConfig()
	for _, name := range names {
		cfg.AddFilter(name, func(in any, args ...any) (any, error) { return r.filter(name, in, args) })
	}
	return cfg
}

// filter applies one filter: it pays for the work and for the largest value that could come out
// before anything is made.
func (r *run) filter(name string, in any, args []any) (any, error) {
	in = plain(in)
	size := weigh(in, maxValue)
	for i := range args {
		args[i] = plain(args[i])
		size += weigh(args[i], maxValue)
	}
	if size > maxValue {
		return nil, tooLarge
	}
	if err := r.meter.spend(filterWork(name, in, size)); err != nil {
		return nil, err
	}
	if most := filterSize(name, in, args, size); most > maxValue {
		return nil, tooLarge
	}
	out, err := r.apply(name, in, args)
	if err != nil {
		return nil, err
	}
	size = weigh(out, maxValue)
	if err := r.meter.spend(size / 32); err != nil {
		return nil, err
	}
	return out, r.meter.hold(size)
}

// plain drops the mark of escaped HTML: a filter's result is data again.
func plain(v any) any {
	if safe, ok := v.(values.SafeValue); ok {
		return safe.Value
	}
	return v
}

func (r *run) apply(name string, in any, args []any) (any, error) {
	switch name {
	case "date":
		return r.date(in, args)
	case "divided_by":
		return divide(in, args)
	case catalogFilter:
		return r.row(in, args)
	case "escape", "escape_once", "newline_to_br":
		if r.html {
			return markup(name, in), nil
		}
	}
	fn := standard[name]
	if list := reflect.TypeFor[[]any](); fn.Type().In(0) == list {
		in = asList(in)
	}
	return values.Call(fn, append([]any{in}, args...))
}

// markup applies a filter whose result is HTML; what it was given is escaped on the way.
func markup(name string, in any) any {
	s := text(in)
	if name == "escape_once" {
		s = html.UnescapeString(s)
	}
	s = html.EscapeString(s)
	if name == "newline_to_br" {
		s = strings.ReplaceAll(s, "\n", "<br>\n")
	}
	return values.SafeValue{Value: s}
}

// asList makes a list of one of what is no list, as Liquid does.
func asList(v any) any {
	switch v.(type) {
	case nil, values.Range:
		return v
	}
	if k := reflect.ValueOf(v).Kind(); k == reflect.Slice || k == reflect.Array {
		return v
	}
	return []any{v}
}

// divide keeps whole numbers whole and is absent where there is nothing to divide or to divide by.
func divide(in any, args []any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("divided_by wants one number")
	}
	a, aWhole, aOK := number(in)
	b, bWhole, bOK := number(args[0])
	if !aOK || !bOK || b == 0 {
		return nil, nil
	}
	if aWhole && bWhole {
		return int(math.Floor(a / b)), nil
	}
	return a / b, nil
}

func number(v any) (n float64, whole, ok bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true, true
	case int64:
		return float64(v), true, true
	case float64:
		return v, false, true
	case string:
		f, err := values.Convert(v, reflect.TypeFor[float64]())
		if err != nil {
			return 0, false, false
		}
		n = f.(float64)
		return n, n == math.Trunc(n) && !strings.Contains(v, "."), true
	}
	return 0, false, false
}

// filterWork estimates units of work from the sizes of what goes in.
func filterWork(name string, in any, size int) int {
	n := count(in)
	switch name {
	case "sort", "sort_natural":
		return 10 + size/32 + n*log(n)
	case "uniq":
		return 10 + size/32 + n*n/8
	case "strip_html", "handleize", "handle", "split", "truncatewords":
		return 20 + size/4
	case "date":
		return 20 + 6*size // what its format is made of costs more than a copy
	case "where", "map", "sum":
		return 10 + size/32 + 2*n
	}
	return 10 + size/16
}

// filterSize bounds the size of what comes out. Escaping makes six bytes of one at most.
func filterSize(name string, in any, args []any, size int) int {
	subject, ok := in.(string)
	if !ok {
		subject = ""
	}
	arg := func(i int) string {
		if i < len(args) {
			return text(args[i])
		}
		return ""
	}
	switch name {
	case "replace":
		return size + pieces(subject, arg(0))*len(arg(1))
	case "remove":
		return size
	case "split":
		return size + sizeScalar*(pieces(subject, arg(0))+1)
	case "join":
		return size + count(in)*(len(arg(0))+1)
	case "escape", "escape_once", "url_encode", "json", "newline_to_br":
		return 6 * size
	}
	return 2*size + 100
}

// pieces bounds how often sep occurs in s.
func pieces(s, sep string) int {
	if sep == "" {
		return len(s) + 1
	}
	return strings.Count(s, sep)
}
