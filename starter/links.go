package starter

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/mixtapehq/mixtape/message"
)

// maxTracked is how long a link may be to be tracked, in bytes: in a token it grows by half, and mail clients cut what is
// longer than about 2,000.
const maxTracked = 1200

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

// Click is where a reader is led who follows a link of a message. One that is too long to be carried leads there by itself.
func (l *Links) Click(messageID, link string) string {
	if len(link) > maxTracked {
		return link
	}
	return l.base + "/l/" + l.signer.Sign(message.Claim{Purpose: message.PurposeClick, Message: messageID, URL: link})
}

// Open is the picture whose loading tells that a message was opened.
func (l *Links) Open(messageID string) string {
	return l.base + "/o/" + l.signer.Sign(message.Claim{Purpose: message.PurposeOpen, Message: messageID}) + ".gif"
}

// Ours tells whether a link leads here.
func (l *Links) Ours(link string) bool {
	return link == l.base || strings.HasPrefix(link, l.base+"/")
}

func (l *Links) token(messageID, profileID, topic string) string {
	return l.signer.Sign(message.Claim{Purpose: message.PurposeUnsubscribe, Message: messageID, Profile: profileID, Topic: topic})
}
