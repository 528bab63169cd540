package channels

import (
	"regexp"
	"strings"
)

// bareReply is the code of a mail server that says no more than that it will not take the message.
var bareReply = regexp.MustCompile(`^5\d\d( 5\.0\.0)?$`)

// Dead tells whether nobody is reached at the address, now or later: nothing should be sent there any
// more. A refusal of what was sent, or of who sent it, says nothing of the address; nor does a bare 550,
// with which servers also turn away a sender on a blocklist, unless its words do.
func (e *Rejected) Dead() bool {
	switch e.Reason {
	case MailboxDisabled, DomainUnavailable, InvalidAddress:
		return true
	case MailboxUnavailable:
		return !bareReply.MatchString(e.Code) || deadAddress("5.0.0", e.Detail)
	}
	return false
}

var unknownMailbox = regexp.MustCompile(`(?i)\b(user|mailbox|recipient|address|account|alias)('s)?( e?-?mail)?( address)? (is |was )?(unknown|invalid|disabled|inactive|suspended|not found|does(n't| not) exist|unavailable)` +
	`|\b(unknown|no such|invalid|nonexistent) (user|mailbox|recipient|address|account|local part)|\bno mailbox here|\bdoes(n't| not) have an? .{0,40}account` +
	`|recipient address rejected: access denied|\bhost or domain name not found|\bunrouteable address|\bdomain .{0,80}does not exist`)

// deadAddress tells whether nobody is reached at an address, now or later, from the enhanced status
// code (RFC 3463, and the IANA registry since) and, where that says little, from the server's words.
// A refusal for now, of the content or of the sender says nothing of the address.
func deadAddress(code, words string) bool {
	if strings.HasPrefix(code, "4.") || strings.HasPrefix(code, "2.") {
		return false
	}
	sub := subject(code)
	if sub == "" || sub == "0.0" || sub == "5.0" || sub == "3.0" {
		for _, better := range enhancedAnywhere.FindAllString(words, 5) {
			if subject(better) != "0.0" {
				code, sub = better, subject(better)
				break
			}
		}
	}
	switch sub {
	case "1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4", "6.7":
		return strings.HasPrefix(code, "5.")
	case "", "0.0", "2.0", "3.0", "4.0", "4.1", "5.0", "7.0", "7.1":
		return !strings.HasPrefix(code, "4.") && unknownMailbox.MatchString(words)
	}
	return false
}
