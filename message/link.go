package message

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

// Claim is what a signed link says. It holds opaque ids and a topic's name, never an address:
// links are forwarded, logged and prefetched.
type Claim struct {
	Purpose string // see the Purpose constants; a link made for one thing must not do another
	Message string
	Profile string
	Topic   string // empty: everything that is not transactional
	URL     string // where a tracked link leads
}

// What a link may be for.
const (
	PurposeUnsubscribe = "unsubscribe" // withdraws the topic's consent
	PurposePreferences = "preferences" // shows and changes all consents of a person
	PurposeConfirm     = "confirm"     // confirms a consent that was asked for; Topic is its key
	PurposeClick       = "click"       // leads to URL, and tells that it was followed
	PurposeOpen        = "open"        // is a picture, and tells that it was loaded
)

// ErrLink is the answer to every token that this deployment did not make. It does not say why:
// the difference would help only a forger.
var ErrLink = errors.New("this link is not valid; ask for a new message")

// linkVersion opens every token, so that a later form can be told from this one.
const linkVersion = "1"

// maxToken keeps a hostile request from being decoded at length; real tokens are a tenth of it.
const maxToken = 8 << 10

// minKey is the shortest key with which HMAC-SHA256 keeps its strength (RFC 2104 section 3).
const minKey = 32

// Signer makes and checks the tokens in links. It is safe for concurrent use.
type Signer struct{ keys [][]byte }

// NewSigner takes keys of at least 32 bytes: the first signs, all verify, so that a key can be
// replaced without breaking the links in messages already sent.
func NewSigner(keys ...[]byte) (*Signer, error) {
	if len(keys) == 0 {
		return nil, errors.New("no key to sign links with: set at least one of 32 bytes or more")
	}
	s := &Signer{}
	for _, k := range keys {
		if len(k) < minKey {
			return nil, errors.New("a key to sign links with is too short: write at least 32 random bytes")
		}
		s.keys = append(s.keys, append([]byte(nil), k...))
	}
	return s, nil
}

// Sign returns a token for a URL: letters, digits, `-`, `_` and `.` only.
func (s *Signer) Sign(c Claim) string {
	payload := c.encode()
	mac := sum(s.keys[0], payload)
	return linkVersion + "." + encode64(payload) + "." + encode64(mac)
}

// Verify returns what a token says, or ErrLink. The caller still has to look at the Purpose.
func (s *Signer) Verify(token string) (Claim, error) {
	// base64 passes over line breaks; no token of ours has one.
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return Claim{}, ErrLink
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != linkVersion {
		return Claim{}, ErrLink
	}
	payload, err := decode64(parts[1])
	if err != nil {
		return Claim{}, ErrLink
	}
	mac, err := decode64(parts[2])
	if err != nil {
		return Claim{}, ErrLink
	}
	for _, k := range s.keys {
		if hmac.Equal(mac, sum(k, payload)) {
			return decodeClaim(payload)
		}
	}
	return Claim{}, ErrLink
}

// sum covers the version too: a payload must not mean something else under another one.
func sum(key, payload []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("mixtape link " + linkVersion + "\x00"))
	h.Write(payload)
	return h.Sum(nil)
}

func (c *Claim) parts() []*string {
	return []*string{&c.Purpose, &c.Message, &c.Profile, &c.Topic, &c.URL}
}

// encode writes each part after its length, so that no two claims share a payload.
func (c Claim) encode() []byte {
	var b []byte
	for _, p := range c.parts() {
		b = binary.AppendUvarint(b, uint64(len(*p)))
		b = append(b, *p...)
	}
	return b
}

func decodeClaim(b []byte) (Claim, error) {
	var c Claim
	for _, p := range c.parts() {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return Claim{}, ErrLink
		}
		*p, b = string(b[used:used+int(n)]), b[used+int(n):]
	}
	if len(b) != 0 {
		return Claim{}, ErrLink
	}
	return c, nil
}

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Strict: otherwise several spellings of a token's last letter would all be good.
func decode64(s string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(s) }
