package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// survey is what one has to know of a whole file before the first row is taken.
type survey struct {
	rows    int64
	hash    string            // of its content
	columns map[string]string // of CSV: what a column looks like when all of it is read
	header  []string
}

// look reads a file to its end.
func (s *Source) look() (*survey, error) {
	in, err := s.content()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	sum := sha256.New()
	rows, err := s.rows(io.TeeReader(in, sum))
	if err != nil {
		return nil, err
	}
	v := &survey{}
	looks := &columnLooks{}
	t, tabular := rows.(*table)
	if tabular {
		v.header = t.header
		looks.columns = make([]columnLook, len(t.header))
	}
	for {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: after %d rows: %w", s.Name, v.rows, err)
		}
		v.rows++
		if tabular && r.wrong == "" {
			looks.see(r.cells)
		}
	}
	v.hash, v.columns = hex.EncodeToString(sum.Sum(nil)), looks.kinds(v.header)
	return v, nil
}

// id is the same for the same content read in the same way, however the file is called.
func (v *survey) id(kind string, o Options) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %s %s", kind, v.hash, o.Source, o.Format)
	for _, name := range slices.Sorted(maps.Keys(o.Types)) {
		fmt.Fprintf(sum, " %q=%s", name, o.Types[name])
	}
	if x := o.Experiment; x.Name != "" { // the same people may have been in another experiment
		fmt.Fprintf(sum, " %q %q %q %s", x.Name, x.Metric, x.Property, x.Within)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// columnLook is what the cells of a column have been so far.
type columnLook struct{ some, notNumber, notBool bool }

type columnLooks struct{ columns []columnLook }

func (l *columnLooks) see(cells []string) {
	for i, cell := range cells {
		c := &l.columns[i]
		if cell == "" {
			continue
		}
		c.some = true
		if !c.notNumber && !plainNumber(cell) {
			c.notNumber = true
		}
		if !c.notBool && cell != "true" && cell != "false" {
			c.notBool = true
		}
	}
}

// kinds says what columns look like: numbers or true and false where every single cell is one, else text.
func (l *columnLooks) kinds(header []string) map[string]string {
	all := map[string]string{}
	for i, name := range header {
		switch c := l.columns[i]; {
		case c.some && !c.notNumber:
			all[name] = kindNumber
		case c.some && !c.notBool:
			all[name] = kindBool
		default:
			all[name] = kindString
		}
	}
	return all
}

// mostDigits is how many digits a number has that comes out as it went in.
const mostDigits = 15

// plainNumber tells whether a cell is a number that looks the same when it is written again: no leading zeros, no
// plus, no exponent, no more digits than are kept. A postcode such as 01234 is none.
func plainNumber(cell string) bool {
	digits := strings.TrimPrefix(cell, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	if whole == "" || len(whole)+len(fraction) > mostDigits || strings.Trim(whole+fraction, "0123456789") != "" {
		return false
	}
	return (whole == "0" || whole[0] != '0') && (!pointed || fraction != "") && cell != "-0"
}
