package cli

import (
	"errors"
	"net/http"
)

// ModeCommand says whether messages leave.
type ModeCommand struct {
	Connection
	Mode    string `arg:"" optional:"" enum:"live,off,redirect," default:"" help:"live: messages go to the people. off: none leaves. redirect: e-mail goes to one address, and nothing else leaves. Without: say which it is."`
	Address string `arg:"" optional:"" help:"The address of redirect."`
}

type sendingMode struct {
	Mode       string `json:"mode"`
	RedirectTo string `json:"redirect_to,omitempty"`
}

// Run reads or sets the sending mode.
func (m *ModeCommand) Run(c *Call) error {
	if (m.Mode == "redirect") != (m.Address != "") {
		return errors.New("an address belongs to redirect; write mixtape mode redirect you@example.com")
	}
	server, err := m.open()
	if err != nil {
		return err
	}
	now := sendingMode{Mode: m.Mode, RedirectTo: m.Address}
	if m.Mode == "" {
		err = server.manage(c, http.MethodGet, "/api/sending-mode", nil, &now)
	} else {
		err = server.manage(c, http.MethodPut, "/api/sending-mode", now, &now)
	}
	if err != nil {
		return err
	}
	switch now.Mode {
	case "live":
		c.printf("live: messages go to the people\n")
	case "redirect":
		c.printf("redirect: all e-mail goes to %s, and nothing else leaves\n", now.RedirectTo)
	default:
		c.printf("%s: no message leaves\n", now.Mode)
	}
	return nil
}
