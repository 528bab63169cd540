package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
)

func TestWhatIsEmptySaysWhy(t *testing.T) {
	t.Parallel()
	set, problems := message.Parse(map[string]string{"hello.email.liquid": `---
subject: "Hello {{ user.first_name | default: 'you' }}"
---
{{ user.frist_name }} {{ user.nick }} {{ user.plan }} {{ user.address.city }} {{ user.plan.name }} {{ user.tags.size }}
{{ event.total }} {{ entry.sku }} {{ results.offer.price }} {{ brand.name }} {{ brand.color }} {{ previous.email.subject }} {{ previous.sms.subject }}
{% include "footer" %}
`, "_footer.liquid": "{{ user.locale }}"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	template, _ := set.Find("hello", "email", "")
	var got []string
	for _, e := range template.Empty(message.Data{
		User:     map[string]any{"first_name": "", "nick": nil, "plan": "free", "tags": []any{"a"}, "address": map[string]any{"zip": "1"}},
		Entry:    map[string]any{"skus": "1"},
		Brand:    map[string]any{"name": "Acme", "colour": "#123456"},
		Previous: map[string]message.Sent{"email": {Subject: "Before"}},
	}) {
		got = append(got, e.File+" "+e.String()+": "+e.Why)
	}
	want := strings.Split(`_footer.liquid user.locale: this profile has no attribute locale
hello.email.liquid user.first_name: it is an empty text
hello.email.liquid user.frist_name: this profile has no attribute frist_name; there is first_name
hello.email.liquid user.nick: it is set to null
hello.email.liquid user.address.city: user.address has no city
hello.email.liquid user.plan.name: user.plan is no mapping, so nothing is in it
hello.email.liquid event.total: no event was given for this preview
hello.email.liquid entry.sku: the event that was given has no property sku; there is skus
hello.email.liquid results.offer.price: no step has left it: no results were given for this preview
hello.email.liquid brand.color: voice.brand of workspace.yaml has no color; there is colour
hello.email.liquid previous.sms.subject: nothing has gone to this person through sms before`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
