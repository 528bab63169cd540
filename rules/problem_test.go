package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/rules"
)

// Each faulty rule with all that is said of it: LINE:COLUMN: MESSAGE.
func TestProblems(t *testing.T) {
	t.Parallel()
	env := newEnv(t,
		rules.Attributes(map[string]rules.Kind{"plan": rules.String, "renews_at": rules.Date, "tags": rules.List}),
		rules.Topics(map[string]bool{"tips": true}))
	for _, c := range []struct {
		scope rules.Scope
		rule  string
		want  []string
	}{
		{rules.ScopeStep, `usr.plan == "free"`, []string{`12:15: there is no "usr"; write user.plan`}},
		{rules.ScopeStep, `user.paln == "free"`, []string{`12:15: no attribute "paln" is declared in workspace.yaml; write user.plan`}},
		{rules.ScopeStep, `user.email != "" && user.id != "" && user["timezone"] != ""`, nil},
		{rules.ScopeStep, `trial`, []string{`12:15: there is no "trial"; write "trial" in quotes for the text, or user.trial for the attribute`}},
		{rules.ScopeStep, "user.paln == 1 &&\n  evnt.x == 2", []string{
			`12:15: no attribute "paln" is declared in workspace.yaml; write user.plan`, `13:17: there is no "evnt"; write event.x`}},
		{rules.ScopeEntry, `results.quote == 1`, []string{`12:15: "results" is not known in an entry; write user, now or event`}},
		{rules.ScopeSegment, `event.plan == "x"`, []string{`12:15: "event" is not known in a segment; write user or now`}},
		{rules.ScopeStep, `results.qoute == 1`, []string{`12:15: there is no result "qoute"; write results.quote`}},
		{rules.ScopeStep, `results.first-share.arm == "x"`, []string{`12:15: in results a hyphen is written _; write results.first_share`}},
		{rules.ScopeStep, `event.x && localhour(now) == 3`, []string{`12:26: there is no function "localhour"; write local_hour(now)`}},
		{rules.ScopeStep, `consented("tps")`, []string{`12:25: there is no topic "tps"; write "tips"`}},
		{rules.ScopeStep, `user.plan == null`, []string{`12:28: comparing with null is always false, for null is absent; write has(user.plan), or !has(user.plan)`}},
		{rules.ScopeStep, `user.plan == "a" || "b"`, []string{`12:35: a bare value is neither true nor false; write a whole comparison, such as user.plan == "free" || user.plan == "trial", or user.plan in ["free", "trial"]`}},
		{rules.ScopeStep, `now > "3d"`, []string{`12:21: "3d" is a length of time, not a date; write now - duration("3d") or now + duration("3d")`}},
		{rules.ScopeStep, `now - user.renews_at > "3d"`, []string{`12:38: beside a length of time stands another one; write duration("3d"), with s, m, h, d, w or mo`}},
		{rules.ScopeStep, `now + "3d" > user.renews_at`, []string{`12:21: a length of time has to be named as one; write duration("3d")`}},
		{rules.ScopeStep, `duration("3 days") < duration("1h")`, []string{`12:24: this is not a length of time; write a text with s, m, h, d, w or mo, such as duration("3d")`}},
		{rules.ScopeStep, `now.getHours() == 9`, []string{`12:15: getHours() without a zone would read the clock of UTC; write local_hour(...) for the profile's own clock, or with a zone, as in getHours("Europe/Paris")`}},
		{rules.ScopeStep, `now.getHours("Europe/Pari") == 9`, []string{`12:28: there is no time zone "Europe/Pari"; write an IANA name such as "Europe/Paris"`}},
		{rules.ScopeStep, `string(now) == "x"`, []string{`12:22: string() cannot take what moves with now, for nobody could tell when it changes; write a comparison such as now > date(user.renews_at), or local_hour(now), local_day(now)`}},
		{rules.ScopeStep, `events("x") > 3`, []string{`12:15: events by themselves are not a value; end with .count(), .sum("total"), .avg, .min, .max, .first() or .last(), and to ask about each of them write events("order_completed").within("30d").where(e, e.total > 50).count()`}},
		{rules.ScopeStep, `events(user.plan).count() > 3`, []string{`12:22: the event's name has to stand in the rule itself, as a text in quotes, so that it is known beforehand`}},
		{rules.ScopeStep, `events("x").within("soon").count() > 3`, []string{`12:34: "soon" is not a length of time; write a number with s, m, h, d, w or mo, such as within("30d")`}},
		{rules.ScopeStep, `user.plan = "a"`, []string{`12:25: a single = means nothing here; write == to compare`}},
		{rules.ScopeStep, `user.plan == "a`, []string{`12:28: a text is opened but never closed; write the closing quote`}},
		{rules.ScopeStep, `(user.plan == "a"`, []string{`12:32: something is missing here; write )`}},
		{rules.ScopeStep, `user.plan == "a" and now > user.renews_at`, []string{`12:32: there is no "and"; write &&`}},
		{rules.ScopeStep, ` `, []string{`12:15: the rule is empty; write true for "always"`}},
		{rules.ScopeStep, `user.plan.matches("(")`, []string{"12:33: this is not a regular expression that RE2 knows (error parsing regexp: missing closing ): `(`); write for example user.email.matches(\"^[a-z]+@acme[.]org$\")"}},
		{rules.ScopeStep, `has(user)`, []string{`12:19: has() asks for a field; write has(user.plan)`}},
		{rules.ScopeStep, `now - user.renews_at > duration("1mo")`, []string{`12:38: a month is not always as long, so a length of time cannot be compared with it; write date(...) + duration("1mo") < now, or count in days`}},
	} {
		_, problems := env.Compile(c.rule, rules.Position{File: "j.yaml", Line: 12, Column: 15}, c.scope, rules.Results("first-share", "quote"))
		var got []string
		for _, p := range problems {
			got = append(got, strings.TrimPrefix(p.String(), "j.yaml:"))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s\n%s", c.rule, diff)
		}
	}
}

