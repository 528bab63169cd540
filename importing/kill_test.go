package importing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mixtapehq/mixtape/importing"
)

// order tells a child process what to import, and where to kill itself.
type order struct {
	Database, File, Kind, Kill string
	Nth                        int
}

const orderVariable = "MIXTAPE_IMPORT_ORDER"

// TestTheChildProcess imports in a process of its own.
func TestTheChildProcess(t *testing.T) {
	text := os.Getenv(orderVariable)
	if text == "" {
		return
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	passed := 0
	p := connect(t, o.Database)
	p.take(o.File, importing.Options{Kind: o.Kind, Failpoint: func(point string) {
		if passed++; point == o.Kill && passed >= o.Nth {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
}

func (o order) run(t *testing.T) error {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheChildProcess$")
	child.Env = append(os.Environ(), orderVariable+"="+string(raw))
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	err = child.Run()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v: %s", err, out.String())
	}
	return err
}

// Wherever a process dies, the next one goes on, and nothing is lost or doubled: events without ids of their
// own and rejects neither.
func TestKilled(t *testing.T) {
	t.Parallel()
	const rows, people = 22_000, 700
	var lines []string
	for i := range rows {
		line := fmt.Sprintf(`{"type": "track", "userId": "u%d", "event": "played", "timestamp": "2025-01-01T00:00:00Z", "properties": {"i": %d}}`, i%people, i)
		switch {
		case i%4000 == 7:
			line = `{"type": "track"}`
		case i%9000 == 8: // its own transaction
			line = fmt.Sprintf(`{"type": "alias", "userId": "u%d", "previousId": "u%d"}`, i%people, i%people)
		}
		lines = append(lines, line)
	}
	path := file(t, "events.jsonl", lines...)
	p := open(t)
	kills := 0
	for _, o := range []order{{Kill: "import:written", Nth: 1}, {Kill: "import:committed", Nth: 2}, {Kill: "import:written", Nth: 3}, {Kill: "import:committed", Nth: 1}, {Kill: "import:written", Nth: 4}} {
		o.Database, o.File, o.Kind = p.url, path, importing.Events
		if o.run(t) == nil {
			break
		}
		kills++
	}
	if kills < 4 {
		t.Errorf("killed only %d times", kills)
	}
	result, rejects := p.take(path, importing.Options{Kind: importing.Events})
	if result.Done != rows || len(rejects) != 6 || result.Rejected != 6 || result.Began == 0 {
		t.Errorf("%+v, rejects %q", result, rejects)
	}
	if n := p.count("select count(*) from events where name = 'played'"); n != rows-6-3 {
		t.Errorf("%d events", n)
	}
	if n := p.count("select count(distinct properties ->> 'i') from events where name = 'played'"); n != rows-6-3 {
		t.Errorf("%d different events", n)
	}
	if n := p.count("select count(*) from profiles p where last_number <> (select count(*) from events e where e.profile_id = p.id) or dispatched <> last_number"); n != 0 {
		t.Errorf("the numbers of %d people have gaps", n)
	}
	for i := 1; i < len(rejects); i++ {
		if rejects[i] == rejects[i-1] {
			t.Errorf("%s is rejected twice", rejects[i])
		}
	}
}
