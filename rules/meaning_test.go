package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// facts in which `user.none`, `event.none` and the like are absent.
func someFacts(t testing.TB) *rules.Facts {
	order := profile.Event{Number: 3, Name: "order", Time: instant(t, "2026-03-09T11:00:00Z"), Properties: map[string]any{
		"total": 60.0, "name": "a property", "time": "noon", "sku": "s3",
	}}
	return &rules.Facts{
		Now: instant(t, "2026-03-09T12:00:00Z"), Zone: mustZone("Europe/Paris"),
		Profile: &profile.Profile{ID: "p1", UserID: "ada", Consents: map[string]bool{"tips": false}, Attributes: map[string]any{
			"plan": "free", "age": 36.0, "tags": []any{"a", "b", nil}, "nil": nil, "vip": true, "zero": 0.0,
			"address": map[string]any{"city": "Lyon"}, "day": "2026-03-10", "count": 7, "first name": "Ada", "accents": "éàç",
		}},
		Event: &order,
		Entry: map[string]any{"cart_id": "c1"}, Results: map[string]any{"first_share": map[string]any{"arm": "timeout"}, "quote": 4.0},
		History: map[string][]profile.Event{"order": {
			{Number: 1, Name: "order", Time: instant(t, "2026-03-09T11:00:00Z"), Properties: map[string]any{"total": 40.0, "sku": "s1"}},
			{Number: 2, Name: "order", Time: instant(t, "2026-01-01T00:00:00Z"), Properties: map[string]any{"total": "free", "sku": "s2"}},
			order,
		}},
	}
}

