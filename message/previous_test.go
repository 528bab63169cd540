package message_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/message"
)

func TestWhatWasSentBeforeIsReadable(t *testing.T) {
	t.Parallel()
	set, problems := message.Parse(map[string]string{
		"x.email.liquid": "---\nsubject: Re {{ previous.email.subject }}\n---\n{{ previous.email.sent_at | date: \"%Y-%m-%d\" }} {{ previous.email.template }}, {{ previous.sms.template | default: \"no sms\" }}",
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	template, _ := set.Find("x", "email", "")
	channels := template.Previous()
	slices.Sort(channels)
	if want := []string{"email", "sms"}; !slices.Equal(channels, want) {
		t.Errorf("reads %v, want %v", channels, want)
	}
	out, err := template.Render(message.Data{Previous: map[string]message.Sent{
		"email": {Template: "welcome", Subject: "Hello", At: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.Subject+"; "+strings.TrimSpace(out.Text), "Re Hello; 2026-05-04 welcome, no sms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNamesOfWhatWasSentBeforeAreChecked(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"{{ previous.subject }}":       "previous is by channel; write previous.email.subject",
		"{{ previous.emial.subject }}": "there is no channel emial; write email",
		"{{ previous.email.subjct }}":  "previous.email has no subjct; write subject",
	} {
		_, problems := message.Parse(map[string]string{"x.sms.liquid": body})
		if len(problems) != 1 || problems[0].Message != want || problems[0].Col != 4 {
			t.Errorf("%s: %v, want %q", body, problems, want)
		}
	}
}
