package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/cli"
)

const (
	ada    = "ada/ü 1" // an id that no path takes as it is
	runOne = "onboarding/p06h0n53c2dugt57mq95d13evrc/1"
	admin  = "Bearer the-admin-key"
	write  = "basic the-write-key"
)

// Each command asks the API for what was meant, says what came of it, and exits by it.
func TestCommands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments []string
		answers   map[string][]string
		asked     []asked
		want      result
	}{
		"identify": {
			arguments: []string{"identify", ada, "email=ada@example.com", "vip=true", "age=36", "phone=336123", "plan=", "city=null", `tags=["a"]`, "word=x=y"},
			answers:   map[string][]string{"POST /v1/identify": {`200 {"success":true}`}},
			asked: []asked{{"POST /v1/identify", write, map[string]any{"messageId": "an id", "userId": ada, "traits": map[string]any{
				"email": "ada@example.com", "vip": true, "age": 36.0, "phone": "336123", "plan": "", "city": nil, "tags": []any{"a"}, "word": "x=y",
			}}}},
			want: result{0, "identified " + ada + "\n", ""},
		},
		"identify refused": {
			arguments: []string{"identify", "ada", "x=1"},
			answers:   map[string][]string{"POST /v1/identify": {`400 {"detail":"traits is too large"}`}},
			asked:     []asked{{"POST /v1/identify", write, map[string]any{"messageId": "an id", "userId": "ada", "traits": map[string]any{"x": 1.0}}}},
			want:      result{1, "", "mixtape: traits is too large\n"},
		},
		"no key=value": {
			arguments: []string{"identify", "ada", "email"},
			want:      result{2, "", "mixtape: \"email\" is not key=value; write it as in plan=free\n"},
		},
		"track": {
			arguments: []string{"track", ada, "order_completed", "total=12.5"},
			answers:   map[string][]string{"POST /v1/track": {`200 {"success":true}`}},
			asked: []asked{{"POST /v1/track", write, map[string]any{
				"messageId": "an id", "userId": ada, "event": "order_completed", "properties": map[string]any{"total": 12.5},
			}}},
			want: result{0, "tracked order_completed of " + ada + "\n", ""},
		},
		"enroll": {
			arguments: []string{"enroll", "onboarding", ada, "plan=free"},
			answers:   map[string][]string{"POST /api/journeys/onboarding/enroll": {`200 {"run":"` + runOne + `","profile":"p"}`}},
			asked: []asked{{"POST /api/journeys/onboarding/enroll", admin, map[string]any{
				"user_id": ada, "properties": map[string]any{"plan": "free"}, "idempotency_key": "an id",
			}}},
			want: result{0, ada + " entered onboarding: run " + runOne + "\n", ""},
		},
		"enroll refused": {
			arguments: []string{"enroll", "onboarding", "ada"},
			answers:   map[string][]string{"POST /api/journeys/onboarding/enroll": {`200 {"refused":"reentry","profile":"p"}`}},
			asked: []asked{{"POST /api/journeys/onboarding/enroll", admin, map[string]any{
				"user_id": "ada", "properties": map[string]any{}, "idempotency_key": "an id",
			}}},
			want: result{1, "", "mixtape: ada was not let into onboarding: reentry\n"},
		},
		"pause a journey": {
			arguments: []string{"pause", "onboarding"},
			answers:   map[string][]string{"POST /api/journeys/onboarding/pause": {`200 {"paused":true,"runs":3}`}},
			asked:     []asked{{Request: "POST /api/journeys/onboarding/pause", Key: admin}},
			want:      result{0, "onboarding is paused; 3 runs held, none is lost\n", ""},
		},
		"pause everything": {
			arguments: []string{"pause", "--all"},
			answers:   map[string][]string{"POST /api/pause": {`200 {"paused":true,"runs":1}`}},
			asked:     []asked{{Request: "POST /api/pause", Key: admin}},
			want:      result{0, "everything is paused; 1 run held, none is lost\n", ""},
		},
		"pause what": {
			arguments: []string{"pause"},
			want:      result{2, "", "mixtape: write the key of one journey, or --all for everything\n"},
		},
		"resume": {
			arguments: []string{"resume", "onboarding"},
			answers:   map[string][]string{"POST /api/journeys/onboarding/resume": {`200 {"paused":true,"runs":3}`}},
			asked:     []asked{{"POST /api/journeys/onboarding/resume", admin, map[string]any{"due": "send"}}},
			want:      result{0, "onboarding goes on; 3 runs released\neverything is paused still: `mixtape resume --all` lifts that\n", ""},
		},
		"resume and skip what came due": {
			arguments: []string{"resume", "onboarding", "--due", "skip"},
			answers:   map[string][]string{"POST /api/journeys/onboarding/resume": {`200 {"paused":false,"runs":3,"due":"skip"}`}},
			asked:     []asked{{"POST /api/journeys/onboarding/resume", admin, map[string]any{"due": "skip"}}},
			want:      result{0, "onboarding goes on; 3 runs released, what they were to send meanwhile is skipped\n", ""},
		},
		"resume and shift, too late": {
			arguments: []string{"resume", "--all", "--due=shift"},
			answers:   map[string][]string{"POST /api/resume": {`200 {"paused":false,"runs":3,"due":"send"}`}},
			asked:     []asked{{"POST /api/resume", admin, map[string]any{"due": "shift"}}},
			want:      result{0, "everything goes on; 3 runs released, the pause does not count as time\nit was resumed before, and that counts: --due send\n", ""},
		},
		"resume stuck": {
			arguments: []string{"resume", "--stuck"},
			answers:   map[string][]string{"POST /api/runs/retry-stuck": {`200 {"runs":["` + runOne + `"]}`}},
			asked:     []asked{{"POST /api/runs/retry-stuck", admin, map[string]any{}}},
			want:      result{0, runOne + "\n1 stuck run will try again\n", ""},
		},
		"stop a run": {
			arguments: []string{"stop", runOne},
			answers:   map[string][]string{"POST /api/runs/stop": {`200 {"runs":["` + runOne + `"]}`}},
			asked:     []asked{{"POST /api/runs/stop", admin, map[string]any{"run": runOne}}},
			want:      result{0, runOne + " was told to stop\n", ""},
		},
		"stop what is over": {
			arguments: []string{"stop", ada, "onboarding"},
			answers:   map[string][]string{"POST /api/runs/stop": {`200 {"runs":[]}`}},
			asked:     []asked{{"POST /api/runs/stop", admin, map[string]any{"profile": ada, "journey": "onboarding"}}},
			want:      result{1, "", "mixtape: nothing was stopped: it is over already, or was told to stop before\n"},
		},
		"mode": {
			arguments: []string{"mode"},
			answers:   map[string][]string{"GET /api/sending-mode": {`200 {"mode":"off"}`}},
			asked:     []asked{{Request: "GET /api/sending-mode", Key: admin}},
			want:      result{0, "off: no message leaves\n", ""},
		},
		"mode redirect": {
			arguments: []string{"mode", "redirect", "me@example.com"},
			answers:   map[string][]string{"PUT /api/sending-mode": {`200 {"mode":"redirect","redirect_to":"me@example.com"}`}},
			asked:     []asked{{"PUT /api/sending-mode", admin, map[string]any{"mode": "redirect", "redirect_to": "me@example.com"}}},
			want:      result{0, "redirect: all e-mail goes to me@example.com, and nothing else leaves\n", ""},
		},
		"mode redirect to nobody": {
			arguments: []string{"mode", "redirect"},
			want:      result{2, "", "mixtape: an address belongs to redirect; write mixtape mode redirect you@example.com\n"},
		},
		"make a key": {
			arguments: []string{"keys", "create", "web", "--kind", "client"},
			answers:   map[string][]string{"POST /api/keys": {`201 {"name":"web","kind":"client","key":"mx_client_x"}`}},
			asked:     []asked{{"POST /api/keys", admin, map[string]any{"name": "web", "kind": "client"}}},
			want:      result{0, "mx_client_x\n", ""},
		},
		"revoke a key": {
			arguments: []string{"keys", "revoke", "the web/1"},
			answers:   map[string][]string{"DELETE /api/keys/the%20web%2F1": {"204 "}},
			asked:     []asked{{Request: "DELETE /api/keys/the%20web%2F1", Key: admin}},
			want:      result{0, "the web/1 is revoked\n", ""},
		},
		"a wrong key": {
			arguments: []string{"mode"},
			answers:   map[string][]string{"GET /api/sending-mode": {`401 {"detail":"this key is not known here, or was revoked"}`}},
			asked:     []asked{{Request: "GET /api/sending-mode", Key: admin}},
			want:      result{2, "", "mixtape: URL: this key is not known here, or was revoked\n"},
		},
		"a database away": {
			arguments: []string{"mode"},
			answers:   map[string][]string{"GET /api/sending-mode": {`503 {"detail":"the database does not answer just now"}`}},
			asked:     []asked{{Request: "GET /api/sending-mode", Key: admin}},
			want:      result{2, "", "mixtape: URL: the database does not answer just now\n"},
		},
		"a redirect is not followed": {
			arguments: []string{"mode"},
			answers:   map[string][]string{"GET /api/sending-mode": {"302 "}},
			asked:     []asked{{Request: "GET /api/sending-mode", Key: admin}},
			want:      result{2, "", "mixtape: URL answers 302 Found; is that Mixtape's API?\n"},
		},
		"something else": {
			arguments: []string{"mode"},
			answers:   map[string][]string{"GET /api/sending-mode": {"200 <html>"}},
			asked:     []asked{{Request: "GET /api/sending-mode", Key: admin}},
			want: result{2, "", "mixtape: the answer of URL cannot be read: is that Mixtape's API, of the same release as this command? " +
				"(invalid character '<' looking for beginning of value)\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.answers)
			got := mixtape(t, s.at(c.arguments...)...)
			got.Err = strings.ReplaceAll(got.Err, s.URL, "URL")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.asked, s.asked); diff != "" {
				t.Errorf("asked of the API (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResumeOfMany(t *testing.T) {
	t.Parallel()
	const (
		resume   = "POST /api/journeys/a/resume"
		no       = `409 {"detail":"this releases 5000 runs; confirm it"}`
		yes      = `200 {"paused":false,"runs":5000}`
		standing = `200 {"journeys":[{"journey":"a","steps":[{"phase":"paused","runs":4000},{"phase":"paused","runs":1000},{"phase":"held","runs":7}]},{"journey":"b","steps":[{"phase":"paused","runs":9}]}]}`
	)
	for name, c := range map[string]struct {
		flags   []string
		answers []string
		want    result
		confirm any
	}{
		"unasked":     {nil, []string{no}, result{1, "", "mixtape: this releases 5000 runs; nothing was done: write --yes 5000 if that is meant\n"}, nil},
		"for fewer":   {[]string{"--yes", "10"}, []string{no}, result{1, "", "mixtape: this releases 5000 runs, not only 10; nothing was done: write --yes 5000 if that is meant\n"}, 10.0},
		"confirmed":   {[]string{"--yes", "5000"}, []string{yes}, result{0, "a goes on; 5000 runs released\n", ""}, 5000.0},
		"and changed": {[]string{"--yes", "6000"}, []string{no, yes}, result{0, "a goes on; 5000 runs released\n", ""}, 5000.0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string][]string{resume: c.answers, "GET /api/journeys": {standing}})
			if diff := cmp.Diff(c.want, mixtape(t, s.at(append([]string{"resume", "a"}, c.flags...)...)...)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			var confirmed any
			for _, a := range s.asked {
				if a.Request == resume {
					confirmed = a.Body["confirm"]
				}
			}
			if diff := cmp.Diff(c.confirm, confirmed); diff != "" {
				t.Errorf("confirmed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments []string
		code      int
		out, err  string // what it holds
	}{
		"nothing":            {nil, cli.Good, "Usage: mixtape <command>", ""},
		"help":               {[]string{"--help"}, cli.Good, "Operate", ""},
		"help of a command":  {[]string{"track", "--help"}, cli.Good, "playlist_created", ""},
		"no such command":    {[]string{"trak"}, cli.CouldNotRun, "", "unexpected argument trak"},
		"no such flag":       {[]string{"lint", "--jsn"}, cli.CouldNotRun, "", "see: mixtape lint --help"},
		"a flag of a closed": {[]string{"runs", "--status", "gone"}, cli.CouldNotRun, "", "must be one of"},
		"no database":        {[]string{"prune", "--database-url", ""}, cli.CouldNotRun, "", "write postgres://user:password@host"},
		"no run's id":        {[]string{"stop", "ada"}, cli.CouldNotRun, "", "is not the id of a run"},
		"version":            {[]string{"version"}, cli.Good, "mixtape ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mixtape(t, c.arguments...)
			if got.Code != c.code || !strings.Contains(got.Out, c.out) || !strings.Contains(got.Err, c.err) || (got.Err == "") != (c.err == "") {
				t.Errorf("got %+v, want exit %d with %q and %q", got, c.code, c.out, c.err)
			}
		})
	}
}
