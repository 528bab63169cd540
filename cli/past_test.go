package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/dev/inbox"
)

// The past comes in by files, to a deployment at work: people can be counted and listed by it at once, and it sets
// off nothing. What they do from then on does, and sees the past.
func TestAPastThatIsImportedSetsOffNothing(t *testing.T) {
	t.Parallel()
	mail, err := inbox.Start(inbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mail.Close() })
	s := startServing(t, "--smtp-url", "smtp://"+mail.Addr()+"?tls=none")
	sends := func(journey, entry string) string {
		return "journey: " + journey + "\nentry: " + entry + "\nsteps: [ { id: hi, send: { channel: email, template: hi } } ]\n"
	}
	workspace := folder(t, map[string]string{
		"workspace.yaml":            "name: acme\ntopics: { tips: { default: subscribed } }\nchannels: { email: { provider: smtp, from: Acme <hello@acme.example> } }\n",
		"segments/fans.yaml":        "segment: fans\nname: Fans\nrule: events(\"song_played\").count() >= 2\n",
		"journeys/hello.yaml":       sends("hello", `{ event: signed_up, where: events("song_played").count() >= 2 }`),
		"journeys/of-fans.yaml":     sends("of-fans", "{ segment: fans }"),
		"templates/hi.email.liquid": "---\nsubject: Hi\ntopic: tips\n---\nHi {{ user.email }}, <a href=\"{{ unsubscribe_url }}\">no more</a>\n",
	})
	s.good(t, []string{"mode", "live"}, []string{"apply", workspace})

	files := t.TempDir()
	imports := func(kind, name, content string) {
		t.Helper()
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := mixtape(t, "import", kind, path, "--database-url", s.database); got.Code != 0 {
			t.Fatalf("import %s: %+v", kind, got)
		}
	}
	imports("profiles", "people.csv", "id,email,plan\nada,ada@example.com,free\nbela,bela@example.com,free\ncleo,cleo@example.com,free\ndora,dora@example.com,pro\n")
	var past strings.Builder
	for _, who := range []string{"ada", "bela", "cleo"} {
		for _, event := range []string{"signed_up", "song_played", "song_played"} {
			past.WriteString(`{"type": "track", "userId": "` + who + `", "event": "` + event + `", "timestamp": "` + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + `"}` + "\n")
		}
	}
	imports("events", "events.jsonl", past.String())
	imports("consents", "consents.csv", "id,tips\nada,false\n")
	imports("suppressions", "suppressions.csv", "email\nbela@example.com\n")

	// The segment is computed anew behind an import; by that, nobody enters.
	const fans = `events("song_played").count() >= 2`
	s.await(t, "fans     3", "segments")
	s.await(t, "ada\nbela\ncleo\n", "segments", "fans")
	db, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	deadline := time.Now().Add(time.Minute)
	for settled := false; !settled; {
		err := db.QueryRow(t.Context(), `select not exists (select from segments where computed <> hash) and not exists (select from profiles where pending_since is not null)`).Scan(&settled)
		if err != nil || time.Now().After(deadline) {
			t.Fatal("the import is not settled", err)
		}
	}
	var runs int
	if err := db.QueryRow(t.Context(), "select count(*) from runs").Scan(&runs); err != nil || runs != 0 {
		t.Errorf("%d runs by what is over, %v", runs, err)
	}
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"count", fans}, "3\n"},
		{[]string{"count", `user.plan == "pro" && !in_segment("fans") && consented("tips")`}, "1\n"},
		{[]string{"count", `!consented("tips")`}, "1\n"},
		{[]string{"list", `user.plan == "free" && consented("tips")`}, "bela\ncleo\n"},
	} {
		if diff := cmp.Diff(result{0, c.want, ""}, s.call(t, c.arguments...)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.arguments, diff)
		}
	}
	if got := s.call(t, "list", fans, "--limit", "2"); got.Code != 0 || strings.Count(got.Out, "\n") != 2 {
		t.Errorf("two of three: %+v", got)
	}
	for command, begins := range map[string]string{"count": "select count(*) from profiles p where ", "list": "select p.id, "} {
		got := s.call(t, command, "--explain", `user.plan == "free"`)
		if got.Code != 0 || !strings.HasPrefix(got.Out, begins) || !strings.Contains(got.Out, `"free"`) || !strings.Contains(got.Out, "cost=") {
			t.Errorf("%s --explain: %+v", command, got)
		}
	}
	if got := s.call(t, "count", `user.plann == "free"`); got.Code != 1 || !strings.Contains(got.Err, "user.plan") {
		t.Errorf("a rule about nothing: %+v", got)
	}

	// What happens now lets people in as always, by what they did before and what was said of them.
	for _, who := range []string{"ada", "bela", "cleo", "dora"} {
		s.good(t, []string{"track", who, "signed_up"})
	}
	s.await(t, "not sent: no_consent", "explain", "ada")
	s.await(t, "not sent: suppressed", "explain", "bela")
	s.await(t, `"Hi": sent`, "explain", "cleo")
	s.await(t, "not entered into hello: where_false", "explain", "dora")
	if all, err := mail.Await(t.Context(), inbox.AtLeast(1)); err != nil || len(all) != 1 || !strings.Contains(all[0].Header.Get("To"), "cleo@example.com") {
		t.Errorf("%d mails, %v", len(all), err)
	}
	// Whoever becomes a fan from now on enters by that.
	s.good(t, []string{"track", "dora", "song_played"}, []string{"track", "dora", "song_played"})
	s.await(t, "entered of-fans", "explain", "dora")
}
