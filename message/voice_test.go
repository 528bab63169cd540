package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
)

func TestVoice(t *testing.T) {
	t.Parallel()
	one := 1
	voice := message.Voice{Banned: []string{"act now", "100%"}, MaxEmoji: &one, MaxLength: map[string]int{"sms": 20, "inbox": 20}}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing wrong", map[string]string{"a.sms.liquid": "Hello {{ user.first_name }}", "b.email.liquid": "---\nsubject: Hi 🎉\n---\n<p>You can <a href=\"act now\">act, now</a> and then</p>"}, nil},
		{"a banned phrase, however it is written", map[string]string{"a.sms.liquid": "So ACT\n now"}, []string{
			`a.sms.liquid:1:4: "act now" is banned by voice: in workspace.yaml; write it in other words`}},
		{"only whole words", map[string]string{"a.sms.liquid": "react nowhere"}, nil},
		{"not only words", map[string]string{"a.sms.liquid": "é 100%!"}, []string{
			`a.sms.liquid:1:3: "100%" is banned by voice: in workspace.yaml; write it in other words`}},
		{"in a subject", map[string]string{"a.email.liquid": "---\nsubject: \"Act now\"\n---\nHello"}, []string{
			`a.email.liquid:2:11: "act now" is banned by voice: in workspace.yaml; write it in other words`}},
		{"between tags, which nobody sees", map[string]string{"a.email.liquid": "---\nsubject: S\n---\n<style>act now</style>\n<!-- act now -->\n<p title='act now'>act <b>now</b></p>"}, []string{
			`a.email.liquid:6:20: "act now" is banned by voice: in workspace.yaml; write it in other words`}},
		{"in a partial, said once", map[string]string{"_f.liquid": "Act now", "a.push.liquid": `{% include "f" %}`, "b.push.liquid": `{% include "f" %}`}, []string{
			`_f.liquid:1:1: "act now" is banned by voice: in workspace.yaml; write it in other words`}},
		{"in every branch", map[string]string{"a.push.liquid": `{% if user.vip %}act now{% else %}Act now{% endif %}`}, []string{
			`a.push.liquid:1:18: "act now" is banned by voice: in workspace.yaml; write it in other words`,
			`a.push.liquid:1:35: "act now" is banned by voice: in workspace.yaml; write it in other words`}},
		{"emoji, families and flags being one each", map[string]string{
			"a.push.liquid": "👨‍👩‍👧", "b.push.liquid": "🇫🇷", "c.push.liquid": "👍🏽 ✓", "d.push.liquid": "Tea ☕ and ❤️", "e.push.liquid": "🇫🇷🇩🇪", "f.push.liquid": "©️ ⚡"}, []string{
			`d.push.liquid:1:11: this is emoji number 2 of the message, and voice: in workspace.yaml allows 1; write fewer`,
			`e.push.liquid:1:3: this is emoji number 2 of the message, and voice: in workspace.yaml allows 1; write fewer`,
			`f.push.liquid:1:4: this is emoji number 2 of the message, and voice: in workspace.yaml allows 1; write fewer`}},
		{"emoji of the whole message", map[string]string{"a.push.liquid": "---\ntitle: \"Hi 🎉\"\n---\nThere 🎉"}, []string{
			`a.push.liquid:4:7: this is emoji number 2 of the message, and voice: in workspace.yaml allows 1; write fewer`}},
		{"the worst that one reader gets", map[string]string{
			"a.push.liquid": `{% if user.vip %}🎉{% else %}🎉{% endif %}`, "b.push.liquid": `{% case user.plan %}{% when "a" %}🎉{% when "b" %}🎉🎉{% endcase %}`}, []string{
			`b.push.liquid:1:51: this is emoji number 2 of the message, and voice: in workspace.yaml allows 1; write fewer`}},
		{"length, by channel", map[string]string{"a.sms.liquid": "{% if user.vip %}" + strings.Repeat("é", 21) + "{% else %}short{% endif %}", "b.sms.liquid": " " + strings.Repeat("é", 20) + "\n", "c.push.liquid": strings.Repeat("x", 300)}, []string{
			`a.sms.liquid:1:1: the text alone has 21 characters, without any value, and voice: in workspace.yaml allows 20 for sms; write less`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, problems := message.Parse(c.files)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var got []string
			for _, p := range set.Sound(voice) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if silent := set.Sound(message.Voice{}); len(silent) > 0 {
				t.Errorf("without a voice: %v", silent)
			}
		})
	}
}
