package message

import (
	"regexp"
)

// catalogFilter is the filter that looks a row up: {{ event.sku | catalog: "products" }}. Its name
// stands there as text, so that lint can tell whether there is such a catalog.
const catalogFilter = "catalog"

var catalogForm = regexp.MustCompile(`^catalog:\s*(?:"([^"]*)"|'([^']*)')`)

// catalog notes which catalog a filter looks into.
func (n *names) catalog(d *document, f word) {
	m := catalogForm.FindStringSubmatch(d.source.after(f.at))
	if m == nil {
		d.source.problem(f.at, `catalog wants the name of one in quotes; write {%% assign item = event.sku | catalog: "products" %%}`)
		return
	}
	line, col := d.source.follow(f.at)
	read := Read{Root: catalogFilter, Path: []string{m[1] + m[2]}, File: d.source.file, Line: line, Col: col}
	n.reads[d.source.file+":"+read.String()+":"+position(line, col)] = read
}

// row is a catalog's row by its key, a text or a number; absent where there is none.
func (r *run) row(key any, args []any) (any, error) {
	if len(args) != 1 {
		return nil, nil
	}
	switch key.(type) {
	case string, int, float64:
	default:
		return nil, nil
	}
	if row := r.catalogs[text(args[0])][text(key)]; row != nil {
		return native(row, 0), nil
	}
	return nil, nil
}
