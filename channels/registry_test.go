package channels_test

import (
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

func TestRegistryGivesTheProviderOfAChannel(t *testing.T) {
	t.Parallel()
	r, err := channels.NewRegistry(map[string]string{"email": "smtp://127.0.0.1:25"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := r.Provider("email")
	if err != nil {
		t.Fatal(err)
	}
	if p.Name() != "smtp" || p.Channel() != "email" || p.IdempotencyKeys() {
		t.Errorf("got %s for %s, keys %v", p.Name(), p.Channel(), p.IdempotencyKeys())
	}
	if _, err := r.Provider("sms"); err == nil || !strings.Contains(err.Error(), "sms") {
		t.Errorf("sms: %v", err)
	}
}

func TestSettingsThatCannotWorkAreToldAtOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ channel, url, says string }{
		"unknown provider":  {"email", "pigeon://host", "no provider pigeon; the providers are smtp, smtps"},
		"no URL":            {"email", "mail.example", "cannot read the provider's URL"},
		"unreadable URL":    {"email", "smtp://u:secret%zz@host", "percent-encoded"},
		"wrong channel":     {"sms", "smtp://host", "smtp carries email"},
		"no host":           {"email", "smtp://", "no host"},
		"unknown parameter": {"email", "smtp://u:secret@host?pol=3", "no parameter pol"},
		"unknown tls":       {"email", "smtp://u:secret@host?tls=maybe", "no tls=maybe"},
		"unknown auth":      {"email", "smtp://u:secret@host?auth=md5", "no auth=md5"},
		"empty pool":        {"email", "smtp://u:secret@host?pool=0", "pool=0"},
		"endless timeout":   {"email", "smtp://u:secret@host?timeout=-1s", "timeout=-1s"},
		"no sender":         {"email", "smtp://u:secret@host?from=Acme", "from is no address"},
		"bad verify":        {"email", "smtp://u:secret@host?verify=perhaps", "verify=perhaps"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := channels.NewRegistry(map[string]string{c.channel: c.url})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want it to say %q", err, c.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestAllProblemsOfSettingsAreToldTogether(t *testing.T) {
	t.Parallel()
	_, err := channels.NewRegistry(map[string]string{"email": "smtp://host?pool=x&tls=y", "sms": "z://"})
	for _, want := range []string{"pool=x", "tls=y", "no provider z"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
