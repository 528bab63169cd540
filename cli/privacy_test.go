package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErase(t *testing.T) {
	t.Parallel()
	const path = "/api/profiles/ada@example.com"
	answers := map[string][]string{
		"GET " + path:    {`200 {"id":"p1","user_id":"ada"}`},
		"DELETE " + path: {`200 {"id":"x1","profile":"p1","state":"open"}`},
	}
	for name, c := range map[string]struct {
		arguments []string
		want      result
		erased    bool
	}{
		"unasked": {[]string{"ada@example.com"}, result{1, "", "mixtape: ada@example.com, whom you call ada, (p1) would be erased, which cannot be taken back; nothing was done: write --yes if that is meant\n"}, false},
		"meant":   {[]string{"ada@example.com", "--yes"}, result{0, "ada@example.com is erased: nothing is sent to them any more, and the rest of them is removed within minutes (x1)\n", ""}, true},
		"nobody":  {[]string{"bob", "--yes"}, result{1, "", "mixtape: not known here\n"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers)
			if diff := cmp.Diff(c.want, mixtape(t, s.at(append([]string{"erase"}, c.arguments...)...)...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			erased := false
			for _, a := range s.asked {
				erased = erased || strings.HasPrefix(a.Request, "DELETE")
			}
			if erased != c.erased {
				t.Errorf("%v", s.asked)
			}
		})
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{"GET /api/profiles/ada/export": {`200 {"profile": {"id": "p1"}}`}})
	if got := mixtape(t, s.at("export", "ada")...); got.Code != 0 || got.Out != `{"profile": {"id": "p1"}}` {
		t.Errorf("%+v", got)
	}
	file := filepath.Join(t.TempDir(), "ada.json")
	if got := mixtape(t, s.at("export", "ada", "-o", file)...); got.Code != 0 || got.Out != "" {
		t.Errorf("%+v", got)
	}
	raw, err := os.ReadFile(file)
	if err != nil || string(raw) != `{"profile": {"id": "p1"}}` {
		t.Errorf("%s %v", raw, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v %v", info, err)
	}
	if got := mixtape(t, s.at("export", "bob")...); got.Code != 1 || got.Err != "mixtape: not known here\n" {
		t.Errorf("%+v", got)
	}
}
