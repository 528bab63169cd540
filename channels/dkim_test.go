package channels_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/channels"
)

// signing is a key as an operator makes it, with its record in the DNS.
type signing struct {
	pem    []byte
	der    []byte // the middle of it
	record string
}

func newSigning(t *testing.T, key crypto.Signer, kind string) signing {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var public []byte
	if k, ok := key.Public().(ed25519.PublicKey); ok {
		public = k // RFC 8463: bare
	} else if public, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		t.Fatal(err)
	}
	return signing{
		pem: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), der: der,
		record: "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public),
	}
}

func rsaSigning(t *testing.T) signing {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newSigning(t, key, "rsa")
}

func edSigning(t *testing.T) signing {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newSigning(t, key, "ed25519")
}

// parameters are those of the provider's URL.
func (s signing) parameters() string {
	return url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key": {string(s.pem)}}.Encode()
}

// verify asks another implementation of DKIM than the one that signs.
func (s signing) verify(data []byte) (*dkim.Verification, error) {
	all, err := dkim.VerifyWithOptions(bytes.NewReader(data), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "mixtape._domainkey.acme.example" {
			return nil, os.ErrNotExist
		}
		return []string{s.record}, nil
	}})
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, os.ErrNotExist
	}
	return all[0], all[0].Err
}

func bulk() channels.Envelope {
	e := envelope()
	e.Topic, e.Unsubscribe = "tips", "https://acme.example/u/"+strings.Repeat("1aZ", 60)
	e.Headers = map[string]string{"Reply-To": "Acme Café <help@acme.example>", "List-Id": "<tips.acme.example>", "Feedback-ID": "a:b:c:d"}
	return e
}

func TestSignatureIsVerifiedByAnotherImplementation(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]signing{"rsa": rsaSigning(t), "ed25519": edSigning(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := (&peer{}).start(t)
			if _, err := p.provider(t, key.parameters()).Send(t.Context(), bulk()); err != nil {
				t.Fatal(err)
			}
			data := p.taken[0]
			v, err := key.verify(data)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			for _, want := range []string{"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"} {
				if !slices.ContainsFunc(v.HeaderKeys, func(h string) bool { return strings.EqualFold(h, want) }) {
					t.Errorf("%s is not signed", want)
				}
			}
			for line := range bytes.SplitSeq(data, []byte("\r\n")) {
				if len(line) > 900 {
					t.Errorf("a line of %d bytes: %s", len(line), line[:80])
				}
			}
			tampered := map[string][]byte{
				"unsubscribe": bytes.Replace(data, []byte("List-Unsubscribe=One-Click"), []byte("List-Unsubscribe=Two-Click"), 1),
				"subject":     append([]byte("Subject: You won\r\n"), data...),
				"from":        append([]byte("From: eve@example.com\r\n"), data...),
				"body":        bytes.Replace(data, []byte("Hello Ada"), []byte("Hello Eve"), 1),
			}
			for name, data := range tampered {
				if _, err := key.verify(data); err == nil {
					t.Errorf("%s: the signature holds though somebody changed it", name)
				}
			}
		})
	}
}

func TestEverySignatureHolds(t *testing.T) {
	t.Parallel()
	key := edSigning(t)
	p := (&peer{}).start(t)
	s := p.provider(t, key.parameters())
	lines := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringN(0, 3000, -1), rapid.SampledFrom([]string{"", " ", ".", "\t ", "=20", "a  b ", "From x"})), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		e := envelope()
		e.Subject = rapid.String().Draw(t, "subject")
		e.From = rapid.SampledFrom([]string{"", "Zoë 🎵 <hello@acme.example>", `"A, B" <hello@bücher.example>`}).Draw(t, "from")
		e.Text = strings.Join(lines.Draw(t, "text"), "\n") + "x"
		e.HTML = strings.Join(lines.Draw(t, "html"), "\r\n")
		if _, err := s.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		p.mu.Lock()
		data := p.taken[len(p.taken)-1]
		p.mu.Unlock()
		if _, err := key.verify(data); err != nil {
			t.Fatalf("%v\n%q", err, data)
		}
	})
}

func TestManySignAtOnce(t *testing.T) {
	t.Parallel()
	key := rsaSigning(t)
	p := (&peer{}).start(t)
	s := p.provider(t, key.parameters())
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := s.Send(t.Context(), bulk()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, data := range p.taken {
		if _, err := key.verify(data); err != nil {
			t.Error(err)
		}
	}
}

func TestKeyMayBeAFileOrOneLine(t *testing.T) {
	t.Parallel()
	key := rsaSigning(t)
	file := filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(file, key.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := x509.ParsePKCS8PrivateKey(key.der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(old.(*rsa.PrivateKey))})
	for name, values := range map[string]url.Values{
		"file":     {"dkim_key_file": {file}},
		"one line": {"dkim_key": {base64.StdEncoding.EncodeToString(key.der)}},
		"PKCS #1":  {"dkim_key": {string(pkcs1)}},
	} {
		values.Set("dkim", "mixtape@ACME.example")
		p := (&peer{}).start(t)
		if _, err := p.provider(t, values.Encode()).Send(t.Context(), envelope()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := key.verify(p.taken[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnusableKeyIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := newSigning(t, curve, "ecdsa")
	good := edSigning(t)
	cases := map[string]struct {
		values url.Values
		want   string // of what to do
	}{
		"no key":      {url.Values{"dkim": {"mixtape@acme.example"}}, "MIXTAPE_DKIM_KEY_FILE"},
		"no name":     {url.Values{"dkim_key": {string(good.pem)}}, "dkim=selector@domain"},
		"no domain":   {url.Values{"dkim": {"mixtape"}, "dkim_key": {string(good.pem)}}, "dkim=mixtape@acme.example"},
		"no selector": {url.Values{"dkim": {"@acme.example"}, "dkim_key": {string(good.pem)}}, "dkim=mixtape@acme.example"},
		"injection":   {url.Values{"dkim": {"a; d=eve.example@acme.example"}, "dkim_key": {string(good.pem)}}, "dkim=mixtape@acme.example"},
		"two keys":    {url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key": {string(good.pem)}, "dkim_key_file": {"x"}}, "remove one"},
		"no file":     {url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key_file": {"/nowhere/dkim.pem"}}, "MIXTAPE_DKIM_KEY_FILE"},
		"no PEM":      {url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key": {"s3cret"}}, "openssl"},
		"empty PEM":   {url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key": {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}}, "openssl"},
		"a curve":     {url.Values{"dkim": {"mixtape@acme.example"}, "dkim_key": {string(other.pem)}}, "openssl"},
	}
	for name, c := range cases {
		_, err := channels.OpenSMTP(&url.URL{Scheme: "smtp", Host: "mail.example", RawQuery: c.values.Encode()})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want words with %q", name, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "PRIVATE KEY") {
			t.Errorf("%s: the error tells the key", name)
		}
	}
}
