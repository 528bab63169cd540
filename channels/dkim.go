package channels

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// signedHeaders are those that a signature vouches for, where the message has them. RFC 8058 wants
// both of unsubscribing among them. What relays add (Received, Feedback-ID) is left out where it is
// not ours.
var signedHeaders = []string{
	"From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "In-Reply-To", "References", "Auto-Submitted", "Precedence",
}

// sealedHeaders are named once more than they occur: whoever adds another breaks the signature, and
// so cannot show readers a second subject over our signature (RFC 6376 section 8.15).
var sealedHeaders = []string{"From", "Reply-To", "To", "Subject", "Date", "Message-ID", "Content-Type"}

const smallestRSA = 1024 // bits; RFC 8301 section 3.2

// dkim signs what leaves.
type dkim struct {
	domain, selector string
	key              crypto.Signer
}

var selectorForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

// openDKIM reads `selector@domain` and its private key, as text or from a file.
func openDKIM(name, key, file string) (*dkim, error) {
	selector, domain, _ := strings.Cut(name, "@")
	domain, err := asciiDomain(domain)
	switch {
	case name == "":
		return nil, errors.New("there is a DKIM key, but not whose; write dkim=selector@domain, as dkim=mixtape@acme.example")
	case err != nil || domain == "" || strings.HasPrefix(domain, "[") || !selectorForm.MatchString(selector):
		return nil, errors.New("cannot read dkim; write selector@domain, as dkim=mixtape@acme.example, for a public key in the DNS at mixtape._domainkey.acme.example")
	case key != "" && file != "":
		return nil, errors.New("there are two DKIM keys, one in a file and one in the settings; remove one")
	case key == "" && file == "":
		return nil, errors.New("dkim wants a private key; make one with `openssl genrsa -out dkim.pem 2048` and name its file in MIXTAPE_DKIM_KEY_FILE")
	}
	raw := []byte(key)
	if file != "" {
		if raw, err = os.ReadFile(file); err != nil { //nolint:gosec // the operator names it
			return nil, errors.New("cannot read the file of the DKIM key (" + cause(err) + "); check MIXTAPE_DKIM_KEY_FILE, and that this user may read it")
		}
	}
	signer, err := dkimKey(raw)
	if err != nil {
		return nil, err
	}
	return &dkim{domain: domain, selector: selector, key: signer}, nil
}

// cause is what the system says, without the path.
func cause(err error) string {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}

// dkimKey reads a private key: PEM, or its middle alone, as it fits into a variable of one line.
// Nothing of the key is in its errors.
func dkimKey(text []byte) (crypto.Signer, error) {
	errForm := errors.New("the DKIM key is no private key in PEM form; make one with `openssl genrsa -out dkim.pem 2048`, or `openssl genpkey -algorithm ed25519 -out dkim.pem`")
	var der []byte
	if block, _ := pem.Decode(text); block != nil {
		der = block.Bytes
	} else if bare, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), "")); err == nil {
		der = bare
	}
	var key any
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if key, err = x509.ParsePKCS1PrivateKey(der); err != nil {
			return nil, errForm
		}
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < smallestRSA {
			return nil, errors.New("the DKIM key is too short for receivers to trust; make one with `openssl genrsa -out dkim.pem 2048`")
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errForm
}

// sign puts the signature before the message.
func (d *dkim) sign(data []byte, now time.Time) ([]byte, error) {
	head, body, found := bytes.Cut(data, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("the message has no body to sign")
	}
	head = append(slices.Clip(head), "\r\n"...)
	signer := gomail.NewDKIMSigner(d.domain, d.selector, d.key) // one a message: it is not safe for concurrent use
	signer.NowFunc = func() time.Time { return now }
	signer.SignHeaders(present(head)...)
	signer.OversignHeaders(sealedHeaders...)
	header, err := signer.Sign(head, body)
	if err != nil {
		return nil, errors.New("the message cannot be signed")
	}
	return append([]byte(refold(header)), data...), nil
}

// present are the headers to sign that a message has, in our order.
func present(head []byte) []string {
	has := map[string]bool{}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if name, _, ok := bytes.Cut(line, []byte(":")); ok && len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			has[strings.ToLower(string(name))] = true
		}
	}
	var names []string
	for _, name := range signedHeaders {
		if has[strings.ToLower(name)] {
			names = append(names, name)
		}
	}
	return names
}

// refold moves the line breaks of a signature. The library signs the header as one line, yet breaks a
// long list of names within a name, where unfolding leaves a blank that was not signed. Between tags
// there is a blank anyway, and the signature itself, b=, may be broken anywhere.
func refold(header string) string {
	const width = 76
	tags, signature, _ := strings.Cut(strings.NewReplacer("\r\n ", "", "\r\n", "").Replace(header), "; b=")
	var out strings.Builder
	column := 0
	for i, tag := range strings.SplitAfter(tags+"; ", "; ") {
		if i > 0 && column+len(tag) > width {
			out.WriteString("\r\n ")
			column = 1
		}
		out.WriteString(tag)
		column += len(tag)
	}
	out.WriteString("\r\n b=")
	for chunk := range slices.Chunk([]byte(signature), width-4) {
		out.Write(chunk)
		out.WriteString("\r\n ")
	}
	return strings.TrimSuffix(out.String(), " ")
}
