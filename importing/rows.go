package importing

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// row is a row of a file as it stands there: of JSON lines the line, of CSV its cells.
type row struct {
	line  int
	raw   []byte
	cells []string
	wrong string // it cannot be read
}

// maxLine is how long a line may be to be looked at; far more than one that can be taken.
const maxLine = 1 << 20

// reader reads the rows of a file in order; io.EOF ends them.
type reader interface {
	next() (row, error)
}

// lines are those of JSON lines. Empty ones are no rows.
type lines struct {
	in   *bufio.Reader
	line int
}

func (l *lines) next() (row, error) {
	for {
		l.line++
		raw, long, err := l.read()
		switch {
		case err != nil:
			return row{}, err
		case long:
			return row{line: l.line, wrong: fmt.Sprintf("is longer than %d bytes; one row may have 32 KB", maxLine)}, nil
		case l.line == 1:
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if raw = bytes.TrimSpace(raw); len(raw) > 0 {
			return row{line: l.line, raw: raw}, nil
		}
	}
}

// read reads a line; of one that is too long only that it is.
func (l *lines) read() (raw []byte, long bool, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		if !long {
			raw = append(raw, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if long = long || len(raw) > maxLine; long {
				raw = nil
			}
			continue
		case errors.Is(err, io.EOF) && (len(raw) > 0 || long):
			return raw, long, nil
		}
		return raw, long, err
	}
}

// table are the rows of a CSV file behind its header.
type table struct {
	in     *csv.Reader
	header []string
}

// newTable reads the header. What separates cells is what is in it most often: commas, semicolons or tabs.
func newTable(name string, in *bufio.Reader) (*table, error) {
	if bom, err := in.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = in.Discard(3) // it was just seen
	}
	start, err := in.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	first, _, _ := strings.Cut(string(start), "\n")
	t := &table{in: csv.NewReader(in)}
	t.in.FieldsPerRecord = -1
	for _, separator := range ";\t" {
		if strings.Count(first, string(separator)) > strings.Count(first, string(t.in.Comma)) {
			t.in.Comma = separator
		}
	}
	t.header, err = t.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty; its first line names the columns", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:1: the line that names the columns cannot be read: %w", name, err)
	}
	seen := map[string]bool{}
	for i, column := range t.header {
		column = strings.TrimSpace(column)
		t.header[i] = column
		switch {
		case column == "":
			return nil, fmt.Errorf("%s:1: column %d has no name; write one, or take the column out", name, i+1)
		case seen[column]:
			return nil, fmt.Errorf("%s:1: two columns are called %s; rename one", name, column)
		}
		seen[column] = true
	}
	return t, nil
}

func (t *table) next() (row, error) {
	cells, err := t.in.Read()
	var wrong *csv.ParseError
	switch {
	case errors.As(err, &wrong):
		return row{line: wrong.StartLine, wrong: "cannot be read as CSV: " + wrong.Err.Error()}, nil
	case err != nil:
		return row{}, err
	}
	line, _ := t.in.FieldPos(0)
	r := row{line: line, cells: cells}
	if len(cells) != len(t.header) {
		r.wrong = fmt.Sprintf("has %d cells where the first line names %d columns", len(cells), len(t.header))
	}
	return r, nil
}

// rows begins to read a file's rows.
func (s *Source) rows(in io.Reader) (reader, error) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	if s.Format == CSV {
		return newTable(s.Name, buffered)
	}
	return &lines{in: buffered}, nil
}
