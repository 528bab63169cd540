package cli

import (
	"context"
	"errors"
	"fmt"
)

// DevCommand runs everything on this machine.
type DevCommand struct {
	Data  string `placeholder:"DIR" env:"MIXTAPE_DATA" help:"Folder that keeps the data. Without: one of your own."`
	Fresh bool   `help:"Forget the data of earlier starts."`
	DemoFlags
	Listen string `default:"127.0.0.1:8080" help:"Where the HTTP API is; another free port when this one is taken."`
}

// DemoFlags are what the demo adds.
type DemoFlags struct {
	Demo      bool    `help:"Publish the onboarding example and play a stream of listeners on it, their week in about a minute."`
	Once      bool    `help:"With --demo: print what became of them as one line of JSON, and stop. Keeps nothing without --data."`
	Listeners int     `default:"200" help:"With --demo: how many."`
	Speed     float64 `default:"10080" help:"With --demo: how much faster than real time their clock goes."`
	Seed      uint64  `default:"1" help:"With --demo: another seed is another week."`
}

// Run starts everything, prints where it is, and stays until it is told to stop.
func (d *DevCommand) Run(c *Call) error {
	if d.Demo {
		return d.demonstrate(c)
	}
	if d.Once {
		return failed("--once belongs to --demo; write both")
	}
	l, err := startLocal(c, localOptions{data: d.Data, fresh: d.Fresh, listen: d.Listen, progress: c.Stderr})
	if err != nil {
		return err
	}
	defer l.Close()
	l.links(c)
	c.printf("\nPublish a workspace with `mixtape apply DIR`. Stop with Ctrl-C; the data stays.\n")
	return l.wait(c)
}

// wait returns when the context ends, or with what broke.
func (l *localDeployment) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.stack.Lost():
		return fmt.Errorf("a server of the local stack is gone: %w", err)
	case err := <-l.broken:
		if err == nil {
			err = errors.New("it stopped by itself")
		}
		return fmt.Errorf("Mixtape stopped (its log is %s): %w", l.logFile, err)
	}
}

// links says where everything is.
func (l *localDeployment) links(c *Call) {
	c.printf("API          %s (documentation: %s/api/docs)\n", l.keys.URL, l.keys.URL)
	if l.stack.UIURL != "" {
		c.printf("Temporal UI  %s\n", l.stack.UIURL)
	}
	c.printf("Inbox        %s\n", l.stack.Inbox.URL())
	c.printf("Write key    %s\n", l.keys.WriteKey)
	c.printf("Log          %s\n", l.logFile)
}
