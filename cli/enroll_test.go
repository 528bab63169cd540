package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/cli"
)

const (
	draft   = `200 {"id":"n1","journey":"offer","source":"segment","segment":"vip","state":"draft","total":5000,"refused":{}}`
	running = `200 {"id":"n1","journey":"offer","source":"segment","segment":"vip","state":"running","total":5000,"seen":2500,"entered":2400,"refused":{"reentry":100}}`
	done    = `200 {"id":"n1","journey":"offer","source":"segment","segment":"vip","state":"done","total":5000,"seen":5000,"entered":4800,"refused":{"reentry":150,"limit":50}}`
	many    = `409 {"detail":"this lets up to 5000 people in; confirm it"}`

	preparing = "POST /api/journeys/offer/enrolments"
	beginning = "POST /api/enrolments/n1/begin"
	watching  = "GET /api/enrolments/n1"
)

func TestEnrollMany(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments []string
		begin     []string
		want      result
	}{
		"unasked": {nil, []string{many}, result{1, "", "mixtape: this lets up to 5000 people into offer; nothing was done: write --yes 5000 if that is meant\n"}},
		"for fewer": {[]string{"--yes", "10"}, []string{many},
			result{1, "", "mixtape: this lets up to 5000 people into offer, not only 10; nothing was done: write --yes 5000 if that is meant\n"}},
		"watched": {[]string{"--yes", "5000"}, []string{running}, result{
			0, "4800 people entered offer, 50 not: limit, 150 not: reentry\n",
			" 50%  2500 of 5000 seen, 2400 entered\n100%  5000 of 5000 seen, 4800 entered  done\n"}},
		"in the background": {[]string{"--yes", "5000", "--detach"}, []string{running}, result{0, "5000 people are being let into offer: enrolment n1\n", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string][]string{preparing: {draft}, beginning: c.begin, watching: {done}})
			arguments := append([]string{"enroll", "offer", "--segment", "vip", "--rate", "500/m", "--spread", "2h"}, c.arguments...)
			if diff := cmp.Diff(c.want, mixtape(t, s.at(arguments...)...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := map[string]any{"segment": "vip", "rule": "", "list": false, "per_minute": 500.0, "spread": "2h"}
			if diff := cmp.Diff(want, s.asked[0].Body); diff != "" {
				t.Errorf("what it asked for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnrollAFileTellsWhomItDoesNotKnow(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ids.txt")
	if err := os.WriteFile(file, []byte("ada\n\n  bela \nnobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string][]string{
		preparing: {strings.Replace(draft, "5000", "0", 1)}, "POST /api/enrolments/n1/ids": {`200 {"unknown":["nobody"],"total":2}`},
		beginning: {done},
	})
	got := mixtape(t, s.at("enroll", "offer", "--file", file, "--json")...)
	if got.Code != 0 || !strings.Contains(got.Out, `"entered": 4800`) || !strings.Contains(got.Err, "1 id that nobody has: see "+file+".unknown") {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(map[string]any{"user_ids": []any{"ada", "bela", "nobody"}}, s.asked[1].Body); diff != "" {
		t.Errorf("the ids that it sent (-want +got):\n%s", diff)
	}
	if unknown, err := os.ReadFile(file + ".unknown"); err != nil || string(unknown) != "nobody\n" {
		t.Errorf("it wrote down %q, %v", unknown, err)
	}
	s = serve(t, map[string][]string{preparing: {strings.Replace(draft, "5000", "0", 1)}, "POST /api/enrolments/n1/ids": {`200 {"unknown":["nobody"],"total":0}`}})
	if got := mixtape(t, s.at("enroll", "offer", "--file", file)...); got.Code != 1 || !strings.Contains(got.Err, "that is nobody") {
		t.Errorf("%+v", got)
	}
}

func TestEnrollSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"offer"}, "write one of"},
		{[]string{"offer", "ada", "--segment", "vip"}, "write one of"},
		{[]string{"offer", "--rule", "true", "--segment", "vip"}, "write one of"},
		{[]string{"offer", "--segment", "vip", "--rate", "500"}, `"500" is no rate; write one such as 500/m`},
		{[]string{"offer", "--segment", "vip", "--rate", "0/m"}, "is no rate"},
		{[]string{"offer", "--file", filepath.Join(t.TempDir(), "none")}, "no such file"},
	} {
		s.answers = map[string][]string{preparing: {draft}}
		if got := mixtape(t, s.at(append([]string{"enroll"}, c.arguments...)...)...); got.Code != 2 || !strings.Contains(got.Err, c.want) {
			t.Errorf("%v: %+v, want %q", c.arguments, got, c.want)
		}
	}
}

// Who stops watching stops nothing, and hears how to go on.
func TestAWatchIsLeft(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{preparing: {draft}, beginning: {running}, watching: {running}})
	ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	var out, err bytes.Buffer
	code := cli.Run(ctx, s.at("enroll", "offer", "--segment", "vip"), cli.Streams{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err})
	if code != 0 || !strings.Contains(err.String(), "`mixtape enrolments pause|resume|cancel n1`") {
		t.Errorf("%d %s %s", code, out.String(), err.String())
	}
	for _, a := range s.asked {
		if strings.HasSuffix(a.Request, "cancel") || strings.HasSuffix(a.Request, "pause") {
			t.Errorf("it asked for %s", a.Request)
		}
	}
}

func TestEnrolmentsAreListedAndChanged(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{
		"GET /api/enrolments?journey=offer&limit=20": {`200 {"enrolments":[` + strings.TrimPrefix(running, "200 ") + `,
			{"id":"offer-2026-11-25T09:00:00Z","journey":"offer","source":"schedule","occurrence":"2026-11-25T09:00:00Z","state":"done","why":"paused","total":7,"seen":7,"refused":{"paused":7}}]}`},
		"POST /api/enrolments/n1/pause":  {strings.Replace(running, `"state":"running"`, `"state":"paused","held":"it is paused"`, 1)},
		"POST /api/enrolments/n1/resume": {strings.Replace(running, `"state"`, `"held":"everything is paused","state"`, 1)},
		"POST /api/enrolments/n1/cancel": {`409 {"detail":"enrolment n1 is done"}`},
	})
	got := mixtape(t, s.at("enrolments", "--journey", "offer")...)
	for _, want := range []string{"n1", "segment vip", "2500 of 5000", "done: paused"} {
		if !strings.Contains(got.Out, want) {
			t.Errorf("the list does not say %q:\n%s", want, got.Out)
		}
	}
	for _, c := range []struct {
		how, want string
		code      int
	}{
		{"pause", "n1 is paused; 2400 people entered offer, 100 not: reentry", 0},
		{"resume", "it is still held: everything is paused", 0},
		{"cancel", "enrolment n1 is done", 1},
	} {
		if got := mixtape(t, s.at("enrolments", c.how, "n1")...); got.Code != c.code || !strings.Contains(got.Out+got.Err, c.want) {
			t.Errorf("%s: %+v", c.how, got)
		}
	}
}
