package channels

import (
	"context"
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Delays before the next attempt where the server names none.
const (
	delayDefault  = time.Minute
	delayDown     = 30 * time.Second
	delayGreylist = 5 * time.Minute // the usual waiting time of greylisting, RFC 6647 section 2.3
	delayFull     = 30 * time.Minute
	delayLongest  = time.Hour
	maxDetail     = 500
)

// failure turns an error of a transaction into one of the three kinds.
func (s *SMTP) failure(ctx context.Context, e Envelope, err error) error {
	refused := &Refused{Provider: s.Name(), MessageID: e.MessageID, Delay: delayDown, Detail: detail(err)}
	var at *stageError
	var reply *textproto.Error
	switch {
	case errors.Is(err, errClosed):
		refused.Reason = Closed
		return refused
	case !errors.As(err, &at):
		// The context ended while waiting for a connection.
		refused.Reason = Throttled
		if errors.Is(ctx.Err(), context.Canceled) {
			refused.Reason = Cancelled
		}
		return refused
	case errors.As(err, &reply) && !(at.stage == stageAnswer && (reply.Code < 400 || reply.Code > 599)):
		return s.refusal(at.stage, reply, e.MessageID)
	case at.stage == stageAnswer:
		return &Unknown{Provider: s.Name(), MessageID: e.MessageID, Detail: detail(err)}
	case errors.Is(err, errNeedsUTF8):
		return &Rejected{Provider: s.Name(), MessageID: e.MessageID, Reason: InvalidAddress, Detail: detail(err)}
	case errors.Is(err, errOursNeedsUTF8):
		return &Rejected{Provider: s.Name(), MessageID: e.MessageID, Reason: InvalidMessage, Detail: detail(err)}
	case errors.Is(err, errTooLarge):
		return &Rejected{Provider: s.Name(), MessageID: e.MessageID, Reason: MessageTooLarge, Detail: detail(err)}
	case at.stage == stageAuth, errors.Is(err, errNoTLS):
		refused.Reason, refused.Delay = ProviderSettings, delayDefault
		return refused
	case errors.Is(ctx.Err(), context.Canceled):
		refused.Reason = Cancelled
		return refused
	}
	refused.Reason = ProviderDown
	return refused
}

// refusal reads a server's no.
func (s *SMTP) refusal(at stage, reply *textproto.Error, id string) error {
	enhanced := enhancedForm.FindString(reply.Msg)
	code := strings.TrimSpace(strconv.Itoa(reply.Code) + " " + enhanced)
	// Before the envelope it is not about this message: our password, our TLS, or their state.
	settings := at == stageAuth || reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538
	if reply.Code >= 500 && reply.Code < 600 && at != stageConnect && !settings {
		return &Rejected{Provider: s.Name(), MessageID: id, Reason: finalReason(at, reply.Code, enhanced), Code: code, Detail: cut(reply.Msg)}
	}
	reason, delay := passingReason(at, reply.Code, enhanced)
	if settings {
		reason, delay = ProviderSettings, delayDefault
	}
	if asked, ok := askedDelay(reply.Msg); ok {
		delay = asked
	}
	return &Refused{Provider: s.Name(), MessageID: id, Reason: reason, Code: code, Delay: delay, Detail: cut(reply.Msg)}
}

// Enhanced status codes: RFC 3463, and the IANA registry for those since.
var enhancedForm = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

func subject(enhanced string) string {
	_, rest, _ := strings.Cut(enhanced, ".")
	return rest
}

func finalReason(at stage, code int, enhanced string) Reason {
	sub := subject(enhanced)
	// At MAIL nobody has said yet whom it is for: whatever is wrong is wrong with us.
	if tooLarge := sub == "2.3" || sub == "3.4" || sub == "" && code == 552; at == stageMail && !tooLarge {
		return PolicyRefused
	}
	switch sub {
	case "1.1", "1.6":
		return MailboxUnavailable
	case "1.2", "1.10", "4.4":
		return DomainUnavailable
	case "1.3", "1.4", "6.7":
		return InvalidAddress
	case "2.0", "2.1":
		return MailboxDisabled
	case "2.2":
		return MailboxFull
	case "2.3", "3.4":
		return MessageTooLarge
	case "1.7", "1.8":
		return PolicyRefused
	case "", "0.0":
	default:
		switch {
		case strings.HasPrefix(sub, "6."):
			return ContentRefused
		case strings.HasPrefix(sub, "7.") && at == stageAnswer:
			return ContentRefused
		case strings.HasPrefix(sub, "7."):
			return PolicyRefused
		}
	}
	return finalByCode(at, code)
}

// finalByCode is for servers without enhanced codes: the same number means one thing of a
// recipient and another of a message.
func finalByCode(at stage, code int) Reason {
	switch {
	case at == stageRcpt && code == 550:
		return MailboxUnavailable
	case at == stageRcpt && code == 551:
		return RelayDenied
	case at == stageRcpt && code == 552:
		return MailboxFull
	case at == stageRcpt && (code == 553 || code == 501):
		return InvalidAddress
	case at == stageRcpt && code == 554:
		return PolicyRefused
	case code == 552:
		return MessageTooLarge
	case at == stageAnswer && (code == 550 || code == 554):
		return ContentRefused
	}
	return OtherRejection
}

func passingReason(at stage, code int, enhanced string) (Reason, time.Duration) {
	sub := subject(enhanced)
	switch {
	case code == 421 && !strings.HasPrefix(sub, "7."), at == stageConnect:
		return ProviderDown, delayDown
	case sub == "2.2":
		return MailboxFull, delayFull
	case sub == "3.2", sub == "4.5", sub == "5.3", sub == "7.28", code == 421:
		return Throttled, delayDefault
	case at == stageRcpt && (strings.HasPrefix(sub, "7.") || sub == "" && code == 450):
		return Greylisted, delayGreylist
	case code == 452 && sub == "", strings.HasPrefix(sub, "7."):
		return Throttled, delayDefault
	}
	return OtherRefusal, delayDefault
}

var delayForm = regexp.MustCompile(`(?i)\b(?:in|after|wait|for)\s+(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?)\b`)

// askedDelay finds a delay in the server's words, such as "try again in 300 seconds".
func askedDelay(words string) (time.Duration, bool) {
	m := delayForm.FindStringSubmatch(words)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return 0, false
	}
	unit := time.Second
	if strings.HasPrefix(strings.ToLower(m[2]), "m") {
		unit = time.Minute
	}
	return min(time.Duration(n)*unit, delayLongest), true
}

func detail(err error) string { return cut(err.Error()) }

// cut makes a server's words fit to be stored: short, text, and without the NUL that Postgres
// refuses.
func cut(words string) string {
	words = line(words)
	if r := []rune(words); len(r) > maxDetail {
		return string(r[:maxDetail])
	}
	return words
}
