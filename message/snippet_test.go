package message_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/message"
)

func TestATextIsRenderedWithValuesEscapedAndSecretsMarked(t *testing.T) {
	t.Parallel()
	text, problems := message.ParseSnippet("ask: url", `{{ brand.base }}/people/{{ user.id }}?token={{ secrets.TOKEN }}{% if user.city %}&city={{ user.city }}{% endif %}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := text.Secrets(); !slices.Equal(got, []string{"TOKEN"}) {
		t.Errorf("its secrets are %v", got)
	}
	if got := text.Reads(); len(got) != 4 {
		t.Errorf("it reads %v", got)
	}
	data := message.Data{User: map[string]any{"id": "a/b", "city": "Aix & Co"}, Brand: map[string]any{"base": "https://api.example"}}
	out, err := text.Render(data, func(name string) string { return "<" + name + ">" }, func(before, value string) string {
		if before == "" {
			return value
		}
		return url.QueryEscape(value)
	})
	if want := "https://api.example/people/a%2Fb?token=%3CTOKEN%3E&city=Aix+%26+Co"; err != nil || out != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}

func TestATextWithoutEscapeAndWithNothingKnown(t *testing.T) {
	t.Parallel()
	text, problems := message.ParseSnippet("ask: body", `{{ user.name | default: "you" }} & {{ event.x }}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if out, err := text.Render(message.Data{}, nil, nil); err != nil || out != "you & " {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestATextThatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{ secrets.token }}":           "named",
		"{{ secrets }}":                 "named",
		"{{ secrets.TOKEN | upcase }}":  "no filter can change it",
		"{{ usr.name }}":                "nothing is called `usr`",
		"{% include 'x' %}":             "no partial",
		"{{ user.name":                  "",
		strings.Repeat("x", 10_000_000): "KB",
	} {
		if _, problems := message.ParseSnippet("ask: url", text); len(problems) == 0 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%.40q: %v, want one with %q", text, problems, want)
		}
	}
	// In a message there are none.
	_, problems := message.Parse(map[string]string{"a.sms.liquid": "{{ secrets.TOKEN }}"})
	if len(problems) == 0 {
		t.Error("a message may tell a secret")
	}
	object, _ := message.ParseSnippet("ask: body", "{{ user }}")
	if _, err := object.Render(message.Data{User: map[string]any{"a": 1.0}}, nil, nil); err == nil {
		t.Error("an object is written as a text")
	}
}
