package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word  string
		names []string
		want  string
	}{
		{"chanel", []string{"template", "channel"}, "channel"},   // left out
		{"channnel", []string{"template", "channel"}, "channel"}, // put in
		{"chammel", []string{"template", "channel"}, "channel"},  // mistaken
		{"form", []string{"to", "for", "from"}, "for"},           // the first of equals
		{"form", []string{"to", "from", "for"}, "from"},          // swapped is one slip
		{"Email", []string{"sms", "email"}, "email"},             // case is none
		{"last_name", []string{"first_name"}, ""},                // three are too many,
		{"not", []string{"node"}, ""},                            // and two of three letters
		{"renews", []string{"plan", "renews_at"}, "renews_at"},   // a beginning,
		{"renew", []string{"renews_at", "renewed"}, "renewed"},   // unless another is nearer
		{"Created", []string{"CREATED_AT", "created_on"}, "CREATED_AT"},
		{"ren", []string{"renews_at"}, ""},
		{"note", []string{"node"}, "node"},
		{"note", []string{"vote_up"}, ""},
		{"sms", []string{"sns"}, "sns"},
		{"sms", []string{"mms2"}, ""},
		{"x", []string{"y", "xy"}, ""},
		{"x", []string{"X"}, "X"},
		{"prénom", []string{"prenom"}, "prenom"},
		{"été", []string{"ete"}, ""},
		{"", []string{"a"}, ""},
		{"a", nil, ""},
		{"signed_up", []string{"created", "plan"}, ""},
		{strings.Repeat("a", 64) + "b", []string{strings.Repeat("a", 64)}, ""},
		{strings.Repeat("a", 64), []string{"b" + strings.Repeat("a", 64)}, ""},
		{strings.Repeat("a", 64), []string{strings.Repeat("a", 62)}, strings.Repeat("a", 62)},
	} {
		if got := spelling.Nearest(c.word, c.names); got != c.want {
			t.Errorf("%q of %q: got %q, want %q", c.word, c.names, got, c.want)
		}
	}
}

func TestInstead(t *testing.T) {
	t.Parallel()
	channels := []string{"email", "sms", "push"}
	for word, want := range map[string]string{"emial": "email", "fax": "email, sms or push"} {
		if got := spelling.Instead(word, channels); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := spelling.Listed(names); got != want {
			t.Errorf("%q: got %q, want %q", names, got, want)
		}
	}
}

// TestSlipsAreForgiven: a word of at least four letters is found again with one slip in it.
func TestSlipsAreForgiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`[a-zé_]{4,40}`).Draw(rt, "name")
		word := []rune(name)
		i := rapid.IntRange(0, len(word)-2).Draw(rt, "where")
		switch rapid.IntRange(0, 3).Draw(rt, "slip") {
		case 0:
			word = slices.Delete(word, i, i+1)
		case 1:
			word = slices.Insert(word, i, 'x')
		case 2:
			word[i] = 'X'
		case 3:
			word[i], word[i+1] = word[i+1], word[i]
		}
		if got := spelling.Nearest(string(word), []string{"0123456789", name}); got != name {
			rt.Fatalf("%q is not found by %q, but %q", name, string(word), got)
		}
	})
}

// TestNearestIsOneOfTheNames whatever was written, however the names are spelt.
func TestNearestIsOneOfTheNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.String().Draw(rt, "word")
		names := rapid.SliceOf(rapid.String()).Draw(rt, "names")
		if got := spelling.Nearest(word, names); got != "" && !slices.Contains(names, got) {
			rt.Fatalf("%q is none of %q", got, names)
		}
	})
}
