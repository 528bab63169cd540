package journey

import (
	"fmt"
	"regexp"
	"strconv"
)

// singleSend begins the keys of journeys that nobody wrote: one send, and nothing else. No key that
// people write begins so.
const singleSend = "_send-"

var singlePattern = regexp.MustCompile(`^` + singleSend + `([A-Za-z0-9_-]{1,128})(?:\.([a-z]+))?$`)

// SingleSendKey is the key of the journey that sends a template by itself, through one channel, or with an
// empty one through the first that reaches the person.
func SingleSendKey(template, channel string) string {
	if channel == "" {
		return singleSend + template
	}
	return singleSend + template + "." + channel
}

// SingleSend tells whether a journey is one that sends a template by itself, and which.
func SingleSend(key string) (template, channel string, ok bool) {
	if m := singlePattern.FindStringSubmatch(key); m != nil {
		return m[1], m[2], true
	}
	return "", "", false
}

// SingleSendSource is such a journey, written as people write theirs: so the gate, the delivery and the
// ledger are the same for a message that is asked for by itself.
func SingleSendSource(template, channel string) string {
	through := channel
	if through == "" {
		through = "best"
	}
	return fmt.Sprintf(`journey: %s
name: %s
entry: { api: true, reentry: always }
steps:
  - { id: send, send: { channel: %s, template: %s, priority: transactional } }
`, strconv.Quote(SingleSendKey(template, channel)), strconv.Quote("The message "+template), through, strconv.Quote(template))
}
