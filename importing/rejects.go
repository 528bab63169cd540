package importing

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/mixtapehq/mixtape/store"
)

// Reject is a row that was not taken, as it is written down.
type Reject struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// rejects is the file of rows that were not taken. It comes into being with the first.
type rejects struct {
	path string
	file *os.File
	last int // the line of the last one
}

// openRejects forgets rejects of an import that is begun anew, and of one that broke off those behind the
// last line that is done: they come again.
func openRejects(path string, done int) (*rejects, error) {
	r := &rejects{path: path}
	var kept []Reject
	if done > 0 {
		var err error
		if kept, err = readRejects(path); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, k := range kept {
		if k.Line <= done {
			if err := r.write(k); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func readRejects(path string) (all []Reject, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var r Reject
		if json.Unmarshal(lines.Bytes(), &r) == nil { // else it was being written when the import broke off
			all = append(all, r)
		}
	}
	return all, lines.Err()
}

func (r *rejects) keep(rows []store.ImportRow) error {
	for _, row := range rows {
		if row.Line <= r.last { // the transaction that it was written with is tried once more
			continue
		}
		if err := r.write(Reject{Line: row.Line, Reason: row.Problem.Error()}); err != nil {
			return err
		}
	}
	return nil
}

func (r *rejects) write(one Reject) (err error) {
	if r.file == nil {
		if r.file, err = os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(one)
	if err != nil {
		return err
	}
	r.last = one.Line
	_, err = r.file.Write(append(raw, '\n'))
	return err
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
