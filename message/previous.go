package message

import (
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/spelling"
)

// Sent is what templates may read of the message that went out last through a channel, as in
// {{ previous.email.subject }}. Before the first one it is empty.
type Sent struct {
	Template, Subject string
	At                time.Time
}

// sentNames are the names under previous.<channel>.
func sentNames() []string { return []string{"subject", "template", "sent_at"} }

func sent(previous map[string]Sent) map[string]any {
	all := map[string]any{}
	for channel, s := range previous {
		all[channel] = map[string]any{"template": s.Template, "subject": s.Subject, "sent_at": s.At}
	}
	return all
}

// Previous lists the channels whose last message the template reads.
func (t *Template) Previous() []string {
	var channels []string
	for _, r := range t.reads {
		if r.Root == "previous" && !slices.Contains(channels, r.Path[0]) {
			channels = append(channels, r.Path[0])
		}
	}
	return channels
}

// previous checks a name under previous, which has to say a channel and what of its last message.
func (n *names) previous(d *document, r ref) bool {
	channels := []string{"email", "sms", "push", "webhook", "inbox"}
	const form = "write previous.email.subject"
	switch {
	case n.secrets != nil:
		d.source.problem(r.at, "what was sent before is for messages to read, not for calls; write an attribute instead")
	case len(r.path) < 3:
		d.source.problem(r.at, "previous is by channel; %s", form)
	case !slices.Contains(channels, r.path[1]):
		d.source.problem(r.at, "there is no channel %s; write %s", r.path[1], spelling.Instead(r.path[1], channels))
	case !slices.Contains(sentNames(), r.path[2]):
		d.source.problem(r.at, "%s has no %s; write %s", strings.Join(r.path[:2], "."), r.path[2], spelling.Instead(r.path[2], sentNames()))
	default:
		return true
	}
	return false
}
