package channels

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // signature version 1 of SNS is made so
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fetch reads what is at a URL.
type Fetch func(ctx context.Context, url string) ([]byte, error)

// The types of what SNS posts.
const (
	snsNotification = "Notification"
	snsConfirm      = "SubscriptionConfirmation"
	snsUnsubscribed = "UnsubscribeConfirmation"
)

// snsEnvelope is what SNS posts, whatever is in it.
type snsEnvelope struct {
	Type             string    `json:"Type"`
	MessageID        string    `json:"MessageId"`
	TopicArn         string    `json:"TopicArn"`
	Subject          *string   `json:"Subject"`
	Message          string    `json:"Message"`
	RawTimestamp     string    `json:"Timestamp"`
	Token            string    `json:"Token"`
	SubscribeURL     string    `json:"SubscribeURL"`
	SignatureVersion string    `json:"SignatureVersion"`
	Signature        string    `json:"Signature"`
	SigningCertURL   string    `json:"SigningCertURL"`
	Timestamp        time.Time `json:"-"`
}

// sns verifies notifications of some topics.
type sns struct {
	topics []string
	fetch  Fetch
	mu     sync.Mutex
	keys   map[string]snsKey // by the URL of their certificate
}

type snsKey struct {
	key    *rsa.PublicKey
	expire time.Time
}

// maxKeys bounds the certificates that are kept: Amazon has one a region, and renews it once a year.
const maxKeys = 50

var topicForm = regexp.MustCompile(`^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$`)

func newSNS(topics []string, fetch Fetch) (*sns, error) {
	if len(topics) == 0 {
		return nil, errors.New("ses: no SNS topic; write the ARN of one, as arn:aws:sns:eu-west-1:123456789012:bounces")
	}
	for _, topic := range topics {
		if !topicForm.MatchString(topic) {
			return nil, fmt.Errorf("ses: %q is no SNS topic; write its ARN, as arn:aws:sns:eu-west-1:123456789012:bounces", topic)
		}
	}
	if fetch == nil {
		fetch = fetcher(&http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
	}
	return &sns{topics: topics, fetch: fetch, keys: map[string]snsKey{}}, nil
}

// fetcher reads over the network.
func fetcher(client *http.Client) Fetch {
	return func(ctx context.Context, address string) ([]byte, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return nil, err
		}
		answer, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("answered %d", answer.StatusCode)
		}
		return io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	}
}

// open verifies what SNS posted, and confirms the subscription to a topic that asks for it.
func (s *sns) open(ctx context.Context, raw []byte) (*snsEnvelope, error) {
	var n snsEnvelope
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("%w: SNS sends JSON", ErrUnreadable)
	}
	var err error
	if n.Timestamp, err = time.Parse(time.RFC3339, n.RawTimestamp); err != nil {
		return nil, fmt.Errorf("%w: it has no timestamp", ErrUnreadable)
	}
	if !slices.Contains(s.topics, n.TopicArn) {
		return nil, fmt.Errorf("%w: it is of another topic than those in the settings", ErrUnsigned)
	}
	if err := s.verify(ctx, &n); err != nil {
		return nil, err
	}
	if n.Type != snsConfirm {
		return &n, nil
	}
	if !ofAmazon(n.SubscribeURL) {
		return nil, fmt.Errorf("%w: SubscribeURL is not Amazon's", ErrUnsigned)
	}
	if _, err := s.fetch(ctx, n.SubscribeURL); err != nil {
		return nil, fmt.Errorf("ses: the subscription could not be confirmed: %w", err)
	}
	return &n, nil
}

func (s *sns) verify(ctx context.Context, n *snsEnvelope) error {
	text, ok := n.signed()
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if !ok || err != nil {
		return ErrUnsigned
	}
	key, err := s.key(ctx, n.SigningCertURL)
	if err != nil {
		return err
	}
	switch n.SignatureVersion {
	case "1":
		sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256([]byte(text))
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		err = ErrUnsigned
	}
	if err != nil {
		return ErrUnsigned
	}
	return nil
}

// signed is what the signature is over: some fields in the order of their names, a line each for name
// and value.
func (n *snsEnvelope) signed() (string, bool) {
	fields := []string{"Message", n.Message, "MessageId", n.MessageID}
	switch n.Type {
	case snsNotification:
		if n.Subject != nil {
			fields = append(fields, "Subject", *n.Subject)
		}
		fields = append(fields, "Timestamp", n.RawTimestamp)
	case snsConfirm, snsUnsubscribed:
		fields = append(fields, "SubscribeURL", n.SubscribeURL, "Timestamp", n.RawTimestamp, "Token", n.Token)
	default:
		return "", false
	}
	return strings.Join(append(fields, "TopicArn", n.TopicArn, "Type", n.Type), "\n") + "\n", true
}

// key is that of a certificate, fetched once.
func (s *sns) key(ctx context.Context, address string) (*rsa.PublicKey, error) {
	if u, err := url.Parse(address); err != nil || !ofAmazon(address) || path.Ext(u.Path) != ".pem" {
		return nil, fmt.Errorf("%w: its certificate is not Amazon's", ErrUnsigned)
	}
	now := time.Now()
	s.mu.Lock()
	known, ok := s.keys[address]
	s.mu.Unlock()
	if ok && now.Before(known.expire) {
		return known.key, nil
	}
	raw, err := s.fetch(ctx, address)
	if err != nil { // it may pass: SNS tries again
		return nil, fmt.Errorf("ses: Amazon's certificate could not be had: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%w: its certificate is none", ErrUnsigned)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: its certificate is none", ErrUnsigned)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok || now.After(certificate.NotAfter) || now.Before(certificate.NotBefore) {
		return nil, fmt.Errorf("%w: its certificate is not valid today", ErrUnsigned)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) >= maxKeys {
		clear(s.keys)
	}
	s.keys[address] = snsKey{key: key, expire: certificate.NotAfter}
	return key, nil
}

var amazonHost = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// ofAmazon tells whether a URL leads to SNS itself: nothing else may be fetched because a stranger's
// request says so.
func ofAmazon(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && amazonHost.MatchString(u.Host)
}
