package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/dev/demo"
	"github.com/mixtapehq/mixtape/examples"
	"github.com/mixtapehq/mixtape/workspace"
)

// demonstrate runs the onboarding example on a stream of listeners, on a clock of its own.
func (d *DevCommand) demonstrate(c *Call) error {
	if d.Once && d.Data == "" {
		folder, err := os.MkdirTemp("", "mixtape-demo-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }() // ours, made a moment ago
		d.Data = folder
	}
	if d.Listeners < 1 || d.Speed < 1 {
		return failed("a demo wants at least one listener, and a clock that is not slower than the real one")
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	clock := calendar.Clock{Real: now, Virtual: now, Speed: d.Speed}
	l, err := startLocal(c, localOptions{data: d.Data, fresh: d.Fresh, listen: d.Listen, clock: clock, progress: c.Stderr})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := publishExample(c, l); err != nil {
		return err
	}
	if !d.Once {
		l.links(c)
		c.printf("\n")
	}
	summary, err := d.play(c, l)
	if err != nil {
		return err
	}
	if d.Once {
		return json.NewEncoder(c.Stdout).Encode(summary)
	}
	c.printf("\n")
	if err := summary.Table(c.Stdout); err != nil {
		return err
	}
	c.printf("\n")
	l.links(c)
	c.printf("\nAsk why: mixtape explain %s%03d\nStop with Ctrl-C; the data stays.\n", summary.Prefix, 1)
	return l.wait(c)
}

// play lets the listeners live their week, or ends with what broke.
func (d *DevCommand) play(c *Call, l *localDeployment) (demo.Summary, error) {
	ctx, cancel := context.WithCancelCause(c)
	defer cancel(nil)
	go func() { cancel(l.wait(ctx)) }()
	inbox := l.stack.Inbox
	summary, err := demo.Run(ctx, demo.Stage{
		URL: l.keys.URL, WriteKey: l.keys.WriteKey, Store: l.backend.store, Temporal: l.backend.client.Temporal,
		Received: func() (int, int) { counts := inbox.Counts(); return counts.Received, counts.Duplicates },
		Tell:     func(format string, args ...any) { fmt.Fprintf(c.Stderr, format+"\n", args...) },
	}, demo.Options{Listeners: d.Listeners, Seed: d.Seed, Speed: d.Speed, Journey: "onboarding"})
	if err != nil && context.Cause(ctx) != nil && c.Err() == nil {
		err = context.Cause(ctx)
	}
	return summary, err
}

// publishExample publishes the onboarding example through the API, as `mixtape apply` does.
func publishExample(c *Call, l *localDeployment) error {
	w, problems := workspace.LoadFS(examples.Onboarding())
	if len(problems) > 0 {
		return fmt.Errorf("the onboarding example: %s", problems[0])
	}
	server, err := Connection{URL: l.keys.URL, AdminKey: l.keys.AdminKey}.open()
	if err != nil {
		return err
	}
	request := publishing{Settings: w.Settings}
	for _, v := range w.Versions() {
		request.Journeys = append(request.Journeys, publishedJourney(v))
	}
	var done publication
	return server.manage(c, http.MethodPut, "/api/workspace", request, &done)
}
