package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// IdentifyCommand says what is known of a person.
type IdentifyCommand struct {
	Connection
	User   string   `arg:"" help:"Your id of the person."`
	Traits []string `arg:"" optional:"" name:"key=value" help:"What is known: email=ada@example.com plan=free vip=true. A value that reads as JSON is taken so; null removes."`
}

// Run identifies.
func (i *IdentifyCommand) Run(c *Call) error {
	traits, err := pairs(i.Traits)
	if err != nil {
		return err
	}
	server, err := i.open()
	if err != nil {
		return err
	}
	err = server.track(c, "identify", map[string]any{"messageId": uuid.NewString(), "userId": i.User, "traits": traits})
	if err == nil {
		c.printf("identified %s\n", i.User)
	}
	return err
}

// pairs reads key=value arguments. Of what every person may have, the value is always text: a phone
// number is no number.
func pairs(arguments []string) (map[string]any, error) {
	all := map[string]any{}
	for _, a := range arguments {
		key, text, ok := strings.Cut(a, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not key=value; write it as in plan=free", a)
		}
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("%s is given twice; write it once", key)
		}
		all[key] = value(key, text)
	}
	return all, nil
}

func value(key, text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // a number goes on as it was written
	err := d.Decode(&v)
	_, number := v.(json.Number)
	isText := number && slices.Contains([]string{"email", "phone", "timezone", "locale"}, key)
	if err != nil || d.More() || isText {
		return text
	}
	return v
}
