package importing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/importing"
	"github.com/mixtapehq/mixtape/store"
)

func TestConsents(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.take(file(t, "people.jsonl", `{"id": "ada", "email": "ada@example.com"}`, `{"id": "bob", "email": "same@example.com"}`, `{"id": "eve", "email": "same@example.com"}`), importing.Options{Kind: importing.Profiles})
	topics := store.Topics{"tips": {}, "news": {}}
	long := file(t, "long.csv",
		"id,email,topic,given",
		"ada,,tips,true",
		"ada,,news,FALSE",
		"ada,,*,0",
		",same@example.com,tips,false",
		"new,,tips,true",
		",nobody@example.com,tips,false",
		"ada,,trips,true",
		"ada,,tips,perhaps",
		",,tips,true",
		"ada,,,true",
		"ada,,tips/fax,true",
		"eva,,tips/sms,true",
	)
	_, rejects := p.take(long, importing.Options{Kind: importing.Consents, Topics: topics})
	want := []string{
		`{"line":7,"reason":"email is nobody's here; import the profiles first, or write the id"}`,
		`{"line":8,"reason":"topic is trips, which the workspace does not have; write one of news, tips"}`,
		`{"line":9,"reason":"tips is neither true nor false; write one of them"}`,
		`{"line":10,"reason":"id is missing, and so are anonymous_id and email; write one of them"}`,
		`{"line":11,"reason":"the row names no topic; write one, or * for everything that is not transactional"}`,
		`{"line":12,"reason":"topic is tips/fax, and there is no such channel; write one of email, sms, push, webhook, inbox behind the slash"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" {
		t.Error(diff)
	}
	wide := file(t, "wide.csv", "user_id,tips,news", "ada,false,", "bob,,true")
	p.take(wide, importing.Options{Kind: importing.Consents, Topics: topics})
	lines := file(t, "consents.jsonl", `{"id": "eve", "consents": {"news": false}}`, `{"id": "eve", "topic": "tips", "given": true}`, `{"id": "eve"}`)
	_, rejects = p.take(lines, importing.Options{Kind: importing.Consents})
	if diff := cmp.Diff([]string{`{"line":3,"reason":"the row says nothing of any topic; write topic and given, or a column for each topic"}`}, rejects); diff != "" {
		t.Error(diff)
	}
	if got := p.text("select string_agg(user_id || consents::text, ' ' order by user_id) from profiles"); got !=
		`ada{"": false, "news": false, "tips": false} bob{"news": true, "tips": false} eva{"tips/sms": true} eve{"news": false, "tips": true} new{"tips": true}` {
		t.Error(got)
	}
	if got := p.text("select string_agg(reason || ' ' || (inputs ->> 'topic'), ', ' order by d.at, d.id) from decisions d join profiles p on p.id = d.profile_id where user_id = 'ada' and kind = 'consent'"); got !=
		"given tips, withdrawn news, withdrawn , withdrawn tips" {
		t.Error(got)
	}
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.take(file(t, "people.jsonl", `{"id": "ada", "email": "ada@example.com"}`, `{"id": "bob", "email": "same@example.com"}`, `{"id": "eve", "email": "same@example.com"}`), importing.Options{Kind: importing.Profiles})
	path := file(t, "suppressed.csv",
		"email,id,channel,reason",
		"ada@example.com,,,",
		"same@example.com,,,bounced",
		",ada,sms,complained",
		",ada,letter,",
		",ada,sms,annoyed",
		"nobody@example.com,,,",
	)
	_, rejects := p.take(path, importing.Options{Kind: importing.Suppressions})
	want := []string{
		`{"line":5,"reason":"channel is letter; write one of email, sms, push, webhook, inbox"}`,
		`{"line":6,"reason":"reason is annoyed; write one of manual, bounced, complained"}`,
		`{"line":7,"reason":"email is nobody's here; import the profiles first, or write the id"}`,
	}
	if diff := cmp.Diff(want, rejects); diff != "" {
		t.Error(diff)
	}
	if got := p.text("select string_agg(user_id || suppressed::text, ' ' order by user_id) from profiles"); got !=
		`ada{"sms": "complained", "email": "manual"} bob{"email": "bounced"} eve{"email": "bounced"}` {
		t.Error(got)
	}
	if got := p.text("select words from decisions where inputs ->> 'channel' = 'sms'"); got != "sms was suppressed (complained) by the import of suppressed.csv" {
		t.Error(got)
	}
}
