package dev

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// postgresTools is a folder of Postgres programs of one major version.
type postgresTools struct {
	folder string
	major  string
}

func (t postgresTools) path(program string) string { return filepath.Join(t.folder, program) }

// oldestPostgres is the first major version with everything that the migrations use.
const oldestPostgres = 14

var errNoPostgres = errors.New(`no Postgres found in PATH or /usr/lib/postgresql; install the package "postgresql" ` +
	`(Debian: apt install postgresql), or set MIXTAPE_DATABASE_URL to one that is running`)

// findPostgres returns the newest tools; with a version that made existing data, those of that version.
func findPostgres(madeBy string) (postgresTools, error) {
	var found []postgresTools
	for _, folder := range postgresFolders() {
		if major := postgresMajor(folder); major >= oldestPostgres {
			found = append(found, postgresTools{folder: folder, major: strconv.Itoa(major)})
		}
	}
	if len(found) == 0 {
		return postgresTools{}, errNoPostgres
	}
	slices.SortStableFunc(found, func(a, b postgresTools) int {
		x, _ := strconv.Atoi(a.major)
		y, _ := strconv.Atoi(b.major)
		return cmp.Compare(y, x)
	})
	if madeBy == "" {
		return found[0], nil
	}
	for _, tools := range found {
		if tools.major == madeBy {
			return tools, nil
		}
	}
	return postgresTools{}, fmt.Errorf("the data was made by Postgres %s, but only Postgres %s is installed; "+
		"install version %s again, or start with --fresh to forget the data", madeBy, found[0].major, madeBy)
}

func postgresFolders() []string {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		folders = append(folders, filepath.Dir(path))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		matches, _ := filepath.Glob(pattern) // fails only on a malformed pattern
		folders = append(folders, matches...)
	}
	return folders
}

var postgresVersion = regexp.MustCompile(`PostgreSQL\) (\d+)`)

// postgresMajor is 0 for a folder that cannot run a server.
func postgresMajor(folder string) int {
	if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
		return 0
	}
	output, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	match := postgresVersion.FindStringSubmatch(strings.TrimSpace(string(output)))
	if match == nil {
		return 0
	}
	major, _ := strconv.Atoi(match[1])
	return major
}
