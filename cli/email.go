package cli

import "net/url"

// Email is how e-mail leaves: its provider, and the key that signs it.
type Email struct {
	SMTPURL     string `placeholder:"URL" name:"smtp-url" env:"MIXTAPE_SMTP_URL" secret:"" help:"Provider of e-mail, as smtp://user:password@host:587?tls=required."`
	DKIM        string `placeholder:"SELECTOR@DOMAIN" name:"dkim" env:"MIXTAPE_DKIM" help:"Sign e-mail by DKIM, with the public key in the DNS at SELECTOR._domainkey.DOMAIN."`
	DKIMKeyFile string `placeholder:"FILE" name:"dkim-key-file" env:"MIXTAPE_DKIM_KEY_FILE" help:"Private key to sign with, RSA or Ed25519, in PEM form."`
	DKIMKey     string `placeholder:"PEM" name:"dkim-key" env:"MIXTAPE_DKIM_KEY" help:"The key itself, where there is no file; better by the environment than by this flag, which others on the machine can see."`
}

// provider is the provider's URL, with the key in it.
func (e Email) provider() string {
	u, err := url.Parse(e.SMTPURL)
	if err != nil || e.SMTPURL == "" {
		return e.SMTPURL // whoever opens it says what is wrong
	}
	query := u.Query()
	for name, value := range map[string]string{"dkim": e.DKIM, "dkim_key_file": e.DKIMKeyFile, "dkim_key": e.DKIMKey} {
		if value != "" {
			query.Set(name, value)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}
