package cli

import (
	"errors"
	"net/http"
)

// PauseCommand holds a journey, or everything.
type PauseCommand struct {
	Connection
	Journey string `arg:"" optional:"" help:"The journey's key."`
	All     bool   `help:"Hold everything."`
}

type paused struct {
	Paused bool  `json:"paused"`
	Runs   int64 `json:"runs"`
}

// Run pauses.
func (p *PauseCommand) Run(c *Call) error {
	if (p.Journey == "") != p.All {
		return errors.New("write the key of one journey, or --all for everything")
	}
	server, err := p.open()
	if err != nil {
		return err
	}
	what, path := "everything", "/api/pause"
	if !p.All {
		what, path = p.Journey, "/api/journeys/"+segment(p.Journey)+"/pause"
	}
	var now paused
	if err := server.manage(c, http.MethodPost, path, nil, &now); err != nil {
		return err
	}
	c.printf("%s is paused; %s held, none is lost\n", what, count(now.Runs, "run"))
	return nil
}
