package cli

import (
	"context"
	"errors"
	"fmt"
)

// DevCommand runs everything on this machine.
type DevCommand struct {
	Data   string `placeholder:"DIR" env:"MIXTAPE_DATA" help:"Folder that keeps the data. Without: one of your own."`
	Fresh  bool   `help:"Forget the data of earlier starts."`
	Listen string `default:"127.0.0.1:8080" help:"Where the HTTP API is; another free port when this one is taken."`
}

// Run starts everything, prints where it is, and stays until it is told to stop.
func (d *DevCommand) Run(c *Call) error {
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
