package channels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ReadBounce reads an e-mail in which a mail server or a mailbox provider says what became of one of
// ours: a delivery status notification (RFC 3464), an abuse report (RFC 5965), or words with the
// original's headers (RFC 3462). recipient is the address that it came to, where that is known apart
// from its headers. An e-mail that is none of these, such as an automatic answer, has no reports.
func ReadBounce(raw []byte, recipient string) ([]Report, error) {
	n, err := readNotice(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: it is no e-mail, or one that is built too deeply", ErrUnreadable)
	}
	r, ok := n.abuse()
	if !ok {
		r, ok = n.status()
	}
	if !ok {
		r, ok = n.words()
	}
	if !ok {
		return nil, nil
	}
	sum := sha256.Sum256(raw)
	r.ID, r.MessageID, r.At = "mail:"+hex.EncodeToString(sum[:16]), n.messageID(recipient), n.date()
	return []Report{r}, nil
}

// status reads a delivery status. An e-mail of ours has one recipient; where it was forwarded to
// several, one whom it reached is enough.
func (n *notice) status() (Report, bool) {
	var r Report
	failed, reached := 0, 0
	for i, f := range n.statusFields {
		if i == 0 && f["action"] == "" { // about the message as a whole
			continue
		}
		action, _, _ := strings.Cut(strings.ToLower(f["action"]), " ")
		switch action {
		case "failed":
			code, detail := statusCode(f["status"]), diagnosis(f["diagnostic-code"])
			dead := deadAddress(code, detail)
			if failed++; failed == 1 || !dead {
				r = Report{Kind: Bounced, Permanent: dead, Code: code, Detail: cut(detail)}
			}
		case "delivered", "relayed", "expanded":
			reached++
		}
	}
	switch {
	case failed > 0 && reached > 0:
		r.Permanent = false
	case failed == 0 && reached > 0:
		r = Report{Kind: Delivered}
	}
	return r, failed+reached > 0
}

// words reads a report without fields for machines, of a server that says so otherwise.
func (n *notice) words() (Report, bool) {
	sent := n.head("X-Failed-Recipients") != ""
	returned := n.original != nil && (n.report == "delivery-status" || n.report == "" && fromDaemon.MatchString(n.head("From")))
	if n.statusFields != nil || !sent && !returned {
		return Report{}, false
	}
	code := enhancedAnywhere.FindString(n.text)
	detail := replyLine.FindString(n.text)
	return Report{Kind: Bounced, Permanent: deadAddress(code, n.text), Code: code, Detail: cut(detail)}, true
}

var (
	fromDaemon       = regexp.MustCompile(`(?i)\b(mailer-daemon|postmaster)@`)
	enhancedAnywhere = regexp.MustCompile(`\b[45]\.\d{1,3}\.\d{1,3}\b`)
	replyLine        = regexp.MustCompile(`(?m)\b[45]\d\d[ -].*$`)
	unknownMailbox   = regexp.MustCompile(`(?i)\b(user|mailbox|recipient|address|account|alias)('s)?( e?-?mail)?( address)? (is |was )?(unknown|invalid|disabled|inactive|suspended|not found|does(n't| not) exist|unavailable)` +
		`|\b(unknown|no such|invalid|nonexistent) (user|mailbox|recipient|address|account|local part)|\bno mailbox here|\bdoes(n't| not) have an? .{0,40}account` +
		`|recipient address rejected: access denied|\bhost or domain name not found|\bunrouteable address|\bdomain .{0,80}does not exist`)
)

// statusCode is the code of a Status field, without the comment that may follow it.
func statusCode(field string) string {
	if code := enhancedAnywhere.FindString(field); code != "" {
		return code
	}
	return ""
}

// diagnosis is a Diagnostic-Code without the type before it.
func diagnosis(field string) string {
	if kind, rest, ok := strings.Cut(field, ";"); ok && !strings.Contains(strings.TrimSpace(kind), " ") {
		return strings.TrimSpace(rest)
	}
	return field
}

// deadAddress tells whether nobody is reached at an address, now or later, from the enhanced status
// code (RFC 3463, and the IANA registry since) and, where that says little, from the server's words.
// A refusal for now, of the content or of the sender says nothing of the address.
func deadAddress(code, words string) bool {
	if strings.HasPrefix(code, "4.") || strings.HasPrefix(code, "2.") {
		return false
	}
	sub := subject(code)
	if sub == "" || sub == "0.0" || sub == "5.0" || sub == "3.0" {
		if better := enhancedAnywhere.FindString(words); better != "" && subject(better) != "0.0" {
			code, sub = better, subject(better)
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

// date is when the report was written, never later than now.
func (n *notice) date() time.Time {
	now := time.Now()
	if at, err := n.header.Date(); err == nil && at.Before(now) {
		return at
	}
	return now
}
