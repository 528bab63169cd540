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
	enhancedAnywhere = regexp.MustCompile(`\b[45]\.[0-7]\.\d{1,2}\b`)
	replyLine        = regexp.MustCompile(`(?m)\b[45]\d\d[ -].*$`)
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

// date is when the report was written, never later than now.
func (n *notice) date() time.Time {
	now := time.Now()
	if at, err := n.header.Date(); err == nil && at.Before(now) {
		return at
	}
	return now
}
