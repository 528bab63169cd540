package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder writes a workspace to disk.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const hello = "journey: hello\nentry: { event: signed_up }\nsteps:\n  - { id: hi, send: { channel: email, template: hi } }\n"

func good(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{
		"workspace.yaml": "name: acme\nconfirm_above: 2\n", "journeys/hello.yaml": hello,
		"templates/hi.email.liquid": "---\nsubject: Hi\n---\nHi <b>you</b>\n",
	})
}

func bad(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{"workspace.yaml": "name: acme\n", "journeys/hello.yaml": hello})
}

const missing = "journeys/hello.yaml:4:49: hi: there is no template hi for email; write templates/hi.email.liquid"

func TestLint(t *testing.T) {
	t.Parallel()
	dir := good(t)
	if diff := cmp.Diff(result{0, dir + ": 1 journey, nothing to complain about\n", ""}, mixtape(t, "lint", dir)); diff != "" {
		t.Errorf("a good one (-want +got):\n%s", diff)
	}
	dir = bad(t)
	if diff := cmp.Diff(result{1, missing + "\n", "mixtape: 1 problem in " + dir + "\n"}, mixtape(t, "lint", dir)); diff != "" {
		t.Errorf("a bad one (-want +got):\n%s", diff)
	}
	var got struct{ Problems []map[string]any }
	if err := json.Unmarshal([]byte(mixtape(t, "lint", dir, "--json").Out), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"file": "journeys/hello.yaml", "line": 4.0, "column": 49.0, "step": "hi", "message": "there is no template hi for email; write templates/hi.email.liquid",
	}}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Errorf("as JSON (-want +got):\n%s", diff)
	}
	if got := mixtape(t, "lint", filepath.Join(dir, "nowhere")); got.Code != 2 || !strings.Contains(got.Err, "no workspace to read") {
		t.Errorf("a folder that is not there: %+v", got)
	}
	if got := mixtape(t, "lint", filepath.Join(dir, "workspace.yaml")); got.Code != 2 || !strings.Contains(got.Err, "is not a folder") {
		t.Errorf("a file: %+v", got)
	}
}

const (
	put = "PUT /api/workspace"
	get = "GET /api/journeys"
	now = `200 {"dry_run":true,"journeys":[
		{"journey":"hello","change":"changed","version":"aaaaaaaaaaaa","previous":"bbbbbbbbbbbb","runs":5},
		{"journey":"old","change":"archived","previous":"cccccccccccc","runs":3},
		{"journey":"same","change":"unchanged","version":"dddddddddddd","previous":"dddddddddddd","runs":1}]}`
	then = `200 {"dry_run":false,"journeys":[{"journey":"hello","change":"changed","version":"aaaaaaaaaaaa","previous":"bbbbbbbbbbbb","runs":5}]}`
	runs = `200 {"journeys":[
		{"journey":"hello","steps":[{"version":"bbbbbbbbbbbb","step":"hi","phase":"waiting","runs":5}]},
		{"journey":"same","steps":[{"version":"dddddddddddd","step":"x","phase":"waiting","runs":1}]}]}`
	table = "changed    hello  bbbbbbb -> aaaaaaa  5 runs\n" +
		"archived   old    ccccccc             3 runs\n" +
		"unchanged  same   ddddddd             1 run\n" +
		"hello: 5 runs waiting at hi, on version bbbbbbb, and staying on it\n"
)

func TestApply(t *testing.T) {
	t.Parallel()
	dir := good(t)
	for name, c := range map[string]struct {
		flags []string
		want  result
		puts  int
	}{
		"dry run":     {[]string{"--dry-run"}, result{0, table + "nothing was published: --dry-run\n", ""}, 1},
		"unconfirmed": {nil, result{1, table, "mixtape: this archives journeys with 3 people in them; nothing was done: write --yes 3 if that is meant\n"}, 1},
		"confirmed":   {[]string{"--yes", "3"}, result{0, table + "published " + dir + "\n", ""}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string][]string{put: {now, then}, get: {runs}})
			if diff := cmp.Diff(c.want, mixtape(t, s.at(append([]string{"apply", dir}, c.flags...)...)...)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			var puts []asked
			for _, a := range s.asked {
				if a.Request == put {
					puts = append(puts, a)
				}
			}
			if len(puts) != c.puts {
				t.Fatalf("%d publications, want %d", len(puts), c.puts)
			}
			for i, p := range puts {
				if dry, _ := p.Body["dry_run"].(bool); dry != (i == 0) {
					t.Errorf("publication %d: dry_run is %v", i+1, dry)
				}
			}
		})
	}
}