func TestTrue(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		// Absent in, absent out; a comparison with absent is false, and only then comes !.
		`!(user.none == "x")`, `!(user.none != "x")`, `!(user.none < 1)`, `!(user.nil == user.nil)`, `!(user.none in ["x"])`,
		`!("x" in user.none)`, `!user.none.contains("x")`, `user.none.contains("x") == false`, `!user.none`, `!(user.none || false)`,
		`!has(user.none)`, `!has(user.nil)`, `has(user.zero)`, `has(user.address.city)`, `!has(user.address.none.deeper)`, `!(user.none + 1 > 0)`,
		`!has(user["none"])`, `"plan" in user`, `!("none" in user)`, `user.none ? false : true`, `user.none.all(x, true) != true ? false : true || true`,
		`!(user.tags[3] == "a")`, `user.tags[0] == "a"`, `!has(user.tags[2])`, `!(user.tags[0.5] == "a")`, `!(user.age.deeper == 1)`, `!(int("many") >= 0)`,
		// Kinds do not meet.
		`!("1" == 1)`, `"1" != 1`, `!("1" < 2)`, `!(user.tags == "a")`, `user.tags != "a"`, `!(user.vip == "true")`, `!user.plan`, `!(user.age < "z")`,
		`!(user.tags < user.tags)`, `user.tags == ["a", "b", user.none]`, `{"city": "Lyon"} == user.address`, `now != true`, `!(now == user.plan || now != user.plan)`,
		// Numbers are one kind.
		`user.age == 36`, `user.age == 36.0`, `5 / 2 == 2.5`, `7 % 4 == 3`, `5.3 % 0.1 == 0`, `!(user.age.join(", ") == "")`, `!has({"k": 1 / 0}.k)`, `!(1 % 0 == 0)`, `2u + 1 == 3.0`, `user.count == 7`, `-user.age == -36`, `1e308 * 10 == 0 ? false : true`,
		// Text goes by bytes and characters.
		`"B" < "a"`, `"é" > "z"`, `size(user.accents) == 3`, `user.accents.charAt(2) == "ç"`, `user.plan + "!" == "free!"`,
		// Dates beside dates.
		`now < user.day`, `user.day > now`, `date(user.day) == date("2026-03-09T23:00:00Z")`, `now == 1773057600`, `now == 1773057600000`, `user.day - now == duration("11h")`,
		`timestamp("2026-03-09T12:00:00Z") == now`, `date("2026-01-31") + duration("1mo") == date("2026-02-28")`, `date("2026-03-28T12:00") + duration("1d") == date("2026-03-29T13:00")`,
		`user.day.getHours("America/New_York") == 19`, `now.getDayOfWeek("UTC") == 1`, `now.getMonth("UTC") == 2`, `now.getHours("+02:00") == 14`,
		`local_hour(now) == 13`, `local_day(now) == "mon"`, `local_hour(user.day) == 0`, `duration("90m").getHours() == 1`, `duration("1h30m") == duration("1.5h")`, `duration("2w") == duration("14d")`,
		// Events.
		`event.name == "order"`, `event.properties.name == "a property"`, `event.time < now`, `event.properties.time == "noon"`, `event.total > 50`, `event.properties.size() == 4`,
		`events("order").count() == 3`, `events("order").within("30d").count() == 2`, `events("order").sum("total") == 100`, `events("order").avg("total") == 50`,
		`events("order").min("total") == 40`, `events("order").max("total") == 60`, `events("order").last("sku") == "s3"`, `events("order").first() == date("2026-01-01T00:00:00Z")`,
		`events("order").last() == event.time`, `events("none").count() == 0`, `events("none").sum("total") == 0`, `!(events("none").avg("total") >= 0)`, `!(events("none").last() < now)`,
		`events("order").where(e, e.total > 50.0).count() == 1`, `events("order").where(e, e.sku == event.sku).within("1d").count() == 1`, `events("order").where(o, o.time < now - duration("30d")).last("sku") == "s2"`,
		`events("order").within("1h").count() == 0`, `events("order").within("61m").count() == 2`, `!has({"k": events("order").last("none")}.k)`,
		`events("order").where(e, e.name == "order" && has(e.properties.sku)).count() == 3`, `user.tags.exists(x, events("order").where(e, e.sku == x).count() > 0) == false`,
		// Names.
		`user.id == "ada"`, "user.`first name` == \"Ada\"", `user["first name"] == "Ada"`, `entry.cart_id == "c1"`, `results.first_share.arm == "timeout"`, `results.quote == 4`, `size(user) == 12`,
		// The standard library, macros and strings.
		`[1, 2, 3].all(x, x > 0)`, `user.tags.exists_one(x, x == "a")`, `[1, 2, 3].filter(x, x > 1) == [2, 3]`, `[1, 2].map(x, x * 2) == [2, 4]`, `[1, 2].map(x, x > 1, x) == [2]`, `[1, 2].exists(x, [2, 3].exists(y, x == y))`,
		`user.address.all(k, k == "city")`, `[1] + [2] == [1, 2]`, `user.plan.matches("^f.*e$")`, `matches(user.plan, "r")`, `user.plan.startsWith("fr") && user.plan.endsWith("ee")`,
		`"a,b".split(",") == ["a", "b"]`, `["a", "b"].join("-") == "a-b"`, `"a-b".replace("-", "+") == "a+b"`, `" a ".trim() == "a"`, `"Ab".lowerAscii() == "ab"`, `"Ab".upperAscii() == "AB"`, `"abc".reverse() == "cba"`, `strings.quote("a\"b\\n") == "\"a\\\"b\\\\n\""`,
		`"abcb".indexOf("b") == 1 && "abcb".lastIndexOf("b") == 3 && "abcb".indexOf("b", 2) == 3 && "abc".indexOf("z") == -1`, `"abc".substring(1) == "bc" && "abc".substring(0, 2) == "ab"`, `!("abc".substring(4) == "")`,
		`"%s is %d, %.1f%%".format(["Ada", 36, 99.5]) == "Ada is 36, 99.5%"`, `string(36.0) == "36"`, `int("36") == 36`, `int(3.9) == 3`, `double("3.5") == 3.5`, `bool("true")`, `string(true) == "true"`, `bytes("a") == b"a"`, `size(b"ab") == 2`,
		`type(user.plan) == string`, `type(1) == int && type(1) == double`, `type([]) != map`, `string(date("2026-01-01T00:00:00Z")) == "2026-01-01T00:00:00Z"`, `dyn(1) == 1`, `uint(3.5) == 3`, `!(uint(-1) == -1)`,
		`!consented("tips")`, `consented("news")`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			if v := compile(t, rule).Holds(someFacts(t)); !v.True || v.Stopped {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		want any // nil: absent
	}{
		{`event.sku`, "s3"}, {`42`, 42.0}, {`string(42)`, "42"}, {`user.none`, nil}, {`event.total / 0`, nil}, {`user.tags`, []any{"a", "b", nil}},
		{`user.age + 1 > 3`, true}, {`"'trial'"`, "'trial'"}, {`'trial'`, "trial"}, {`user.address`, map[string]any{"city": "Lyon"}},
		{`user.day`, "2026-03-10"}, {`date(user.day)`, time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)}, {`date(user.plan)`, nil},
		{`now + duration("1d")`, time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}, {`duration("90m")`, 90 * time.Minute},
		{`[date("2026-03-10T00:00:00Z"), 1]`, []any{"2026-03-10T00:00:00Z", 1.0}}, {`events("order").last()`, time.Date(2026, 3, 9, 11, 0, 0, 0, time.UTC)},
		{`results.first_share`, map[string]any{"arm": "timeout"}}, {`event`, map[string]any{"total": 60.0, "name": "a property", "time": "noon", "sku": "s3"}}, {`b"ab"`, "YWI="},
	} {
		got, ok, _ := compile(t, c.rule).Value(someFacts(t))
		if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != nil) {
			t.Errorf("%s: %s (ok %v)", c.rule, diff, ok)
		}
	}
}

func TestConsented(t *testing.T) {
	t.Parallel()
	topics := rules.Topics(map[string]bool{"tips": true, "news": false})
	for _, c := range []struct {
		rule string
		said map[string]bool
		want bool
	}{
		{`consented("tips")`, nil, true},
		{`consented("news")`, nil, false},
		{`consented("news")`, map[string]bool{"news": true}, true},
		{`consented("tips")`, map[string]bool{"tips": true, "": false}, false},
		{`consented("news")`, map[string]bool{"": true}, false},
	} {
		f := &rules.Facts{Profile: &profile.Profile{Consents: c.said}}
		if got := compile(t, c.rule, topics).Holds(f).True; got != c.want {
			t.Errorf("%s of %v is %v", c.rule, c.said, got)
		}
	}
}

// Facts may be bare: nothing in them is needed for an answer.
func TestBareFacts(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{`user.plan == "free"`, `event.total > 1`, `has(entry.x)`, `results.quote == 1`, `events("x").within("1d").count() > 0`, `consented("x") && user.id == "x"`, `has(event.name)`} {
		if v := compile(t, rule).Holds(&rules.Facts{}); v.True {
			t.Errorf("%s holds of nothing", rule)
		}
	}
}
