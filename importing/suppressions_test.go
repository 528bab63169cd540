package importing_test

import (
	"testing"

	"github.com/mixtapehq/mixtape/importing"
)

// A file of people may bring new addresses, too.
func TestAnImportedAddressIsNotTheOneThatBounced(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.take(file(t, "people.csv", "id,email\nada,ada@old.example\nbela,bela@old.example\n"), importing.Options{Kind: importing.Profiles})
	p.take(file(t, "suppressed.csv", "id,channel,reason\nada,email,bounced\nbela,email,complained\n"), importing.Options{Kind: importing.Suppressions})
	p.take(file(t, "people2.csv", "id,email\nada,ada@new.example\nbela,bela@new.example\n"), importing.Options{Kind: importing.Profiles})
	if got := p.text("select string_agg(user_id || suppressed::text, ' ' order by user_id) from profiles"); got != `ada{} bela{"email": "complained"}` {
		t.Error(got)
	}
	if got := p.text("select words from decisions where reason = 'lifted'"); got != "email is no longer suppressed, by the change of the address" {
		t.Error(got)
	}
}
