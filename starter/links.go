package starter

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/mixtapehq/mixtape/message"
)

// Links makes the addresses in messages that lead back here.
type Links struct {
	base   string
	signer *message.Signer
}

// NewLinks returns links under a base URL, which is what readers' devices can reach.
func NewLinks(base string, signer *message.Signer) (*Links, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the base URL %q is not one; write it as https://mail.example.com", base)
	}
	return &Links{base: strings.TrimRight(base, "/"), signer: signer}, nil
}

// Unsubscribe is the page on which a reader withdraws consent to the topic, or with an empty one to
// everything that is not transactional.
func (l *Links) Unsubscribe(messageID, profileID, topic string) (string, error) {
	return l.base + "/u/" + l.token(messageID, profileID, topic), nil
}

// OneClick is where a mail client posts to, to the same end (RFC 8058).
func (l *Links) OneClick(messageID, profileID, topic string) (string, error) {
	return l.base + "/u/" + l.token(messageID, profileID, topic) + "/one-click", nil
}

func (l *Links) token(messageID, profileID, topic string) string {
	return l.signer.Sign(message.Claim{Purpose: message.PurposeUnsubscribe, Message: messageID, Profile: profileID, Topic: topic})
}
