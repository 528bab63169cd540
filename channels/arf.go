package channels

import "strings"

// abuse reads a report of a reader's complaint, as mailbox providers send them to senders who asked
// for it (feedback loops).
func (n *notice) abuse() (Report, bool) {
	if len(n.abuseFields) == 0 {
		return Report{}, false
	}
	f := n.abuseFields[0]
	r := Report{Kind: Complained, Code: strings.ToLower(cut(f["feedback-type"])), Detail: cut(f["user-agent"])}
	switch r.Code {
	case "opt-out", "opt-out-list":
		r.Kind = Unsubscribed
	case "not-spam", "auth-failure", "dmarc", "":
		return Report{}, false
	}
	return r, true
}