func TestApplyToRunsInFlight(t *testing.T) {
	t.Parallel()
	const plan = `200 {"dry_run":true,"journeys":[{"journey":"hello","change":"changed","version":"aaaaaaaaaaaa","previous":"bbbbbbbbbbbb","runs":2006,"migrations":[
		{"version":"bbbbbbbbbbbb","step":"hi","phase":"waiting","runs":2000,"to":"hi","stays":true},
		{"version":"bbbbbbbbbbbb","step":"call","phase":"waiting","runs":1,"to":"call","stays":false},
		{"version":"bbbbbbbbbbbb","step":"gone","phase":"held","runs":2,"to":"hi","stays":false},
		{"version":"bbbbbbbbbbbb","step":"last","phase":"waiting","runs":3,"to":"","stays":false}]}]}`
	const told = "changed  hello  bbbbbbb -> aaaaaaa  2006 runs\n" +
		"hello: 2000 runs waiting at hi, on version bbbbbbb: going on from there by what is published\n" +
		"hello: 1 run waiting at call, on version bbbbbbb: coming to it anew, as it is another kind of step now\n" +
		"hello: 2 runs held at gone, on version bbbbbbb: it is gone, and they go on with hi\n" +
		"hello: 3 runs waiting at last, on version bbbbbbb: nothing is left for them behind it, and they end\n"
	dir := good(t)
	s := serve(t, map[string][]string{put: {plan, then}, get: {runs}})
	got := mixtape(t, s.at("apply", dir, "--in-flight", "migrate")...)
	want := result{1, told, "mixtape: this moves 2006 runs to other versions, and those whose wait gets shorter go on at once; nothing was done: write --yes 2006 if that is meant\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unconfirmed (-want +got):\n%s", diff)
	}
	s = serve(t, map[string][]string{put: {plan, then}, get: {runs}})
	got = mixtape(t, s.at("apply", dir, "--in-flight", "migrate", "--yes", "2006")...)
	if diff := cmp.Diff(result{0, told + "published " + dir + "\n", ""}, got); diff != "" {
		t.Errorf("confirmed (-want +got):\n%s", diff)
	}
	for _, a := range s.asked {
		if a.Request == put && a.Body["in_flight"] != "migrate" {
			t.Errorf("asked for %v", a.Body["in_flight"])
		}
	}
	if got := mixtape(t, "apply", dir, "--in-flight", "move"); got.Code != 2 || !strings.Contains(got.Err, "stay") {
		t.Errorf("another word: %+v", got)
	}
}

// What lets people in by itself is told, and many want to be confirmed.
func TestApplyAsksBeforeItLetsManyIn(t *testing.T) {
	t.Parallel()
	const plan = `200 {"dry_run":true,"journeys":[{"journey":"hello","change":"new","version":"aaaaaaaaaaaa","lets_in":2000},
		{"journey":"news","change":"new","version":"cccccccccccc","lets_in":50000,"guessed":true}]}`
	const told = "new  hello  aaaaaaa  0 runs\nnew  news   ccccccc  0 runs\n" +
		"hello: lets in up to 2000 people who fit now\n" +
		"news: lets in whoever fits, which cannot be counted now; take it for 50000 people or more\n"
	dir := good(t)
	s := serve(t, map[string][]string{put: {plan, then}, get: {`200 {"journeys":[]}`}})
	want := result{1, told, "mixtape: this lets up to 52000 people into journeys by itself; nothing was done: write --yes 52000 if that is meant\n"}
	if diff := cmp.Diff(want, mixtape(t, s.at("apply", dir)...)); diff != "" {
		t.Errorf("unconfirmed (-want +got):\n%s", diff)
	}
	s = serve(t, map[string][]string{put: {plan, then}, get: {`200 {"journeys":[]}`}})
	if diff := cmp.Diff(result{0, told + "published " + dir + "\n", ""}, mixtape(t, s.at("apply", dir, "--yes", "52000")...)); diff != "" {
		t.Errorf("confirmed (-want +got):\n%s", diff)
	}
	if last := s.asked[len(s.asked)-1]; last.Body["confirm_entries"] != 52000.0 {
		t.Errorf("confirmed %v", last.Body)
	}
}