// Functions that the language has no meaning for are refused by name.
func TestUnknownFunctions(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	for _, call := range []string{`weather("paris")`, `timestamp_of("churn")`, `sum("genre")`, `now()`, `getenv("HOME")`} {
		_, problems := env.Compile(call+` == 1`, rules.Position{File: "j.yaml", Line: 1, Column: 1}, rules.ScopeStep)
		name, _, _ := strings.Cut(call, "(")
		if name == "sum" { // there is one, of events
			name = "is not called like this; write"
		} else {
			name = fmt.Sprintf("there is no function %q; ", name)
		}
		if len(problems) != 1 || !strings.Contains(problems[0].Message, name) {
			t.Errorf("%s: %v", call, problems)
		}
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		want rules.Reads
	}{
		{`user.plan == "free" && user["vip"] && user.plan != ""`, rules.Reads{Attributes: []string{"plan", "vip"}}},
		{`user[event.field] == 1`, rules.Reads{All: true, Event: true}},
		{`entry.cart == results.quote || results.first_share.arm == "x"`, rules.Reads{Entry: true, Results: []string{"first_share", "quote"}}},
		{`local_hour(now) > 3 && consented("tips")`, rules.Reads{Now: true, Consents: []string{"tips"}}},
		{`events("b").count() > 0 && events("a").within("1d").sum("x") > 0`, rules.Reads{Now: true, Events: []rules.EventRead{
			{Name: "a", Within: day, Properties: true, Windows: exactly(day)}, {Name: "b"}}}},
		{`events("a").within("30d").within("1d").count() > 0 || events("a").within("2d").where(e, e.time < now).count() > 0`, rules.Reads{Now: true, Events: []rules.EventRead{
			{Name: "a", Within: 2 * day, Each: 2 * day, Windows: exactly(day, 30*day)}}}},
		{`events("a").within("1d").count() > 0 || events("a").where(e, e.x == 1).count() > 0`, rules.Reads{Now: true, Events: []rules.EventRead{
			{Name: "a", Properties: true, Each: rules.Always, Windows: exactly(day)}}}},
		{`events("a").within("1mo").avg("x") > events("a").first().getHours("UTC")`, rules.Reads{Now: true, Events: []rules.EventRead{
			{Name: "a", Properties: true, Windows: []rules.Window{{Least: 27 * day, Most: 32 * day}}}}}},
		{`in_segment("vip") || in_segment("new") || score("churn") > 0.5 || affinity("genre") == "jazz"`, rules.Reads{
			Segments: []string{"new", "vip"}, Scores: []string{"churn"}, Affinities: []string{"genre"}}},
		{`catalog("products", event.sku).price > 3 && on_day("holidays-fr")`, rules.Reads{
			Now: true, Event: true, Catalogs: []string{"products"}, Calendars: []string{"holidays-fr"}}},
		{`trending("genre", "7d") == trending("genre", "1w") || trending("artist", "1d") == "x"`, rules.Reads{
			Trends: []rules.Trend{{Of: "artist", Within: day}, {Of: "genre", Within: 7 * day}}}},
		{`events("a").within("1mo").last("x") == 1`, rules.Reads{Now: true, Events: []rules.EventRead{
			{Name: "a", Within: 32 * day, Properties: true, Each: 32 * day}}}},
	} {
		if diff := cmp.Diff(c.want, compile(t, c.rule).Reads()); diff != "" {
			t.Errorf("%s\n%s", c.rule, diff)
		}
	}
}

func exactly(lengths ...time.Duration) (all []rules.Window) {
	for _, l := range lengths {
		all = append(all, rules.Window{Least: l, Most: l})
	}
	return all
}

func TestReadsMerge(t *testing.T) {
	t.Parallel()
	a := compile(t, `user.plan == "x" && events("a").within("1d").count() > 0`).Reads()
	b := compile(t, `user.age > 1 && user.plan != "y" && events("a").within("2d").sum("x") > 0 && event.y`).Reads()
	want := rules.Reads{
		Attributes: []string{"age", "plan"}, Now: true, Event: true,
		Events: []rules.EventRead{{Name: "a", Within: 2 * day, Properties: true, Windows: exactly(day, 2*day)}},
	}
	if diff := cmp.Diff(want, a.Merge(b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, rules.Reads{}.Merge(b, a, b)); diff != "" {
		t.Error(diff)
	}
}
