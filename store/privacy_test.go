package store_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// Whoever adds a table says what becomes of an erased person in it.
func TestEveryTableSaysWhatBecomesOfTheErased(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	raw, err := os.ReadFile("../docs/privacy.md")
	d.must(err)
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(raw), -1) {
		told = append(told, row[1])
	}
	tables := d.tables()
	for _, table := range tables {
		if !slices.Contains(told, table) {
			t.Errorf("docs/privacy.md does not say what becomes of an erased person in %s; write it there, and do it in store/erase.go", table)
		}
	}
	for _, table := range told {
		if !slices.Contains(tables, table) {
			t.Errorf("docs/privacy.md tells of %s, and there is no such table", table)
		}
	}
}