func TestApplySendsWhatIsThere(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{put: {then}, get: {runs}})
	got := mixtape(t, s.at("apply", good(t), "--json")...)
	var printed struct{ Journeys []map[string]any }
	if err := json.Unmarshal([]byte(got.Out), &printed); err != nil || len(printed.Journeys) != 1 {
		t.Errorf("%v: %q", err, got.Out)
	}
	sent := s.asked[len(s.asked)-1].Body
	if diff := cmp.Diff(map[string]any{"name": "acme", "confirm_above": 2.0}, sent["settings"]); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	journey, _ := sent["journeys"].([]any)[0].(map[string]any)
	if version, _ := journey["version"].(string); len(version) != 16 {
		t.Errorf("version %q", version)
	}
	delete(journey, "version")
	want := map[string]any{"journey": "hello", "source": hello, "templates": map[string]any{"hi.email.liquid": "---\nsubject: Hi\n---\nHi <b>you</b>\n"}}
	if diff := cmp.Diff(want, journey); diff != "" {
		t.Errorf("journey (-want +got):\n%s", diff)
	}
}

// What does not pass lint is not even shown to the API.
func TestApplyLints(t *testing.T) {
	t.Parallel()
	s, dir := serve(t, nil), bad(t)
	want := result{1, "", missing + "\nmixtape: 1 problem in " + dir + "; nothing was published\n"}
	if diff := cmp.Diff(want, mixtape(t, s.at("apply", dir)...)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if len(s.asked) > 0 {
		t.Errorf("asked of the API: %v", s.asked)
	}
}

// A problem that the API finds comes through as it says it.
func TestApplyRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{put: {`422 {"detail":"the workspace has 2 problems; nothing was published","errors":[{"message":"a:1:1: x"},{"message":"b:2:2: y"}]}`}})
	want := result{1, "", "mixtape: the workspace has 2 problems; nothing was published\na:1:1: x\nb:2:2: y\n"}
	if diff := cmp.Diff(want, mixtape(t, s.at("apply", good(t))...)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// What rules look up goes along, as it stands in its folders.
func TestApplySendsWhatRulesLookUp(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"workspace.yaml": "name: acme\n", "segments/vip.yaml": "segment: vip\nrule: has(user.vip)\n", "catalogs/products.csv": "sku,price\ns1,9.5\n",
		"calendars/holidays.ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260501\nEND:VEVENT\nEND:VCALENDAR\n",
	})
	s := serve(t, map[string][]string{put: {then}, get: {runs}})
	if got := mixtape(t, s.at("apply", dir, "--json")...); got.Code != 0 {
		t.Fatal(got)
	}
	want := map[string]any{
		"segments":  []any{map[string]any{"segment": "vip", "name": "vip", "rule": "has(user.vip)"}},
		"catalogs":  map[string]any{"products": map[string]any{"s1": map[string]any{"sku": "s1", "price": 9.5}}},
		"calendars": map[string]any{"holidays": []any{map[string]any{"from": "2026-05-01", "to": "2026-05-01"}}},
	}
	if diff := cmp.Diff(want, s.asked[len(s.asked)-1].Body["reference"]); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
}

// What rules read and nobody ever sent is told once, and holds nothing up.
func TestApplyWarns(t *testing.T) {
	t.Parallel()
	dir := good(t)
	const answer = `200 {"dry_run":true,"journeys":[],"warnings":[{"at":"journeys/hello.yaml:2:17","message":"nobody has ever sent the event \"signd_up\"; write signed_up if that is meant"}]}`
	s := serve(t, map[string][]string{put: {answer, strings.Replace(answer, "true", "false", 1)}, get: {runs}})
	want := result{0, "published " + dir + "\n", "warning: journeys/hello.yaml:2:17: nobody has ever sent the event \"signd_up\"; write signed_up if that is meant\n"}
	if diff := cmp.Diff(want, mixtape(t, s.at("apply", dir)...)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}
