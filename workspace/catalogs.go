package workspace

import (
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mixtapehq/mixtape/rules"
)

// Limits of one catalog. What is far beyond is a database's export and belongs into one.
const (
	maxRows    = 10_000
	maxColumns = 50
	maxCell    = 2_000 // bytes

	maxComplaints = 50 // about one catalog or calendar
)

// catalogs reads catalogs/<name>.csv.
func (l *loader) catalogs() map[string]rules.Catalog {
	all := map[string]rules.Catalog{}
	l.folder("catalogs", ".csv", func(file, name, text string) {
		all[name] = l.catalog(file, text)
	})
	return all
}

// folder visits the files of a folder whose names end as they should, by name.
func (l *loader) folder(folder, suffix string, visit func(file, name, text string)) {
	for _, entry := range l.list(folder) {
		file := path.Join(folder, entry)
		name, ok := strings.CutSuffix(entry, suffix)
		switch {
		case strings.HasSuffix(entry, ".md"):
			continue
		case !ok:
			l.fail(file, 1, 1, "%s end in %s; write %s", folder, suffix, path.Join(folder, strings.TrimSuffix(entry, path.Ext(entry))+suffix))
			continue
		case !wordForm.MatchString(name):
			l.fail(file, 1, 1, "%s is no name for one of the %s; write letters, digits, _ and -", quoted(name), folder)
			continue
		}
		if text, ok := l.read(file); ok {
			l.lookedUp = append(l.lookedUp, sized{file, len(text)})
			visit(file, name, text)
		}
	}
}

// catalog reads a table: a header, then rows that begin with their key.
func (l *loader) catalog(file, text string) rules.Catalog {
	rows := rules.Catalog{}
	if !utf8.ValidString(text) {
		l.fail(file, 1, 1, "this file is not UTF-8 text; write it in UTF-8")
		return rows
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		l.fail(file, 1, 1, "the catalog is empty; write the names of its columns into the first line, such as sku,price")
		return rows
	}
	if err != nil {
		l.badRow(file, err)
		return rows
	}
	columns, ok := l.columns(file, header)
	if !ok {
		return rows
	}
	lines := map[string]int{}
	before := len(l.problems)
	for len(l.problems)-before < maxComplaints {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			l.badRow(file, err) // where the next row begins is anybody's guess
			return rows
		}
		line, _ := r.FieldPos(0)
		if len(rows) == maxRows {
			l.fail(file, line, 1, "the catalog has more than %d rows; write those that messages need", maxRows)
			return rows
		}
		key := strings.TrimSpace(row[0])
		first, twice := lines[key]
		switch {
		case len(row) != len(columns):
			l.fail(file, line, 1, "this row has %s and the header %d; write one for each column, and text that holds a comma in quotes", cells(len(row)), len(columns))
		case key == "":
			l.fail(file, line, 1, "this row has no key; write one into its first cell")
		case twice:
			l.fail(file, line, 1, "the key %s stands here twice, first in line %d; write each once", key, first)
		default:
			lines[key] = line
			rows[key] = l.row(file, r, columns, row)
		}
	}
	return rows // with so much wrong, the rest would only fill the screen
}

func cells(n int) string {
	if n == 1 {
		return "one cell"
	}
	return strconv.Itoa(n) + " cells"
}

// columns checks the header.
func (l *loader) columns(file string, header []string) ([]string, bool) {
	columns := make([]string, len(header))
	seen := map[string]bool{}
	before := len(l.problems)
	if len(header) > maxColumns {
		l.fail(file, 1, 1, "the catalog has %d columns and may have %d; write those that messages need", len(header), maxColumns)
	}
	for i, name := range header {
		name = strings.TrimSpace(name)
		columns[i] = name
		switch {
		case name == "":
			l.fail(file, 1, 1, "column %d has no name; write one into the first line", i+1)
		case utf8.RuneCountInString(name) > maxName:
			l.fail(file, 1, 1, "the name of column %d is longer than %d characters; write a shorter one", i+1, maxName)
		case seen[name]:
			l.fail(file, 1, 1, "the column %s stands here twice; write each once", name)
		case len(header) == 1 && strings.ContainsAny(name, ";\t"):
			l.fail(file, 1, 1, "there is only one column; write commas between them")
		}
		seen[name] = true
	}
	return columns, len(l.problems) == before
}

// row is the cells that are not empty. The key stays text, as people write it.
func (l *loader) row(file string, r *csv.Reader, columns, row []string) map[string]any {
	out := make(map[string]any, len(columns))
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		switch {
		case len(cell) > maxCell:
			line, col := r.FieldPos(i)
			l.fail(file, line, col, "this cell is longer than %d characters; write a shorter text", maxCell)
		case cell == "":
		case i == 0:
			out[columns[i]] = cell
		default:
			out[columns[i]] = typed(cell)
		}
	}
	return out
}

// typed makes numbers of what is written as one, and true and false of those words. Codes that only
// look like a number stay text: 007, +33612345678, and what has more digits than a number keeps.
func typed(cell string) any {
	switch strings.ToLower(cell) {
	case "true":
		return true
	case "false":
		return false
	}
	digits := strings.TrimPrefix(cell, "-")
	whole, _, _ := strings.Cut(digits, ".")
	if strings.Trim(cell, "-.0123456789") != "" || len(digits) > 15 || len(whole) > 1 && whole[0] == '0' {
		return cell
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return cell
	}
	return n
}

// badRow tells what is wrong with the CSV itself.
func (l *loader) badRow(file string, err error) {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		l.fail(file, 1, 1, "this is no CSV (%s); write rows with commas between their cells", err)
		return
	}
	if errors.Is(at.Err, csv.ErrQuote) && at.StartLine != at.Line {
		l.fail(file, at.StartLine, 1, "a quote that opens in this row is never closed; write \" at the end of the text, and two of them for one within it")
		return
	}
	l.fail(file, at.Line, at.Column, "a quote stands where none can; write the whole text in quotes, and two of them for one within it")
}
