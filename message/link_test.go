package message_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/message"
)

func signer(t rapid.TB, keys ...string) *message.Signer {
	t.Helper()
	var all [][]byte
	for _, k := range keys {
		all = append(all, []byte(strings.Repeat(k, 32)))
	}
	s, err := message.NewSigner(all...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func claims() *rapid.Generator[message.Claim] {
	return rapid.Custom(func(t *rapid.T) message.Claim {
		part := rapid.OneOf(rapid.String(), rapid.Just(""), rapid.StringMatching(`[a-z0-9-]{1,36}`))
		return message.Claim{Purpose: part.Draw(t, "purpose"), Message: part.Draw(t, "message"), Profile: part.Draw(t, "profile"),
			Topic: part.Draw(t, "topic"), URL: part.Draw(t, "url")}
	})
}

var urlSafe = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func TestWhatIsSignedIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		claim := claims().Draw(t, "claim")
		token := signer(t, "a").Sign(claim)
		if !urlSafe.MatchString(token) {
			t.Fatalf("not fit for a URL: %s", token)
		}
		got, err := signer(t, "b", "a").Verify(token) // the key has been replaced since
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(claim, got); diff != "" {
			t.Fatal(diff)
		}
		if _, err := signer(t, "b").Verify(token); err == nil {
			t.Fatal("a stranger's key is good")
		}
	})
}

func TestEveryChangedTokenIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := signer(t, "a")
		token := s.Sign(claims().Draw(t, "claim"))
		i := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte("AZaz09-_.=+/ \n")).Draw(t, "char")
		changed := rapid.SampledFrom([]string{
			token[:i] + string(c) + token[i+1:], token[:i], token[:i] + string(c) + token[i:], token + string(c), token[i:],
		}).Draw(t, "changed")
		if _, err := s.Verify(changed); changed != token && err == nil {
			t.Fatalf("%q is as good as %q", changed, token)
		}
	})
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][][]byte{"none": nil, "short": {[]byte("secret")}, "a short one": {[]byte(strings.Repeat("x", 32)), {}}} {
		if _, err := message.NewSigner(keys...); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOversizedTokensAreNotDecoded(t *testing.T) {
	t.Parallel()
	if _, err := signer(t, "a").Verify("1." + strings.Repeat("A", 1<<20) + ".A"); err == nil {
		t.Error("good")
	}
}
