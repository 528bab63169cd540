package channels_test

import (
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

// Were a blocklist taken for dead mailboxes, one bad day would suppress everybody.
func TestARejectionIsOfTheAddressOnlyWhereItSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reason       channels.Reason
		code, detail string
		dead         bool
	}{
		"by its code":              {channels.MailboxUnavailable, "550 5.1.1", "5.1.1 <ada@x>: sorry", true},
		"by its words":             {channels.MailboxUnavailable, "550", "No such user here", true},
		"by a second code":         {channels.MailboxUnavailable, "550 5.0.0", "5.0.0 5.1.1 nobody of that name", true},
		"a blocklist":              {channels.MailboxUnavailable, "550", "Service unavailable, client host [203.0.113.4] blocked using zen", false},
		"a blocklist's code":       {channels.MailboxUnavailable, "550 5.0.0", "5.0.0 5.7.1 blocked", false},
		"nothing said":             {channels.MailboxUnavailable, "550", "", false},
		"disabled":                 {channels.MailboxDisabled, "550 5.2.1", "", true},
		"no domain":                {channels.DomainUnavailable, "550 5.1.2", "", true},
		"no address":               {channels.InvalidAddress, "", "not an e-mail address", true},
		"no phone":                 {channels.MailboxUnavailable, "21614", "not a mobile number", true},
		"the content":              {channels.ContentRefused, "550 5.7.1", "user unknown", false},
		"the sender":               {channels.PolicyRefused, "550 5.7.26", "", false},
		"something else of theirs": {channels.OtherRejection, "554", "no such user", false},
	} {
		if got := (&channels.Rejected{Reason: c.reason, Code: c.code, Detail: c.detail}).Dead(); got != c.dead {
			t.Errorf("%s: %v", name, got)
		}
	}
}
