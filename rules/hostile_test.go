package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// operations are what rules can do, each at its dearest. Put into a loop without end, what one of them costs
// beyond its price is what a hostile rule would live on. x is the element at hand.
var operations = []string{
	// Comparisons and logic.
	`user.text == user.same`, `user.text != user.same`, `user.text < user.same`, `user.long == user.longer`, `user.text == "` + strings.Repeat("a", 5000) + `"`,
	`user.just == "` + strings.Repeat("a", 5000) + `"`, `user.list == user.list`, `user.words == user.words`, `user.map == user.map`, `user.deep == user.deep`,
	`!(x > 1) && x < 3 || x >= 4 || x <= -1`, `x > 2 ? user.a : user.b`, `user.nothing == user.nothing`, `has(user.map.k7)`, `has(user.nothing)`,
	`user.text in ["a", "b"]`, `user.long in ["` + strings.Repeat(`x", "`, 20) + `b"]`, `user.long in user.words`, `user.long in user.map`, `x in user.words`, `date(user.when) in [user.when]`,
	`user.map["k7"]`, `user.map[user.long]`, `user.list[x]`, `user`, `event`, `event.name`, `event.time`, `event.properties`, `event.x`, `entry.x`, `results.quote`,
	// Arithmetic.
	`x + 1 - 2 * x / 3`, `user.huge % user.tiny`, `x % 7`, `-x`, `user.text + user.text`, `user.list + user.list`, `[x] + [x]`, `b"abc" + b"abc"`, `bytes(user.text)`,
	`[x, x, x, x, x, x, x, x]`, `{"a": x, "b": x, "c": x, "d": x}`, `{user.long: x}`,
	`now + duration("1mo") > date(user.when)`, `date(user.when) + duration("1mo")`, `date(user.when) - duration("400mo")`, `now - date(user.when) > duration("3d")`,
	`now > user.when`, `now > user.spaces`, `now > user.digits`, `now > x`, `now + duration("900mo") > now`,
	// Events.
	`events("a").count()`, `events("a").within("30d").count()`, `events("a").within("1mo").within("2mo").count()`, `events("a").where(e, e.x > 3).count()`,
	`events("a").where(e, e.x > 3 && e.x < 4 || e.sku == "s1").within("1mo").sum("x")`, `events("a").sum("x")`, `events("a").avg("x")`, `events("a").sum("fine")`, `events("a").avg("huge")`, `5.3 % 0.1`, `user.huge % 0.7`, `events("a").min("x")`,
	`events("a").max("x")`, `events("a").first()`, `events("a").last()`, `events("a").last("x")`, `events("a").where(e, e.name == "a" && e.time < now).count()`,
	`events("a").where(e, x in [e.x, e.x, e.x]).count()`,
	// What else is known.
	`in_segment("vip")`, `consented("tips")`, `score("churn")`, `affinity("genre")`, `catalog("products", x).price`, `catalog("products", user.long).price`, `on_day("holidays")`,
	`trending("genre", "7d")`,
	// Time.
	`date(user.when)`, `timestamp(user.when)`, `date(user.spaces)`, `date(user.digits)`, `duration(user.span) > duration("1d")`, `duration(user.badspan) > duration("1d")`, `local_hour(now)`, `local_day(now)`, `local_hour(user.when)`,
	`local_day(date(user.when))`, `now.getHours(user.zone)`, `now.getMinutes("Europe/Paris")`, `now.getSeconds(user.offset)`, `date(user.when).getFullYear(user.zone)`,
	`date(user.when).getMonth("Asia/Tokyo")`, `now.getDate(user.long)`, `now.getDayOfMonth("UTC")`, `now.getDayOfYear("UTC")`, `now.getDayOfWeek("UTC")`,
	`duration(user.span).getMilliseconds()`, `now.getMilliseconds("UTC")`,
	// Lists and maps.
	`user.words.all(y, y != "")`, `user.list.exists(y, false)`, `user.list.exists_one(y, true)`, `user.list.filter(y, true)`, `user.list.map(y, y)`, `user.map.all(k, true)`, `user.map.map(k, k)`,
	`[1, 2].map(y, [y, y]).map(y, [y, y]) == []`, `user.list.map(y, {"a": y})`, `size(user.list)`, `size(user.text)`, `size(user.wide)`,
	// Text.
	`user.text.contains("b")`, `user.text.contains(user.needle)`, `user.text.startsWith(user.same)`, `user.text.endsWith(user.same)`, `user.text.matches("(a|aa)*b")`, `user.text.matches("^a+$")`,
	`user.text.matches("(x+x+)+y|(a?){50}a{50}")`, `"".matches("(a|aa)*b")`, `user.just.matches("(.*)(.*)(.*)(.*)(.*)(.*)(.*)b")`, `user.wide.matches("[\\pL]+$")`, `"a".matches("a{300}")`,
	`user.text.charAt(9)`, `user.text.indexOf("b")`, `user.text.indexOf(user.needle)`, `user.text.lastIndexOf("b")`, `user.text.lastIndexOf(user.needle)`, `user.wide.indexOf("b")`,
	`user.text.substring(1)`, `user.wide.substring(1)`, `user.text.replace("a", "b")`, `user.text.replace("", "b")`, `user.just.replace("a", "bbbbbbbb")`, `user.text.replace("b", "c")`,
	`user.text.split("a")`, `user.text.split("")`, `user.just.split("")`, `user.text.split(user.needle)`, `user.words.join(",")`, `user.mixed.join(",")`, `user.text.trim()`, `user.spaces.trim()`,
	`user.text.lowerAscii()`, `user.wide.lowerAscii()`, `user.text.upperAscii()`, `user.text.reverse()`, `user.wide.reverse()`, `strings.quote(user.text)`, `strings.quote("a")`,
	`"` + strings.Repeat("%.20f", 100) + `".format(user.huges)`, `"%s".format([x])`, `"%b %x".format([x, x])`, `"%.20e".format([user.huge])`, `"%s%s".format([user.text, user.text])`, `"%s".format([date(user.when)])`,
	`"ab".charAt(0)`, `"a".replace("a", "b")`, `"a b".split(" ")`, `"ab".reverse()`, `"ab".lowerAscii()`, `" ab".trim()`, `"ab".indexOf("b")`, `["a"].join()`,
	// Conversions.
	`string(x)`, `string(user.huge)`, `string(user.text)`, `string(date(user.when))`, `int(user.digits)`, `int(user.long)`, `uint(user.digits)`, `double(user.digits)`, `double(user.number)`, `int(x)`, `bool(user.long)`,
	`bool("t")`, `type(x) == list`, `dyn(x)`, `bytes("ab")`, `string(bytes(user.text))`,
}

