package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/dev/harness"
	"github.com/mixtapehq/mixtape/store"
)

// A worker that was told to sign does not start without its key: what it sent would look forged.
func TestWorkerWantsTheKeyThatItSignsWith(t *testing.T) {
	t.Parallel()
	database := harness.Database(t, store.SchemaVersion(), func(url string) error { return store.Migrate(context.Background(), url) })
	temporal, namespace := harness.Temporal(t)
	link := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	got := mixtape(t, "worker", "--base-url", "http://127.0.0.1:1", "--ops-listen", freeAddress(t), "--database-url", database,
		"--temporal-address", temporal, "--temporal-namespace", namespace, "--queue-prefix", harness.Name(t)+"-", "--link-keys", link,
		"--smtp-url", "smtp://user:p4ss@127.0.0.1:1?tls=none", "--dkim", "mixtape@acme.example", "--dkim-key-file", filepath.Join(t.TempDir(), "dkim.pem"))
	if got.Code == 0 || !strings.Contains(got.Err, "MIXTAPE_DKIM_KEY_FILE") {
		t.Fatalf("%+v", got)
	}
	if strings.Contains(got.Err+got.Out, "p4ss") {
		t.Errorf("it tells the password: %s", got.Err)
	}
}
