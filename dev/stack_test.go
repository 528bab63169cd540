package dev_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/mixtapehq/mixtape/dev"
)

// start runs a stack of this test's own, whatever the environment names. A first build of Temporal may fall into it.
func start(t *testing.T, options dev.Options) (*dev.Stack, error) {
	t.Helper()
	t.Setenv(dev.DatabaseVariable, "")
	t.Setenv(dev.TemporalVariable, "")
	t.Setenv(dev.NamespaceVariable, "")
	options.Log = t.Output()
	began := time.Now()
	stack, err := dev.Start(t.Context(), options)
	if err == nil {
		t.Cleanup(stack.Close)
		t.Logf("up after %s", time.Since(began).Round(10*time.Millisecond))
	}
	return stack, err
}

func mustStart(t *testing.T, options dev.Options) *dev.Stack {
	t.Helper()
	stack, err := start(t, options)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func query(t *testing.T, stack *dev.Stack, statement string, into ...any) error {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), stack.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.Background())
	if len(into) == 0 {
		_, err = connection.Exec(t.Context(), statement)
		return err
	}
	return connection.QueryRow(t.Context(), statement).Scan(into...)
}

// A stack keeps what Postgres and Temporal hold until it is told to forget; its folder is for one stack at a time.
func TestStackKeepsItsDataUntilFresh(t *testing.T) {
	folder := t.TempDir()
	stack := mustStart(t, dev.Options{DataDir: folder, UI: true})
	if err := query(t, stack, "CREATE TABLE songs AS SELECT 'Blue in Green' AS title"); err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, stack, "kept")
	if _, err := start(t, dev.Options{DataDir: folder}); err == nil || !strings.Contains(err.Error(), "another local stack runs in") {
		t.Errorf("a second stack in the same folder: %v", err)
	}
	if body := get(t, stack.UIURL); !strings.Contains(strings.ToLower(body), "<html") {
		t.Errorf("the web UI answers %.200q", body)
	}
	stack.Close()

	stack = mustStart(t, dev.Options{DataDir: folder})
	var title string
	if err := query(t, stack, "SELECT title FROM songs", &title); err != nil || title != "Blue in Green" {
		t.Errorf("after a restart the table holds %q, %v", title, err)
	}
	if got := workflowResult(t, stack, "kept"); got != "done" {
		t.Errorf("after a restart the workflow's result is %q", got)
	}
	stack.Close()

	note := filepath.Join(folder, "note.txt")
	if err := os.WriteFile(note, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	stack = mustStart(t, dev.Options{DataDir: folder, Fresh: true})
	if err := query(t, stack, "SELECT title FROM songs", &title); err == nil {
		t.Error("a fresh stack still holds the table")
	}
	if _, err := os.Stat(note); err != nil {
		t.Errorf("a fresh start removed a file that is not the stack's: %v", err)
	}
}

// After kill -9 and a reboot the number in postmaster.pid may be anybody's.
func TestStalePidOfALivingProcess(t *testing.T) {
	folder := t.TempDir()
	mustStart(t, dev.Options{DataDir: folder}).Close()
	pid := filepath.Join(folder, "postgres", "data", "postmaster.pid")
	if err := os.WriteFile(pid, []byte(strconv.Itoa(os.Getpid())+"\n/elsewhere\n1\n5432\n\n\n1 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustStart(t, dev.Options{DataDir: folder})
}

func TestDataOfAnotherPostgres(t *testing.T) {
	folder := t.TempDir()
	data := filepath.Join(folder, "postgres", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := start(t, dev.Options{DataDir: folder})
	if err == nil || !strings.Contains(err.Error(), "made by Postgres 9") || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("got %v", err)
	}
}

func TestServerLost(t *testing.T) {
	stack := mustStart(t, dev.Options{ForTests: true, NoInbox: true})
	_ = query(t, stack, "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID; kill -9 $(head -1 postmaster.pid)'") // the answer is lost, too
	select {
	case err := <-stack.Lost():
		if !strings.Contains(err.Error(), "Postgres stopped") {
			t.Errorf("got %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("nobody noticed that Postgres is gone")
	}
}

// listen is a workflow that says where it is, as a journey does.
func listen(ctx workflow.Context) (string, error) {
	err := workflow.UpsertTypedSearchAttributes(ctx,
		temporal.NewSearchAttributeKeyKeyword("JourneyKey").ValueSet("onboarding"),
		temporal.NewSearchAttributeKeyKeyword("JourneyVersion").ValueSet("3f2a"),
		temporal.NewSearchAttributeKeyKeyword("JourneyStep").ValueSet("welcome"),
		temporal.NewSearchAttributeKeyKeyword("JourneyState").ValueSet("waiting"),
		temporal.NewSearchAttributeKeyKeyword("ProfileID").ValueSet("p1"),
		temporal.NewSearchAttributeKeyTime("NextWakeAt").ValueSet(workflow.Now(ctx)),
	)
	if err != nil {
		return "", err
	}
	return "done", workflow.Sleep(ctx, 10*time.Millisecond)
}

func dial(t *testing.T, stack *dev.Stack) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: stack.TemporalAddress, Namespace: stack.Namespace, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// runWorkflow runs one to its end and finds it by its search attributes.
func runWorkflow(t *testing.T, stack *dev.Stack, id string) {
	t.Helper()
	c := dial(t, stack)
	w := worker.New(c, "listen", worker.Options{})
	w.RegisterWorkflow(listen)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "listen"}, listen); err != nil {
		t.Fatal(err)
	}
	if got := workflowResult(t, stack, id); got != "done" {
		t.Errorf("the workflow's result is %q", got)
	}
	const wanted = "JourneyKey = 'onboarding' AND ProfileID = 'p1' AND NextWakeAt > '2020-01-01T00:00:00Z'"
	eventually(t, "the workflow is found by "+wanted, func() bool {
		listed, err := c.ListWorkflow(t.Context(), listRequest(wanted))
		return err == nil && len(listed.Executions) == 1 && listed.Executions[0].Execution.WorkflowId == id
	})
}

func workflowResult(t *testing.T, stack *dev.Stack, id string) string {
	t.Helper()
	var result string
	if err := dial(t, stack).GetWorkflow(t.Context(), id, "").Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute) // of a busy machine; a first build of Temporal has its own test before
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("it did not come to pass that %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func listRequest(query string) *workflowservice.ListWorkflowExecutionsRequest {
	return &workflowservice.ListWorkflowExecutionsRequest{Query: query}
}

func get(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