// burdened are facts of the largest sizes.
func burdened(tb testing.TB) *rules.Facts {
	tb.Helper()
	list, words, mixed, huges := make([]any, 1_000_000), make([]any, 100_000), make([]any, 100_000), make([]any, 100)
	for i := range list {
		list[i] = float64(i)
	}
	many := map[string]any{}
	for i := range words {
		words[i], mixed[i] = fmt.Sprint("w", i), any("w")
		many[fmt.Sprint("k", i)] = float64(i)
	}
	mixed[len(mixed)-1] = 7.0
	for i := range huges {
		huges[i] = 1.7e308
	}
	deep := []any{}
	for range 5_000 {
		deep = []any{deep, 1.0}
	}
	var history []profile.Event
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		history = append(history, profile.Event{Number: int64(i + 1), Name: "a", Time: start.Add(time.Duration(i) * 6 * time.Minute), Properties: map[string]any{"x": float64(i), "sku": "s1", "fine": 0.1234567 + float64(i), "huge": 1.7e300, "b": 2.0}})
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		tb.Fatal(err)
	}
	text := func(of string, length int) string { return strings.Repeat(of, length) }
	var days rules.Calendar
	for d := start; len(days) < 20_000; d = d.AddDate(0, 0, 2) {
		days = append(days, rules.Days{From: d.Format(time.DateOnly), To: d.Format(time.DateOnly)})
	}
	return &rules.Facts{
		Now: start.AddDate(1, 2, 3), Zone: zone, History: map[string][]profile.Event{"a": history}, Event: &history[7], Entry: map[string]any{"x": 1.0},
		Results: map[string]any{"quote": "q"}, Segments: map[string]bool{"vip": true}, Catalogs: map[string]rules.Catalog{"products": {"1": {"price": 3.0}}},
		Calendars: map[string]rules.Calendar{"holidays": days}, Trends: map[rules.Trend]string{},
		Profile: &profile.Profile{
			Consents: map[string]bool{"tips": true}, Computed: profile.Computed{Scores: map[string]float64{"churn": 0.5}, Affinities: map[string]string{"genre": "jazz"}},
			Attributes: map[string]any{
				"list": list, "words": words, "mixed": mixed, "huges": huges, "map": many, "deep": deep, "a": "a", "b": 2.0,
				"text": text("a", 250_000), "same": text("a", 250_000), "long": text("a", 1_000_000), "longer": text("a", 1_000_000), "just": text("a", 5_000),
				"wide": text("é", 120_000), "needle": text("a", 100) + "b", "spaces": text(" ", 1_000_000), "digits": text("0", 1_000_000), "number": "123456.789",
				"huge": 1.7e308, "tiny": 5e-324, "zone": "Asia/Kathmandu", "offset": "+05:45", "when": "2026-03-27T18:00:00+01:00", "span": "3d", "badspan": text("9", 60),
			},
		},
	}
}
