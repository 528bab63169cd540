package cli

import "github.com/google/uuid"

// TrackCommand says that a person did something.
type TrackCommand struct {
	Connection
	User       string   `arg:"" help:"Your id of the person."`
	Event      string   `arg:"" help:"What they did, such as playlist_created."`
	Properties []string `arg:"" optional:"" name:"key=value" help:"Properties of the event: plan=free total=12.5. A value that reads as JSON is taken so."`
}

// Run tracks.
func (t *TrackCommand) Run(c *Call) error {
	properties, err := pairs(t.Properties)
	if err != nil {
		return err
	}
	server, err := t.open()
	if err != nil {
		return err
	}
	err = server.track(c, "track", map[string]any{"messageId": uuid.NewString(), "userId": t.User, "event": t.Event, "properties": properties})
	if err == nil {
		c.printf("tracked %s of %s\n", t.Event, t.User)
	}
	return err
}
