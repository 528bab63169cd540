package channels_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
)

const (
	topic       = "arn:aws:sns:eu-west-1:123456789012:bounces"
	signingCert = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
)

// amazon signs as SNS does, with a certificate of its own, and notes what is fetched.
type amazon struct {
	t       *testing.T
	key     *rsa.PrivateKey
	pem     []byte
	mu      sync.Mutex
	fetched []string
	down    bool
}

func newAmazon(t *testing.T, lasts time.Duration) *amazon {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(lasts)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &amazon{t: t, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *amazon) fetch(_ context.Context, url string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fetched = append(a.fetched, url)
	if a.down {
		return nil, errors.New("no route")
	}
	return a.pem, nil
}

// envelope is what SNS posts, signed as its documentation has it.
func (a *amazon) envelope(version, kind, message string, more map[string]string) map[string]string {
	a.t.Helper()
	e := map[string]string{
		"Type": kind, "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Message": message, "Timestamp": "2026-11-24T09:00:06.123Z",
		"SignatureVersion": version, "SigningCertURL": signingCert,
	}
	maps.Copy(e, more)
	var text strings.Builder
	for _, name := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		value, has := e[name]
		if kind == "Notification" && (name == "SubscribeURL" || name == "Token") {
			continue
		}
		if has {
			text.WriteString(name + "\n" + value + "\n")
		}
	}
	sum1, sum2 := sha1.Sum([]byte(text.String())), sha256.Sum256([]byte(text.String()))
	hash, sum := crypto.SHA1, sum1[:]
	if version == "2" {
		hash, sum = crypto.SHA256, sum2[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, hash, sum)
	if err != nil {
		a.t.Fatal(err)
	}
	e["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return e
}

func (a *amazon) ses() *channels.SES {
	a.t.Helper()
	s, err := channels.NewSES([]string{topic}, a.fetch)
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func read(t *testing.T, c channels.Callback, body any, password string) ([]channels.Report, error) {
	t.Helper()
	raw, ok := body.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/callbacks/"+c.Path(), strings.NewReader(string(raw)))
	if password != "" {
		r.SetBasicAuth("mixtape", password)
	}
	return c.Read(r)
}

// cases runs over a folder a case.
func cases(t *testing.T, folder string, run func(t *testing.T, message []byte) ([]channels.Report, error)) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
	if err != nil || len(folders) < 10 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			message, err := os.ReadFile(filepath.Join(folder, "message.json"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(folder, "want.txt"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := run(t, message)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), told(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, r := range got {
				if r.ID == "" || r.ProviderID == "" || r.At.IsZero() || r.At.Year() != 2026 {
					t.Errorf("%+v", r)
				}
				if (r.Kind == channels.Clicked) != (r.URL == "https://acme.example/x") {
					t.Errorf("the URL is %q", r.URL)
				}
			}
		})
	}
}

func TestWhatSESSays(t *testing.T) {
	t.Parallel()
	a := newAmazon(t, time.Hour)
	s := a.ses()
	cases(t, "ses", func(t *testing.T, message []byte) ([]channels.Report, error) {
		t.Helper()
		if _, err := read(t, s, a.envelope("1", "Notification", string(message), map[string]string{"Subject": "Amazon SES Email Event Notification"}), ""); err != nil {
			t.Error("version 1 of the signature:", err)
		}
		return read(t, s, a.envelope("2", "Notification", string(message), nil), "")
	})
}

func TestOnlyAmazonIsBelieved(t *testing.T) {
	t.Parallel()
	message, err := os.ReadFile("testdata/ses/bounce-notification/message.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(a *amazon, e map[string]string){
		"the message was changed": func(_ *amazon, e map[string]string) {
			e["Message"] = strings.Replace(e["Message"], "5.1.1", "5.1.2", 1)
		},
		"the id was changed":  func(_ *amazon, e map[string]string) { e["MessageId"] = "another" },
		"a subject was added": func(_ *amazon, e map[string]string) { e["Subject"] = "x" },
		"no signature":        func(_ *amazon, e map[string]string) { delete(e, "Signature") },
		"a signature of another key": func(a *amazon, e map[string]string) {
			maps.Copy(e, newAmazon(a.t, time.Hour).envelope("2", "Notification", e["Message"], nil))
		},
		"another version":    func(_ *amazon, e map[string]string) { e["SignatureVersion"] = "3" },
		"version 2 called 1": func(_ *amazon, e map[string]string) { e["SignatureVersion"] = "1" },
		"another type":       func(a *amazon, e map[string]string) { maps.Copy(e, a.envelope("2", "Greeting", e["Message"], nil)) },
		"a stranger's topic": func(a *amazon, e map[string]string) {
			maps.Copy(e, a.envelope("2", "Notification", e["Message"], map[string]string{"TopicArn": "arn:aws:sns:eu-west-1:666666666666:bounces"}))
		},
		"a stranger's certificate": func(_ *amazon, e map[string]string) {
			e["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"
		},
		"a bucket's certificate": func(_ *amazon, e map[string]string) { e["SigningCertURL"] = "https://bucket.s3.amazonaws.com/x.pem" },
		"a certificate without TLS": func(_ *amazon, e map[string]string) {
			e["SigningCertURL"] = strings.Replace(signingCert, "https", "http", 1)
		},
		"a certificate at a port": func(_ *amazon, e map[string]string) {
			e["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com:444/x.pem"
		},
		"a certificate of a user": func(_ *amazon, e map[string]string) {
			e["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem"
		},
		"a certificate called a page": func(_ *amazon, e map[string]string) {
			e["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com/x.html"
		},
		"no certificate": func(_ *amazon, e map[string]string) { delete(e, "SigningCertURL") },
	} {
		a := newAmazon(t, time.Hour)
		e := a.envelope("2", "Notification", string(message), nil)
		change(a, e)
		if got, err := read(t, a.ses(), e, ""); !errors.Is(err, channels.ErrUnsigned) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		for _, url := range a.fetched {
			if url != signingCert {
				t.Errorf("%s: %s was fetched", name, url)
			}
		}
	}
	a := newAmazon(t, -time.Hour)
	if _, err := read(t, a.ses(), a.envelope("2", "Notification", string(message), nil), ""); !errors.Is(err, channels.ErrUnsigned) {
		t.Error("a certificate that has run out:", err)
	}
	for _, body := range []string{"", "[]", "{}", `{"Type": "Notification"}`} {
		if _, err := read(t, a.ses(), []byte(body), ""); !errors.Is(err, channels.ErrUnreadable) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestACertificateIsFetchedOnce(t *testing.T) {
	t.Parallel()
	message, err := os.ReadFile("testdata/ses/delivery/message.json")
	if err != nil {
		t.Fatal(err)
	}
	a := newAmazon(t, time.Hour)
	s := a.ses()
	e := a.envelope("2", "Notification", string(message), nil)
	a.down = true
	if _, err := read(t, s, e, ""); err == nil || errors.Is(err, channels.ErrUnsigned) || errors.Is(err, channels.ErrUnreadable) {
		t.Error("while Amazon is away, SNS must try again:", err)
	}
	a.down = false
	for range 5 {
		if got, err := read(t, s, e, ""); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	}
	if len(a.fetched) != 2 {
		t.Error("fetched:", a.fetched)
	}
}

func TestASubscriptionIsConfirmed(t *testing.T) {
	t.Parallel()
	a := newAmazon(t, time.Hour)
	confirm := func(url string) error {
		got, err := read(t, a.ses(), a.envelope("2", "SubscriptionConfirmation", "You have chosen to subscribe", map[string]string{"Token": "t0k3n", "SubscribeURL": url}), "")
		if len(got) != 0 {
			t.Error(got)
		}
		return err
	}
	good := "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t0k3n"
	if err := confirm(good); err != nil || a.fetched[len(a.fetched)-1] != good {
		t.Error(a.fetched, err)
	}
	for _, bad := range []string{"https://evil.example/", "http://sns.eu-west-1.amazonaws.com/", "https://sns.eu-west-1.amazonaws.com.evil.example/", "https://169.254.169.254/", ""} {
		if err := confirm(bad); !errors.Is(err, channels.ErrUnsigned) || a.fetched[len(a.fetched)-1] != signingCert {
			t.Errorf("%s: %v, fetched %s", bad, err, a.fetched[len(a.fetched)-1])
		}
	}
	if _, err := channels.NewSES(nil, nil); err == nil {
		t.Error("no topic is taken for all")
	}
	if _, err := channels.NewSES([]string{"bounces"}, nil); err == nil {
		t.Error("a topic is its ARN")
	}
}

const webhookSecret = "a-secret-of-the-webhook"

func TestWhatPostmarkSays(t *testing.T) {
	t.Parallel()
	p, err := channels.NewPostmark(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	cases(t, "postmark", func(t *testing.T, message []byte) ([]channels.Report, error) {
		t.Helper()
		return read(t, p, message, webhookSecret)
	})
}

func TestOneHappeningOfTwoWebhooksIsOne(t *testing.T) {
	t.Parallel()
	p, err := channels.NewPostmark(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, name := range []string{"spam-complaint", "suppressed-after-complaint"} {
		message, err := os.ReadFile("testdata/postmark/" + name + "/message.json")
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(t, p, message, webhookSecret)
		if err != nil {
			t.Fatal(err)
		}
		ids[got[0].ID] = true
	}
	if len(ids) != 1 {
		t.Error(ids)
	}
}

func TestOnlyWhoKnowsTheSecretIsPostmark(t *testing.T) {
	t.Parallel()
	p, err := channels.NewPostmark(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	message, err := os.ReadFile("testdata/postmark/hard-bounce/message.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", webhookSecret + "x"} {
		if got, err := read(t, p, message, bad); !errors.Is(err, channels.ErrUnsigned) || got != nil {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
	for query, ok := range map[string]bool{"?token=" + webhookSecret: true, "?token=x": false, "": false} {
		r := httptest.NewRequest(http.MethodPost, "/v1/callbacks/postmark"+query, strings.NewReader(string(message)))
		if _, err := p.Read(r); (err == nil) != ok {
			t.Errorf("%q: %v", query, err)
		}
	}
	for _, body := range []string{"", "[]", "{}"} {
		if _, err := read(t, p, []byte(body), webhookSecret); !errors.Is(err, channels.ErrUnreadable) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if _, err := channels.NewPostmark("short"); err == nil {
		t.Error("a short secret is taken")
	}
}

// Over SMTP Postmark does not say how it calls a message: it is asked to call it as we do.
func TestPostmarkAloneIsToldOurID(t *testing.T) {
	t.Parallel()
	e := channels.Envelope{MessageID: reported, Headers: map[string]string{"X-Acme": "1"}}
	for host, told := range map[string]bool{
		"smtp.postmarkapp.com": true, "smtp-broadcasts.PostmarkApp.com": true, "postmarkapp.com": true,
		"mail.acme.example": false, "evilpostmarkapp.com": false, "": false,
	} {
		got := channels.ForPostmark(host, e)
		if (got.Headers["X-PM-Metadata-mixtape"] == reported) != told || got.Headers["X-Acme"] != "1" || len(e.Headers) != 1 {
			t.Errorf("%s: %v, %v", host, got.Headers, e.Headers)
		}
	}
}
