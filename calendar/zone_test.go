package calendar_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/calendar"
)

func TestLoadZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+2", "US/Eastern"} {
		loc, ok := calendar.LoadZone(name)
		if !ok || loc.String() != name {
			t.Errorf("%s is %v, %t", name, loc, ok)
		}
		if again, _ := calendar.LoadZone(name); again != loc {
			t.Errorf("%s was loaded twice", name)
		}
	}
	for _, name := range []string{
		"", "Local", "local", "UTC+2", "+02:00", "CEST", "Factory", "localtime", "posixrules", "posix/Europe/Paris", "right/Europe/Paris",
		"europe/paris", "EUROPE/PARIS", "utc", "Europe/Paris ", "Europe", "Europe/", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Paris",
		"Europe/Paris\x00", "Mars/Olympus", strings.Repeat("x", 1<<16),
	} {
		if loc, ok := calendar.LoadZone(name); ok {
			t.Errorf("%.40q is %s", name, loc)
		}
	}
}

// The list of names is that of the zone database in the Go release that builds us. After an
// upgrade of Go, a new zone is added to zones.txt.
func TestZonesAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	database, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	var want []string
	for _, f := range database.File {
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			want = append(want, f.Name)
		}
	}
	got := zoneNames(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("zones.txt differs from the database (- database, + list):\n%s", diff)
	}
	for _, name := range got {
		if _, ok := calendar.LoadZone(name); !ok {
			t.Errorf("%s is listed and cannot be loaded", name)
		}
	}
}

func zoneNames(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}
