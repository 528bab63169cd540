package cli

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// SendCommand sends one message to one person.
type SendCommand struct {
	Connection
	Template string `arg:"" help:"The template's name, published by mixtape apply."`
	Profile  string `required:"" placeholder:"ID" help:"Your id of the person, or an e-mail address."`
	Values   string `name:"values" placeholder:"JSON" help:"What the template reads as event, such as '{\"total\": 12.5}'."`
	Channel  string `placeholder:"CHANNEL" help:"The channel; without one, the first that reaches the person."`
	Key      string `placeholder:"KEY" help:"What makes this message one, such as receipt-1042: asked again with it, nothing goes twice. Without one, each call sends."`
	JSON     bool   `name:"json" help:"Print the answer as JSON."`
}

// Run asks for the message. That it is accepted is no promise that it leaves: the gate's verdict is in the story.
func (s *SendCommand) Run(c *Call) error {
	server, err := s.open()
	if err != nil {
		return err
	}
	asked := map[string]any{"template": s.Template, "profile": s.Profile, "idempotency_key": s.Key}
	if s.Key == "" {
		asked["idempotency_key"] = uuid.NewString()
	}
	if s.Channel != "" {
		asked["channel"] = s.Channel
	}
	if s.Values != "" {
		var value map[string]any
		if err := json.Unmarshal([]byte(s.Values), &value); err != nil {
			return fmt.Errorf("--values is no JSON object (%w); write one such as '{\"total\": 12.5}'", err)
		}
		asked["data"] = value
	}
	var answer struct {
		Run      string `json:"run"`
		Accepted bool   `json:"accepted"`
	}
	if err := server.write(c, "send", asked, &answer); err != nil {
		return err
	}
	if s.JSON {
		return c.printJSON(answer)
	}
	c.printf("%s for %s is accepted: run %s\nwhat becomes of it: mixtape explain %s\n", s.Template, s.Profile, answer.Run, s.Profile)
	return nil
}
